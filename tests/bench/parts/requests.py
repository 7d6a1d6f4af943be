"""Small windows a second, over some connections at once."""
import inputs
import writing
from child import run_one
from serving import served

CONNECTIONS = (1, 8, 40)
SECONDS = 5
SIZE = 1_000_000
FLOOR, FLOOR_ROWS = "limit: windows of ten points", 10


def measure(settings, record):
    n = max([one for one in settings.sizes if one <= SIZE], default=settings.sizes[0])
    directory = writing.ours(settings, n)
    floor = settings.out / "floor"
    run_one([settings.programs / "write", "rows", inputs.walk(settings, FLOOR_ROWS), FLOOR_ROWS, floor])
    with served(settings) as server:
        server.settle(directory.name, ["walk.json"])
        for connections in CONNECTIONS:
            ask(settings, record, server, floor, FLOOR_ROWS, connections, FLOOR, None)
            ask(settings, record, server, directory, n, connections, "ours", n)


def ask(settings, record, server, directory, rows, connections, who, n):
    runs = [run_one([settings.programs / "requests", server.port, server.token, directory.name, "walk.json", rows, connections,
                     SECONDS]) for _ in range(settings.repeat)]
    failures = sum(run["failures"] for run in runs)
    if failures:
        record.note(f"requests: {who}: {failures} connections of {connections} broke off")
    record.add("requests", f"windows, {connections} connections", who, n, "1/s", [run["per_second"] for run in runs])
    record.add("requests", f"p99, {connections} connections", who, n, "ms", [1e3 * run["p99"] for run in runs])
