"""How long the server takes for a window: 300 random ones and the whole range, warm."""
import writing
from child import run_one
from serving import served

WINDOWS = 300
COLUMNS = (1200, 4800)
FLOOR = "limit: a window of one column"


def directories(settings):
    """Every length that we have: (n, directory)."""
    found = [(n, writing.ours(settings, n)) for n in settings.sizes]
    huge = settings.out / f"huge-{settings.huge_size}"
    if settings.huge:
        if not huge.exists():
            run_one([settings.programs / "write", "steps", settings.huge_size, huge], limit=3600)
        found.append((settings.huge_size, huge))
    return found


def ask(settings, server, directory, n, columns, windows=WINDOWS):
    return run_one([settings.programs / "windows", server.port, server.token, directory.name, "walk.json", n, columns, windows])


def measure(settings, record):
    places = directories(settings)
    with served(settings) as server:
        for n, directory in places:
            server.settle(directory.name, ["walk.json"])
        for columns in (1, *COLUMNS):
            for n, directory in places:
                runs = [ask(settings, server, directory, n, columns) for _ in range(settings.repeat)]
                take = lambda key: [1e3 * run[key] for run in runs]
                if columns == 1:
                    record.add("window", "exchange p50", FLOOR, n, "ms", take("p50"))
                    continue
                for key in ("p50", "p99", "whole"):
                    record.add("window", f"{columns} columns, {key}", "ours", n, "ms", take(key))
                record.add("window", f"{columns} columns, bytes", "ours", n, "kB", [run["bytes"] / 1e3 for run in runs])
