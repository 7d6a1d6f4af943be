"""A file of another program, as Python's json.dump writes it: from the first window that is answered while it is being
read to the first that is answered from all of it."""
import json
import shutil
import time

import inputs
from serving import served

SIZE = 10_000_000
BLOCK = 100_000
PAUSE = 0.005
SETTLED = 2.1  # seconds after which a file's times tell every later change: only then what is read is kept


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


def measure(settings, record):
    n = min(SIZE, settings.largest)
    runs = []
    directory = write_foreign(settings, n)
    time.sleep(SETTLED)
    for _ in range(settings.repeat):
        shutil.rmtree(directory / ".charts")
        directory.joinpath(".charts").mkdir()
        with served(settings) as server:
            start = time.perf_counter()
            seen = 0
            while True:
                header, _ = server.window(directory.name, ["walk.json"], columns=100)
                if "progress" not in header["series"][0]:
                    break
                seen += 1
                time.sleep(PAUSE)  # asking without pause would take from the core that reads
            runs.append(n / (time.perf_counter() - start))
        if seen == 0:
            record.note("index: the first window was answered from the whole file: its time is that of reading it")
    shutil.rmtree(directory)
    record.add("index", "points", "ours", n, "1/s", runs)
