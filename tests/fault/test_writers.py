#!/usr/bin/python3
"""Sixteen writers in C, Lua and R on one directory, beside readers: nothing is lost, and nobody meets half of anything.

test_writers.py [--build BUILD_DIR]; with CHARTS_LONG=1 every writer makes 10 000 calls.

Each writer w makes its calls 0, 1, 2 …; what call n does goes by n mod 10 (writer.c, writer.lua and writer.R say the same):

    0       puts its series new(n / 50) anew            [n]
    1       puts its own series anew                    [n]
    2       puts the series `shared` anew               [[w, n]]
    3       appends to its series `log`                 n
    4, 5    append to `all-a`                           [w, n]
    6       puts `pair-a` and `pair-b` in one call      [[w, n]]
    7       appends to `all-b` and `all-c` in one call  [w, n]
    8       puts its series `gone`, and removes it
    9       writes a view (n mod 50 = 9), else as 4
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from follower import Page, Server

BUILD = None
HERE = pathlib.Path(__file__).resolve().parent
LONG = os.environ.get("CHARTS_LONG") == "1"
CALLS = 10_000 if LONG else 100
LANGUAGES = ["C"] * 6 + ["Lua"] * 5 + ["R"] * 5
APPENDED = ("all-", "log")


def command(language):
    return {"C": [BUILD / "fault/writer", "write"], "Lua": ["lua5.4", HERE / "writer.lua"],
            "R": ["Rscript", "--vanilla", HERE / "writer.R"]}[language]


class Reader(threading.Thread):
    """Does something again and again until it is stopped; keeps the first thing that went wrong."""

    def __init__(self, step):
        super().__init__()
        self.step = step
        self.count = 0
        self.error = None
        self.ending = threading.Event()
        self.start()

    def run(self):
        while not self.ending.is_set() and self.error is None:
            try:
                self.count += self.step()
            except Exception as error:  # pylint: disable=broad-except # told by end()
                self.error = error

    def end(self):
        self.ending.set()
        self.join()
        return self.error


class Writers(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.TemporaryDirectory(prefix="charts-writers-")
        self.folder = pathlib.Path(self.place.name)
        self.directory = self.folder / "d"
        (self.directory / ".charts").mkdir(parents=True)
        self.addCleanup(self.place.cleanup)
        self.server = Server(BUILD, self.folder)
        self.addCleanup(self.server.stop)
        self.torn = 0

    def run_in(self, arguments, **more):
        return subprocess.Popen([BUILD / "run", *arguments], cwd=self.folder, env=self.server.environment, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)

    def files(self):
        return [entry for entry in self.directory.iterdir() if entry.suffix == ".json" and not entry.name.startswith(".")]

    # ---- Readers ----

    def parse_all(self):
        """json.load of every file. A file that is appended to, which other programs may meet in the middle of that, is counted apart."""
        count = 0
        for path in self.files():
            try:
                with open(path, encoding="utf-8") as file:
                    series = json.load(file)
            except FileNotFoundError:
                continue
            except json.JSONDecodeError:
                if not any(part in path.stem for part in APPENDED):
                    raise
                self.torn += 1
                continue
            assert series["data"], path
            count += 1
        return count

    def jq_all(self):
        """jq over everything that is put, never appended to."""
        paths = [path for path in self.files() if not any(part in path.stem for part in (*APPENDED, "gone"))]
        done = subprocess.run(["jq", "-e", ".data[0] != null", *paths], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              stdin=subprocess.DEVNULL, text=True, check=False) if paths else None
        assert not done or done.returncode in (0, 2) and "parse error" not in done.stderr, done.stderr
        return len(paths)

    def window_pair(self):
        """What one call put is in both windows or in none."""
        answer = self.server.window("d", ["pair-a.json", "pair-b.json"])
        pair = [answer["pair-a.json"], answer["pair-b.json"]]
        assert pair[0] == pair[1] or all("no series file" in str(one) for one in pair), answer
        return 1

    def download_all(self):
        """Every series as the page downloads it: whole, also one that is appended to just now."""
        count = 0
        for path in self.files():
            status, body = self.server.request("GET", f"/api/d/d/series/{path.name}")
            assert status == 200 or status == 404 and "gone" in path.stem, (path, status, body)
            if status == 200:
                assert json.loads(body)["data"], path
                count += 1
        return count

    def save_settings(self):
        status, body = self.server.request("PUT", "/api/d/d/settings/look", {"title": {"text": str(time.monotonic())}})
        assert status == 200, body
        return 1

    # ---- The test ----

    def test_nothing_is_lost(self):
        page = Page(self.server, "d")
        self.addCleanup(page.close)
        readers = {step.__name__: Reader(step) for step in (self.parse_all, self.jq_all, self.window_pair, self.download_all, self.save_settings)}
        ours = self.run_in([BUILD / "fault/writer", "read", "d"], stdin=subprocess.PIPE)
        began = time.monotonic()
        writers = [self.run_in([*command(language), "d", str(writer), str(CALLS)], stdin=subprocess.DEVNULL)
                   for writer, language in enumerate(LANGUAGES)]
        said = [writer.communicate() for writer in writers]
        took = time.monotonic() - began
        errors = {name: reader.end() for name, reader in readers.items()}
        read = ours.communicate("")
        longest = {}
        for writer, language, (output, trouble) in zip(writers, LANGUAGES, said):
            self.assertEqual(writer.returncode, 0, f"{language}: {trouble}")
            result = json.loads(output)
            self.assertEqual(result["calls"], CALLS)
            longest[language] = max(longest.get(language, 0), result["longest"])
        self.assertEqual({name: error for name, error in errors.items() if error is not None}, {})
        self.assertEqual(ours.returncode, 0, read[1])
        print(f"{len(LANGUAGES)} writers, {CALLS} calls each: {took:.1f} s; longest call in s: {longest}; reads: "
              f"{ {name: reader.count for name, reader in readers.items()} }, ours {read[0].strip()}; appended files that json.load met "
              f"in the middle of an append: {self.torn}; messages to the page: {len(page.messages)}", file=sys.stderr)
        self.check_directory()
        self.check_readers(page)

    def check_directory(self):
        content = {path.stem: json.loads(path.read_text()) for path in self.files()}
        indices = [series["index"] for series in content.values()]
        self.assertEqual(len(indices), len(set(indices)), "two series have one index")
        self.assertGreater(int((self.directory / ".charts/next").read_text()), max(indices))
        self.assertFalse((self.directory / ".charts/commit").exists())
        self.assertEqual([path.name for path in self.directory.iterdir() if path.suffix == ".tmp"], [])
        calls = range(CALLS)
        expected = {"shared", "pair-a", "pair-b", "all-a", "all-b", "all-c"}
        for writer in range(len(LANGUAGES)):
            last = {n // 50: n for n in calls if n % 10 == 0}
            expected |= {f"w{writer}-{name}" for name in ("own", "log", *(f"new{k}" for k in last))}
            for k, n in last.items():
                self.assertEqual(content[f"w{writer}-new{k}"]["data"], [n])
            self.assertEqual(content[f"w{writer}-own"]["data"], [max(n for n in calls if n % 10 == 1)])
            self.assertEqual(content[f"w{writer}-log"]["data"], [n for n in calls if n % 10 == 3])
        self.assertEqual(set(content), expected)
        to_a = [n for n in calls if n % 10 in (4, 5) or n % 10 == 9 and n % 50 != 9]
        to_both = [n for n in calls if n % 10 == 7]
        for name, given in (("all-a", to_a), ("all-b", to_both), ("all-c", to_both)):
            for writer in range(len(LANGUAGES)):
                self.assertEqual([y for x, y in content[name]["data"] if x == writer], given, f"{name}, writer {writer}")
            self.assertEqual(len(content[name]["data"]), len(given) * len(LANGUAGES), name)
        self.assertEqual(content["pair-a"]["data"], content["pair-b"]["data"])

    def check_readers(self, page):
        """The server, a fresh process and the page hold what the files hold."""
        names = {path.stem for path in self.files()}
        listing = self.server.listing("d")
        self.assertEqual({series["name"] for series in listing["series"]}, names)
        self.assertEqual(listing["broken"], [])
        self.assertTrue(listing["views"])
        self.assertEqual(listing["settings"], ["look"])
        fresh = self.run_in(["lua5.4", "-e", 'print(table.concat(require "charts".plotasync{save = "d"}:names(), "\\n"))'],
                            stdin=subprocess.DEVNULL)
        self.assertEqual(set(fresh.communicate()[0].split("\n")[:-1]), names)
        self.assertTrue(page.converges(self.server, "d"), "the page was not told of the last revision")
        answer = self.server.window("d", ["all-a.json", "pair-a.json"])
        points = json.loads((self.directory / "all-a.json").read_text())["data"]
        self.assertEqual(max(answer["all-a.json"]["y"]), max(y for _, y in points))
        self.assertEqual([list(answer["pair-a.json"][role]) for role in "xy"],
                         [[row] for row in json.loads((self.directory / "pair-a.json").read_text())["data"][0]])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.environ.get("CHARTS_BUILD", "build"))
    arguments, rest = parser.parse_known_args()
    BUILD = pathlib.Path(arguments.build).resolve()
    unittest.main(argv=[sys.argv[0], *rest])
