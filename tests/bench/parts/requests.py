"""Small windows a second."""
import writing
from child import run_one
from serving import served

CONNECTIONS = (1, 8, 40)
SECONDS = 5
SIZE = 1_000_000


def measure(settings, record):
    n = max([one for one in settings.sizes if one <= SIZE], default=settings.sizes[0])
    directory = writing.ours(settings, n)
    with served(settings) as server:
        server.settle(directory.name, ["walk.json"])
        for connections in CONNECTIONS:
            runs = [run_one([settings.programs / "requests", server.port, server.token, directory.name, "walk.json", n,
                             connections, SECONDS]) for _ in range(settings.repeat)]
            failures = sum(run["failures"] for run in runs)
            if failures:
                record.note(f"requests: {failures} of {connections} connections broke off")
            record.add("requests", f"windows, {connections} connections", "ours", n, "1/s", [run["per_second"] for run in runs])
            record.add("requests", f"p99, {connections} connections", "ours", n, "ms", [1e3 * run["p99"] for run in runs])
