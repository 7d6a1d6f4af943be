"""What the machine can do at most: what every other figure stands beside."""
import inputs
from child import run_one

FORMATTING = "limit: to_chars alone + write"


def measure(settings, record):
    for n in settings.sizes:
        walk = inputs.walk(settings, n)
        runs = [run_one([settings.programs / "limits", walk, n, settings.work / "limits.bin"]) for _ in range(settings.repeat)]
        take = lambda *keys: [sum(run[key] for key in keys) for run in runs]
        record.add("limits", "to_chars alone", "one core", n, "s", take("format"))
        record.add("limits", "from_chars alone", "one core", n, "s", take("parse"))
        record.add("write", "memory to files", FORMATTING, n, "s", take("format", "write"))
        record.add("write", "memory to files", "limit: the same with fsync", n, "s", take("format", "write_fsync"))
        record.add("index", "points", "limit: from_chars alone", n, "1/s", [n / run["parse"] for run in runs])
        if n == settings.largest:
            megabytes = lambda key: [run["bytes"] / run[key] / 1e6 for run in runs]
            record.add("limits", "disk write", "machine", n, "MB/s", megabytes("write"))
            record.add("limits", "disk write and fsync", "machine", n, "MB/s", megabytes("write_fsync"))
            record.add("limits", "memcpy", "machine", n, "MB/s", [run["copy"] / 1e6 for run in runs])
            record.add("append", "1000 points", FORMATTING, None, "ms", [1e3 * run["append"] for run in runs])
            record.add("append", "sustained", FORMATTING, None, "1/s", [1000 / run["append"] for run in runs])
