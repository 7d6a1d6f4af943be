#!/usr/bin/python3
"""The command `charts` on its own: test_command.py [--build BUILD_DIR]"""
import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest
import urllib.request

BUILD = None

GOOD = '{"name":"good","display":true,"index":0,"data":[1,2,3]}'
FOREIGN = '\ufeff{ "data": [[1, 2], [2, NaN]], "name": "foreign" }\n'
BROKEN = {
    "torn.json": ('{"name":"torn","data":[[1,2],[3', "line 1"),
    "list.json": ("[1,2,3]", "expected a record"),
    "nodata.json": ('{"name":"nodata"}', "data"),
    "mixed.json": ('{"name":"mixed","data":[1,"two",3]}', "data"),
    "late.json": ('{"name":"late","display":true,"index":3,"data":[[1,2],[2,3,4]]}', "data"),
    "shadow.json": ('{"name":"good","data":[9]}', "shadowed by good.json"),
}


class Command(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.TemporaryDirectory()
        root = pathlib.Path(self.place.name)
        self.folder = root / "work"
        self.directory = self.folder / "stocks"
        (self.directory / ".charts").mkdir(parents=True)
        (self.directory / "good.json").write_text(GOOD)
        (root / "run").mkdir(mode=0o700)
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("CHARTS_")}
        self.environment.update(XDG_RUNTIME_DIR=str(root / "run"), CHARTS_IDLE="300")

    def tearDown(self):
        self.charts("stop", self.folder)
        self.place.cleanup()

    def charts(self, *words, status=0):
        done = subprocess.run([BUILD / "run", "charts", *map(str, words)], cwd=self.folder, env=self.environment,
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
        self.assertEqual(done.returncode, status, f"charts {words}: {done.stdout}{done.stderr}")
        return done

    def listing(self, address):
        origin, _, rest = address.partition("/stocks/#t=")
        request = urllib.request.Request(f"{origin}/api/d/stocks/series", headers={"Authorization": f"Bearer {rest.split('&')[0]}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def test_check_names_every_file_that_is_not_a_series_and_why(self):
        (self.directory / "foreign.json").write_text(FOREIGN)
        self.charts("check", self.directory)
        for name, (text, _) in BROKEN.items():
            (self.directory / name).write_text(text)
        os.symlink("good.json", self.directory / "link.json")
        os.mkfifo(self.directory / "pipe.json")
        said = self.charts("check", self.directory, status=1)
        lines = (said.stdout + said.stderr).splitlines()
        for name, (_, reason) in BROKEN.items():
            named = [line for line in lines if name in line and reason in line]
            self.assertTrue(named, f"{name} with {reason!r} in {lines}")
        for name in ("link.json", "pipe.json"):
            self.assertTrue([line for line in lines if name in line and "regular file" in line], lines)
        self.assertFalse([line for line in lines if line.startswith(("good.json", "foreign.json"))], lines)

    def test_list_shows_what_the_directory_holds(self):
        (self.directory / "foreign.json").write_text(FOREIGN)
        (self.directory / "hidden.json").write_text('{"name":"hidden\\u001b[31m","display":false,"data":[[1,2,3]]}')
        said = self.charts("list", self.directory).stdout
        rows = {line.split()[0]: line.split() for line in said.splitlines() if line}
        self.assertEqual(rows["good"][1:4], ["y", "3", "yes"])
        self.assertEqual(rows["foreign"][1:4], ["xy", "2", "yes"])
        self.assertNotIn("\x1b", said, "a name is not a terminal's command")
        self.assertIn("range", said)

    def test_url_starts_a_server_and_stop_ends_it(self):
        address = self.charts("url", self.directory).stdout.strip()
        self.assertEqual([one["name"] for one in self.listing(address)["series"]], ["good"])
        self.assertEqual(self.charts("url", self.directory).stdout.strip(), address)
        self.assertTrue(self.charts("url", self.folder).stdout.startswith(address.partition("stocks/")[0]))
        self.charts("stop", self.folder)
        with self.assertRaises(OSError):
            self.listing(address)
        self.assertIn("no server runs", self.charts("stop", self.folder).stderr)

    def test_serve_runs_until_it_is_told_to_end(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            server = subprocess.Popen([BUILD / "run", "charts", "serve", self.folder], cwd="/", env=self.environment,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL)
            self.assertIn("Server running in the folder", server.stdout.readline())
            address = self.charts("url", self.directory).stdout.strip()
            self.assertEqual(len(self.listing(address)["series"]), 1)
            server.send_signal(number)
            self.assertEqual(server.wait(30), 0)
            server.stdout.close()

    def test_words_that_are_off_are_refused(self):
        self.assertIn("unknown command paint", self.charts("paint", status=2).stderr)
        for verb in ("list", "check", "url"):
            self.assertIn("nowhere", self.charts(verb, self.folder / "nowhere", status=1).stderr)
        self.assertIn(".charts", self.charts("list", self.folder, status=1).stderr)
        self.assertRegex(self.charts("--version").stdout, r"\d+\.\d+\.\d+")
        self.assertIn("charts serve", self.charts("--help").stdout)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.environ.get("CHARTS_BUILD", "build"))
    arguments, rest = parser.parse_known_args()
    BUILD = pathlib.Path(arguments.build).resolve()
    unittest.main(argv=[sys.argv[0], *rest])
