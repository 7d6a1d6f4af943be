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
    """Every length that we have: (n, directory)."""
    found = [(n, writing.ours(settings, n)) for n in settings.sizes]
    huge = settings.out / f"huge-{settings.huge_size}"
    if settings.huge:
        if not huge.exists():
            run_one([settings.programs / "write", "steps", settings.huge_size, huge], limit=3600)
        found.append((settings.huge_size, huge))
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
        for n, directory in places:
            try:
                server.settle(directory.name, ["walk.json"])
                measure_length(settings, record, server, n, directory)
            except Failed as problem:
                record.note(f"window: n = {n}: {problem}")


def measure_length(settings, record, server, n, directory):
    for columns in COLUMNS:
        runs = [ask(settings, server, directory, n, columns) for _ in range(settings.repeat)]
        for key in KEYS:
            record.add("window", f"{columns} columns, {key}", "ours", n, "ms", [1e3 * run[key] for run in runs])
        record.add("window", f"{columns} columns, bytes", "ours", n, "kB", [run["bytes"] / 1e3 for run in runs])
