"""The peer in Python, as its documentation shows it: peer_plotly.py WALK N DIRECTORY"""
import os
import sys
import time

import numpy
import plotly.graph_objects


def memory_mib(key):
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith(f"{key}:"))


def main(walk, count, directory):
    y = numpy.fromfile(walk, "<f8", count)
    x = 1147651200000 + 1000 * numpy.arange(count, dtype=numpy.int64)
    os.makedirs(directory)
    with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")
    before = memory_mib("VmRSS")
    start = time.perf_counter()
    figure = plotly.graph_objects.Figure(plotly.graph_objects.Scatter(x=x, y=y, mode="lines"))
    figure.update_layout(xaxis_type="date")
    figure.write_html(os.path.join(directory, "index.html"), include_plotlyjs="directory")
    seconds = time.perf_counter() - start
    print(f'{{"seconds":{seconds:.6f},"peak_mib":{memory_mib("VmHWM") - before:.2f}}}', flush=True)


main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
