"""Zooming: one series of any length (with the part `open`, in its pages), ten that are dragged, fifty that are zoomed."""
import shutil

import inputs
import pages
from child import run_one
from parts import open as opening
from serving import served
from settings import SERIES

DRAGGED, MANY = 10, 50


def series_of(settings, count, n):
    """The directory of `count` series of n points."""
    directory = settings.out / f"series-{count}-{n}"
    shutil.rmtree(directory, ignore_errors=True)
    run_one([settings.programs / "write", "rows", inputs.walk(settings, n), n, directory, count])
    return directory


def files(count):
    return [f"walk-{k}.json" for k in range(count)]


def measure(settings, record):
    if "open" not in settings.parts:
        opening.record_zoom(record, opening.open_all(settings, record, True))
    n = max([one for one in settings.sizes if one <= SERIES], default=settings.sizes[0])
    with served(settings) as server:
        measure_frames(settings, record, server, n)
        measure_many(settings, record, server, n)


def measure_frames(settings, record, server, n):
    directory = series_of(settings, DRAGGED, n)
    server.settle(directory.name, files(DRAGGED))
    runs = [pages.browse(settings, "frames", kind="ours", url=server.url(directory.name), count=DRAGGED) for _ in range(settings.repeat)]
    take = lambda key: [run[key] for run in runs]
    record.add("zoom", "drag, 10 series: frame callbacks, p50", "ours", n, "ms", take("callbacks_p50"))
    record.add("zoom", "drag, 10 series: frame callbacks, p95", "ours", n, "ms", take("callbacks_p95"))
    record.add("zoom", "drag, 10 series: script a step", "ours", n, "ms", take("script_ms"))
    record.add("zoom", "drag, 10 series: layout, style a step", "ours", n, "ms", take("layout_ms"))
    record.add("zoom", "drag, 10 series: all tasks a step", "ours", n, "ms", take("task_ms"))
    record.add("zoom", "drag, 10 series: at rest", "ours", n, "ms", take("rest_ms"))
    if any(run["own_p95"] is None for run in runs):
        record.note("zoom: the page offers no frames() of its own; what is given is seen from outside")
    else:
        record.add("zoom", "drag, 10 series: own work, p50", "ours", n, "ms", take("own_p50"))
        record.add("zoom", "drag, 10 series: own work, p95", "ours", n, "ms", take("own_p95"))
    shutil.rmtree(directory)


def measure_many(settings, record, server, n):
    directory = series_of(settings, MANY, n)
    server.settle(directory.name, files(MANY))
    runs = [pages.browse(settings, "open", kind="ours", url=server.url(directory.name), count=MANY, **pages.middle(n))
            for _ in range(settings.repeat)]
    record.add("zoom", "50 series: navigation to drawn", "ours", n, "ms", [run["load_ms"] for run in runs])
    record.add("zoom", "50 series: to the middle 1 %, drawn", "ours", n, "ms", [run["zoom_ms"] for run in runs])
    record.add("zoom", "50 series: renderer RSS", "ours", n, "MiB", [run["rss_mib"] for run in runs])
    shutil.rmtree(directory)
