"""How long the server takes for a window: 300 random ones and the whole range, warm."""
import inputs
import writing
from child import Failed, run_one
from serving import served

WINDOWS = 300
COLUMNS = (1200, 4800)
FLOOR, FLOOR_ROWS = "limit: a window of ten points", 10
KEYS = ("p50", "p99", "whole")


def directories(settings):
    """Every length that we have: (who, n, directory)."""
    found = [("ours", n, writing.ours(settings, n)) for n in settings.sizes]
    if settings.huge:
        found.append((writing.HUGE, settings.huge_size, writing.huge(settings)))
    return found


def ask(settings, server, directory, n, columns):
    return run_one([settings.programs / "windows", server.port, server.token, directory.name, "walk.json", n, columns, WINDOWS])


def measure(settings, record):
    places = directories(settings)
    floor = settings.out / "floor"
    run_one([settings.programs / "write", "rows", inputs.walk(settings, FLOOR_ROWS), FLOOR_ROWS, floor])
    with served(settings) as server:
        for columns in COLUMNS:
            runs = [ask(settings, server, floor, FLOOR_ROWS, columns) for _ in range(settings.repeat)]
            for key in KEYS:
                record.add("window", f"{columns} columns, {key}", FLOOR, None, "ms", [1e3 * run[key] for run in runs])
        for who, n, directory in places:
            try:
                server.settle(directory.name, ["walk.json"])
                measure_length(settings, record, server, who, n, directory)
            except Failed as problem:
                record.note(f"window: {who} at n = {n}: {problem}")


def measure_length(settings, record, server, who, n, directory):
    for columns in COLUMNS:
        runs = [ask(settings, server, directory, n, columns) for _ in range(settings.repeat)]
        for key in KEYS:
            record.add("window", f"{columns} columns, {key}", who, n, "ms", [1e3 * run[key] for run in runs])
        record.add("window", f"{columns} columns, bytes", who, n, "kB", [run["bytes"] / 1e3 for run in runs])
