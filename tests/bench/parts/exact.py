"""Whether what is there is what is written and drawn: digits that come back, and the extremes of every window."""
import json
import re

import numpy

import inputs
import writing
from child import Failed
from serving import served

SIZE = 100_000  # texts are read back whole
WINDOWS = 50


def texts(settings, n):
    """Who, and the numbers y as they stand in the files."""
    yield "ours from R", lambda: [row[1] for row in json.loads(writing.ours(settings, n).joinpath("walk.json").read_text())["data"]]
    readers = {"R plotly": r_plotly, "R dygraphs": r_dygraphs, "Python plotly": python_plotly}
    for name in settings.peers:
        yield name, lambda name=name: readers[name](writing.written(settings, writing.PEERS[name], n).joinpath("index.html").read_text())


def widget(text):
    return json.loads(re.search(r'<script type="application/json" data-for=[^>]*>(.*?)</script>', text, re.S).group(1))["x"]


def r_plotly(text):
    return widget(text)["data"][0]["y"]


def r_dygraphs(text):
    return widget(text)["data"][1]


def python_plotly(text):
    return json.loads(re.search(r'"y":(\[[-0-9.,eE]+\])', text).group(1))


def measure(settings, record):
    n = max([one for one in settings.sizes if one <= SIZE], default=settings.sizes[0])
    y = inputs.load(settings, n)
    for who, read in texts(settings, n):
        try:
            numbers = numpy.array(read(), dtype="<f8")
        except (Failed, AttributeError, ValueError) as problem:
            record.note(f"exact: {who}: {problem}")
            continue
        record.add("exact", "numbers that come back", who, n, "%", 100 * float(numpy.mean(numbers == y)))
    measure_windows(settings, record)


def extremes(frame):
    """The lowest and highest y that a window holds between `from` and `to`."""
    header, payload = frame
    columns = {column["role"]: numpy.frombuffer(payload, "<f8", column["count"], column["offset"])
               for column in header["series"][0]["columns"]}
    return columns["x"], columns["y"]


def measure_windows(settings, record):
    """Random windows: the extremes that would be drawn, beside those of the numbers."""
    random = numpy.random.default_rng(inputs.SEED)
    with served(settings) as server:
        for n in settings.sizes:
            directory = writing.ours(settings, n)
            y = numpy.memmap(inputs.walk(settings, n), "<f8", "r", shape=(n,))
            server.settle(directory.name, ["walk.json"])
            right = 0
            for _ in range(WINDOWS):
                width = int((n - 1) * numpy.exp(random.random() * numpy.log(min(1.0, 100 / n)))) or 1
                first = int(random.random() * (n - 1 - width))
                last = first + width
                x, drawn = extremes(server.window(directory.name, ["walk.json"], inputs.START + inputs.STEP * first,
                                                  inputs.START + inputs.STEP * last))
                inside = drawn[(x >= inputs.START + inputs.STEP * first) & (x <= inputs.START + inputs.STEP * last)]
                true = y[first:last + 1]
                right += bool(inside.min() == true.min() and inside.max() == true.max())
            record.add("exact", "windows with the true extremes", "ours", n, "%", 100 * right / WINDOWS)
