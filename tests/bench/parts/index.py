"""A file of another program, as Python's json.dump writes it: indexing it, and the first look at it before that."""
import json
import re
import shutil
import subprocess
import time

import inputs
from child import Failed
from serving import served

SIZE = 10_000_000
BLOCK = 100_000
SAID = re.compile(r"(\d+) points in ([\d.]+) s")


def write_foreign(settings, n):
    """The bytes that json.dump writes, without n lists in memory at once."""
    directory = settings.out / f"foreign-{n}"
    shutil.rmtree(directory, ignore_errors=True)
    directory.joinpath(".charts").mkdir(parents=True)
    y = inputs.load(settings, n)
    with open(directory / "walk.json", "w", encoding="ascii") as file:
        file.write('{"name": "walk", "xtype": "datetime", "data": [')
        for first in range(0, n, BLOCK):
            last = min(first + BLOCK, n)
            rows = [[inputs.START + inputs.STEP * i, value] for i, value in zip(range(first, last), y[first:last].tolist())]
            file.write((", " if first else "") + json.dumps(rows)[1:-1])
        file.write("]}")
    return directory


def forget(directory):
    """Nothing of it has been indexed."""
    shutil.rmtree(directory / ".charts")
    directory.joinpath(".charts").mkdir()


def points_a_second(settings, directory):
    """What the command says that it has done."""
    done = subprocess.run([settings.build / "run", "charts", "index", directory], capture_output=True, text=True, timeout=600)
    said = SAID.search(done.stdout)
    if not said:
        raise Failed(f"charts index: {done.stdout}{done.stderr}")
    return int(said[1]) / float(said[2])


def first_look(settings, directory):
    """Seconds to the first window of a server that has not seen the file, and whether it shows samples."""
    with served(settings) as server:
        start = time.perf_counter()
        header, _ = server.window(directory.name, ["walk.json"], columns=1200)
        return time.perf_counter() - start, "progress" in header["series"][0]


def measure(settings, record):
    n = min(SIZE, settings.largest)
    directory = write_foreign(settings, n)
    runs, looks = [], []
    for _ in range(settings.repeat):
        forget(directory)
        runs.append(points_a_second(settings, directory))
        forget(directory)
        seconds, sampled = first_look(settings, directory)
        looks.append(1e3 * seconds)
    if not sampled:
        record.note("index: the first window was answered from the whole file")
    shutil.rmtree(directory)
    record.add("index", "points", "ours", n, "1/s", runs)
    record.add("index", "first look before it", "ours", n, "ms", looks)
