#!/usr/bin/python3
"""What is derived from series files: test_derived.py [--build BUILD_DIR]

A long file of another program is shown at once, from samples, and exactly once it is indexed; its pyramid may be deleted or damaged at any time;
a directory that the user cannot write is shown all the same. Against real servers, over HTTP.
"""
import argparse
import http.client
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

import numpy

BUILD = None
POINTS = 400_000
NOBODY = 65534


class Server:
    """The server of one folder, and windows of its series."""

    def __init__(self, folder, environment, prefix=()):
        self.command = [*prefix, str(BUILD / "run"), "charts"]
        self.environment = environment
        self.folder = folder
        self.connection = None

    def run(self, *words):
        done = subprocess.run([*self.command, *words], env=self.environment, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def __enter__(self):
        address = urllib.parse.urlsplit(self.run("url", str(self.folder)).strip())
        self.token = address.fragment.split("&")[0].removeprefix("t=")
        self.segment = address.path.strip("/")
        self.connection = http.client.HTTPConnection("127.0.0.1", address.port, timeout=60)
        return self

    def __exit__(self, *_):
        self.connection.close()
        self.run("stop", str(self.folder))

    def ask(self, route, body):
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        self.connection.request("POST", f"/api/d/{self.segment}/{route}", json.dumps(body), headers)
        answer = self.connection.getresponse()
        content = answer.read()
        assert answer.status == 200, content
        length = struct.unpack("<I", content[8:12])[0]
        series = json.loads(content[12 : 12 + length])["series"][0]
        columns = {
            column["role"]: numpy.frombuffer(content, "<f8", column["count"], 12 + length + column["offset"]) for column in series.get("columns", [])
        }
        return series, columns

    def window(self, **asked):
        return self.ask("window", {"series": ["walk.json"], "from": None, "to": None, "columns": 300, **asked})

    def exact_window(self, **asked):
        """Asks until the file is indexed; the server lets each question wait a little."""
        while True:
            series, columns = self.window(**asked)
            if "progress" not in series:
                return series, columns


class Derived(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="charts-derived-"))
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.runtime = self.folder / "runtime"
        self.runtime.mkdir(mode=0o700)
        self.environment = {**os.environ, "XDG_RUNTIME_DIR": str(self.runtime), "XDG_CACHE_HOME": str(self.folder / "cache"), "CHARTS_IDLE": "60"}
        (self.folder / "cache").mkdir()
        self.directory = self.folder / "served" / "foreign"
        self.directory.mkdir(parents=True)
        self.y = numpy.random.default_rng(5).standard_normal(POINTS).cumsum()
        self.write(self.y)

    def write(self, y):
        rows = [[1000 * i, value] for i, value in enumerate(y.tolist())]
        (self.directory / "walk.json").write_text(json.dumps({"name": "walk", "data": rows}))

    def columns_of(self, y, first, last, columns):
        """First, lowest, highest and last of each pixel column, as sets of points."""
        x = 1000.0 * numpy.arange(len(y))
        inside = (x >= first) & (x <= last)
        place = numpy.minimum(numpy.floor((x[inside] - first) / (last - first) * columns), columns - 1).astype(int)
        expected = set()
        for column in range(columns):
            here = numpy.flatnonzero(inside)[place == column]
            if len(here) == 0:
                continue
            for at in (here[0], here[-1], here[numpy.argmin(y[here])], here[numpy.argmax(y[here])]):
                expected.add((x[at], y[at]))
        return expected

    def assert_exact(self, columns, y, first, last, count):
        inside = (columns["x"] >= first) & (columns["x"] <= last)
        found = set(zip(columns["x"][inside].tolist(), columns["y"][inside].tolist()))
        self.assertEqual(found, self.columns_of(y, first, last, count))

    def test_a_file_of_another_program_is_sampled_then_exact(self):
        (self.directory / ".charts").mkdir()
        with Server(self.directory, self.environment) as server:
            series, columns = server.window()
            self.assertIn("progress", series)  # it has just been written: nothing is kept of it before it is two seconds old
            self.assertFalse(series["raw"])
            places = numpy.rint(columns["x"] / 1000).astype(int)
            self.assertGreater(len(places), 100)
            self.assertTrue((self.y[places] == columns["y"]).all())
            self.assertAlmostEqual(series["count"] / POINTS, 1, delta=0.1)
            series, columns = server.exact_window()
            self.assertEqual(series["count"], POINTS)
            self.assert_exact(columns, self.y, 0, 1000.0 * (POINTS - 1), 300)
            _, columns = server.window(**{"from": 50_000_000, "to": 250_000_000})
            self.assert_exact(columns, self.y, 50_000_000, 250_000_000, 300)
            row = server.ask("nearest", {"series": ["walk.json"], "x": 123_456_499})[1]
            self.assertEqual((row["x"][0], row["y"][0]), (123_456_000, self.y[123_456]))

    def test_the_pyramid_may_go_or_be_damaged_at_any_time(self):
        (self.directory / ".charts").mkdir()
        with Server(self.directory, self.environment) as server:
            whole = server.exact_window()
            stored = self.directory / ".charts" / "pyramid" / "walk.json"
            content = stored.read_bytes()
            for damage in (lambda: stored.unlink(), lambda: stored.write_bytes(content[: len(content) // 2]),
                           lambda: stored.write_bytes(content[:700] + bytes(64) + content[764:]), lambda: stored.write_bytes(b"")):
                damage()
                series, columns = server.exact_window()
                self.assertEqual(series["count"], whole[0]["count"])
                self.assertTrue((columns["y"] == whole[1]["y"]).all())
            self.write(self.y + 1)
            _, columns = server.exact_window()
            self.assert_exact(columns, self.y + 1, 0, 1000.0 * (POINTS - 1), 300)

    def test_the_command_indexes_ahead(self):
        (self.directory / ".charts").mkdir()
        server = Server(self.directory, self.environment)
        self.assertRegex(server.run("index", str(self.directory)), rf"walk\.json: {POINTS} points in [\d.]+ s")
        self.assertEqual(server.run("index", str(self.directory)), "")
        with server:
            self.assertNotIn("progress", server.window()[0])

    def test_a_directory_that_cannot_be_written_is_shown(self):
        prefix = ()
        if os.getuid() == 0:
            prefix = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
            for own in (self.folder, self.runtime, self.folder / "cache"):
                os.chown(own, NOBODY, NOBODY)
        before = sorted(str(path) for path in self.directory.rglob("*"))
        self.directory.chmod(0o555)
        self.addCleanup(self.directory.chmod, 0o755)
        script = self.folder / "show.lua"
        script.write_text(f'local charts = require "charts"\nlocal c = charts.plotasync{{save = "{self.directory}", type = "area", show = "none"}}\nprint(c:url())\n')
        shown = subprocess.run([*prefix, str(BUILD / "run"), "lua5.4", str(script)], env=self.environment, cwd=self.folder / "served",
                               capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
        self.assertEqual(shown.returncode, 0, shown.stderr)
        with Server(self.directory, self.environment, prefix) as server:
            series, columns = server.exact_window()
            self.assertEqual(series["count"], POINTS)
            self.assert_exact(columns, self.y, 0, 1000.0 * (POINTS - 1), 300)
            server.connection.request("GET", f"/api/d/{server.segment}/series", headers={"Authorization": f"Bearer {server.token}"})
            views = json.loads(server.connection.getresponse().read())["views"]
            self.assertEqual(len(views), 1)
        self.assertEqual(sorted(str(path) for path in self.directory.rglob("*")), before)
        cached = [path.name for path in (self.folder / "cache").rglob("*.json")]
        self.assertEqual(sorted(cached), sorted(["walk.json", f"{views[0]}.json"]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.environ.get("CHARTS_BUILD", pathlib.Path(__file__).resolve().parents[2] / "build"))
    options, rest = parser.parse_known_args()
    BUILD = pathlib.Path(options.build).resolve()
    unittest.main(argv=[sys.argv[0], *rest])
