"""From a vector in memory to finished files: seconds, bytes, memory over the vector."""
import filecmp
import shutil

import writing
from child import Failed


def bytes_of(directory):
    """Bytes of the files that hold data: without the peers' scripts and what is derived from ours."""
    return sum(path.stat().st_size for path in directory.rglob("*")
               if path.is_file() and path.suffix not in (".js", ".css") and not {"lib", ".charts"} & set(path.relative_to(directory).parts))


def writers(settings, n):
    peers = [writing.PEERS[name] for name in settings.peers] if n in settings.peer_sizes else []
    return [writing.OURS, writing.LUA, writing.C, *peers]


def measure(settings, record):
    for n in settings.sizes:
        runs, failed = {}, set()
        for _ in range(settings.repeat):
            for writer in writers(settings, n):  # in turn, so that all meet the same disturbances
                if writer in failed:
                    continue
                try:
                    done = writing.write(settings, writer, n)
                except Failed as problem:
                    done = {"skipped": str(problem)}
                if "skipped" in done:
                    failed.add(writer)
                    record.note(f"write: {writer.who}: {done['skipped']}")
                else:
                    runs.setdefault(writer, []).append(done)
        for writer, done in runs.items():
            report_as(record, writer.who, n, done, writer.directory(settings, n))
        tidy(settings, record, n)
    if settings.huge:
        measure_huge(settings, record)


def report_as(record, who, n, runs, directory):
    record.add("write", "memory to files", who, n, "s", [run["seconds"] for run in runs])
    record.add("write", "memory over the vector, peak", who, n, "MiB", [run["peak_mib"] for run in runs])
    record.add("write", "bytes", who, n, "MB", bytes_of(directory) / 1e6)


def tidy(settings, record, n):
    """What Lua and C wrote is what R wrote, and is not needed twice."""
    series = writing.OURS.directory(settings, n) / "walk.json"
    for writer in (writing.LUA, writing.C):
        other = writer.directory(settings, n)
        if other.exists() and series.exists():
            if not filecmp.cmp(series, other / "walk.json", shallow=False):
                record.note(f"write: {writer.who} wrote other bytes than ours from R at n = {n}")
            shutil.rmtree(other)


def measure_huge(settings, record):
    """Regular times and short decimals: `y` with pointStart and pointInterval, from a reader."""
    runs = [writing.write_huge(settings) for _ in range(settings.repeat)]
    report_as(record, writing.HUGE, settings.huge_size, runs, writing.huge(settings))
