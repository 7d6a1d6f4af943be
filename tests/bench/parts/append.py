"""Appending blocks of 1000 points: whether the length of the series counts, and for how long it goes on."""
import shutil

import inputs
from child import run, run_one

SHORT = 1000
ROUNDS = 301
FILE_BYTES = 8e9


def fresh(settings, n):
    """A series of its own of n points, for these grow."""
    directory = settings.out / f"append-{n}"
    shutil.rmtree(directory, ignore_errors=True)
    run_one([settings.programs / "write", "rows", inputs.walk(settings, n), n, directory])
    return directory


def measure(settings, record):
    sizes = sorted({SHORT, settings.largest})
    program = settings.programs / "append"
    directories = {n: fresh(settings, n) for n in sizes}
    sustained = settings.out / "append-sustained"
    shutil.rmtree(sustained, ignore_errors=True)
    try:
        runs = [run([program, "cost", ROUNDS, *(word for n in sizes for word in (n, directories[n]))])
                for _ in range(settings.repeat)]
        if "skipped" in runs[0][0]:
            return record.note(f"append: {runs[0][0]['skipped']}")
        for place, n in enumerate(sizes):
            for key in ("p50", "p95"):
                record.add("append", "1000 points" + ("" if key == "p50" else f", {key}"), "ours from C", n, "ms",
                           [1e3 * records[place][key] for records in runs])
        done = run_one([program, "sustained", settings.append_seconds, FILE_BYTES, sustained], limit=settings.append_seconds + 120)
        record.add("append", "sustained", "ours from C", None, "1/s", done["points"] / done["seconds"])
        record.add("append", "sustained, memory at start", "ours from C", None, "MiB", done["start_mib"])
        record.add("append", "sustained, memory at end", "ours from C", None, "MiB", done["end_mib"])
        record.add("append", "sustained, seconds", "ours from C", None, "s", done["seconds"])
    finally:
        for directory in (*directories.values(), sustained):
            shutil.rmtree(directory, ignore_errors=True)
