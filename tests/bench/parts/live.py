"""From the return of an append to the page that follows: its message, and the frame that shows it."""
import shutil

import pages
from serving import served


def percentile(numbers, share):
    ordered = sorted(numbers)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def measure(settings, record):
    directory = settings.out / "live"
    shutil.rmtree(directory, ignore_errors=True)
    runs = []
    with served(settings) as server:
        for _ in range(settings.repeat):
            runs.append(pages.browse(settings, "live", kind="ours", url=server.url(directory.name),
                                     command=[str(settings.programs / "append"), "live", str(directory)]))
    shutil.rmtree(directory)
    how = runs[0]["how"]
    if how != "append":
        record.note("live: the library has no verb append; the whole series was replaced instead")
    for key, what in (("heard", "message"), ("shown", "drawn")):
        for share, name in ((0.5, "p50"), (0.95, "p95")):
            record.add("live", f"{how} to {what}, {name}", "ours", None, "ms", [percentile(run[key], share) for run in runs if run[key]])
