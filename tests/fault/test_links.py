#!/usr/bin/python3
"""Nothing outside a chart directory is read, written or removed, whatever is exchanged for links meanwhile: test_links.py [--build BUILD_DIR]

While calls put, append to, read, remove and purge, another process exchanges the directory, its `.charts`, the folders in it and its files
for links to the same outside, thousands of times a second. Outside stands what must not be touched, and a series that must not be seen.
"""
import argparse
import ctypes
import json
import multiprocessing
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import unittest

import model
from follower import Server

BUILD = None
LONG = os.environ.get("CHARTS_LONG") == "1"
ROUNDS = 3000 if LONG else 60
AT_FDCWD, EXCHANGE = -100, 2
SECRET = "outside"

# A filter that refuses openat2, as old kernels and containers do.
REFUSING = """
import ctypes, os, struct, sys
error = int(sys.argv[1])
code = [(0x20, 0, 0, 0), (0x15, 0, 1, 437), (0x06, 0, 0, 0x00050000 | error), (0x06, 0, 0, 0x7FFF0000)]
text = b"".join(struct.pack("HBBI", *one) for one in code)
held = ctypes.create_string_buffer(text)
class Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_void_p)]
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.byref(Filter(len(code), ctypes.addressof(held)))) == 0, ctypes.get_errno()
os.execv(sys.argv[2], sys.argv[2:])
"""


def exchange(pairs, begun):
    """Exchanges the two of every pair again and again until it is ended."""
    rename = ctypes.CDLL(None).renameat2
    begun.set()
    while True:
        for one, other, target in pairs:
            rename(AT_FDCWD, one, AT_FDCWD, other, EXCHANGE)
            if not os.path.islink(one) and not os.path.islink(other):  # a call has put a file in the link's place
                try:
                    os.remove(other)
                except OSError:
                    pass
                else:
                    os.symlink(target, other)


class RefusedCalls(model.Calls):
    """The program of calls, under a filter that answers openat2 with an error."""

    def __init__(self, build, number):
        self.program = subprocess.Popen([sys.executable, "-c", REFUSING, str(number), build / "fault" / "calls"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


class Links(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory(dir=model.SCRATCH)
        self.addCleanup(place.cleanup)
        self.place = pathlib.Path(place.name)
        self.folder = self.place / "d"
        self.outside = self.place / "outside"
        text = json.dumps({"name": SECRET, "display": True, "index": 0, "data": [1]}, separators=(",", ":"))
        for folder in ("", ".charts", ".charts/views", ".charts/settings", ".charts/pyramid"):
            (self.outside / folder).mkdir()
            for file in ("A.json", "B.json", "0123abcd.json", "look.json", "next", "commit", "lock", ".7.7.tmp"):
                (self.outside / folder / file).write_text(text)
        (self.place / "plain").mkdir()
        for file in ("A.json", "notes.txt"):
            (self.place / "plain" / file).write_text(text)
        self.before = self.seen()

    def seen(self):
        """All that is outside: names, content, times, modes."""
        return {str(path): (path.stat().st_mtime_ns, path.stat().st_mode, path.read_bytes() if path.is_file() else sorted(os.listdir(path)))
                for root in (self.outside, self.place / "plain") for path in (root, *root.rglob("*"))}

    def pair(self, path, target):
        """A link beside a path, to be exchanged with it."""
        link = self.place / ("link" + str(path.relative_to(self.place)).replace("/", "-"))
        link.symlink_to(target)
        return str(path).encode(), str(link).encode(), str(target).encode()

    def work(self, calls, operations):
        done = 0
        for number in range(ROUNDS):
            for verb, with_ in operations:
                answer = calls.ask(save=str(self.folder), verb=verb, name="look", **{"with": with_})
                self.assertNotIn("crashed", answer)
                done += "ok" in answer
            held = calls.ask(check=str(self.folder), settings="look")
            self.assertNotIn(SECRET, json.dumps({"series": held["series"], "settings": held["settings"]}), number)
        return done

    def race(self, calls, pairs, operations):
        self.addCleanup(calls.close)
        begun = multiprocessing.Event()
        racing = multiprocessing.Process(target=exchange, args=(pairs, begun), daemon=True)
        racing.start()
        try:
            begun.wait(60)
            done = self.work(calls, operations)
        finally:
            racing.kill()
            racing.join()
        self.assertEqual(self.seen(), self.before)
        print(f"{ROUNDS} rounds of {len(operations)} calls, of which {done} were not refused", file=sys.stderr)

    def race_inside(self, calls, *names):
        operations = [("plot", {"name": "A", "series": [1, 2]}), ("append", {"name": "A", "series": [3]}), ("plot", {"name": "B", "series": [1]}),
                      ("settings", {"title": {"text": "x"}}), ("show", {"show": "none"}), ("remove", {"name": "B"}),
                      ("plotasync", {"name": "C", "series": [1], "purge": True})]
        for verb, with_ in operations[:5]:
            self.assertTrue(calls.ask(save=str(self.folder), verb=verb, name="look", **{"with": with_}).get("ok"))
        (self.folder / ".charts/pyramid").mkdir(exist_ok=True)
        self.race(calls, [self.pair(self.folder / name, self.outside / name) for name in names], operations)

    # What exchanges the folder itself would else reach through its link.
    UPPER = (".charts", "A.json", "B.json")
    LOWER = (".charts/views", ".charts/settings", ".charts/pyramid", ".charts/next", ".charts/lock", "A.json")

    def test_links_in_the_directory(self):
        self.race_inside(model.Calls(BUILD), *self.UPPER)

    def test_links_in_its_own_folder(self):
        self.race_inside(model.Calls(BUILD), *self.LOWER)

    def test_links_without_openat2(self):
        self.race_inside(RefusedCalls(BUILD, 38), *self.UPPER)

    def test_links_in_its_own_folder_without_openat2(self):
        self.race_inside(RefusedCalls(BUILD, 38), *self.LOWER)

    def test_links_where_openat2_is_filtered(self):
        self.race_inside(RefusedCalls(BUILD, 1), *self.UPPER)

    def test_purge_where_the_directory_becomes_another(self):
        """The user may name a link; a purge of what it leads to needs a chart directory."""
        calls = model.Calls(BUILD)
        self.assertTrue(calls.ask(save=str(self.folder), verb="plotasync", **{"with": {"name": "C", "series": [1]}}).get("ok"))
        self.addCleanup(calls.close)
        begun = multiprocessing.Event()
        racing = multiprocessing.Process(target=exchange, args=([self.pair(self.folder, self.place / "plain")], begun), daemon=True)
        racing.start()
        answers = {}
        try:
            begun.wait(60)
            for _ in range(ROUNDS * 5):
                answer = calls.ask(save=str(self.folder), verb="plotasync", **{"with": {"name": "C", "series": [1], "purge": True}})
                key = answer.get("error", "ok")
                answers[key] = answers.get(key, 0) + 1
        finally:
            racing.kill()
            racing.join()
        self.assertEqual(self.seen(), self.before)
        print(f"purges: {answers}", file=sys.stderr)

    # ---- What is served ----

    def serve(self, *before):
        """A server of one folder, that has a directory of another registered: the address of each with its place."""
        self.chart("served/child")
        self.chart("elsewhere/reg")
        (self.place / "way").symlink_to(self.place / "elsewhere")
        server = Server(BUILD, self.place / "served", before)
        self.addCleanup(server.stop)
        status, body = server.request("POST", "/api/directories", {"path": str(self.place / "way/reg")})  # a user may come by a link
        self.assertEqual(status, 200, body)
        return server, {"child": self.place / "served/child", json.loads(body)["segment"]: self.place / "elsewhere/reg"}

    def chart(self, name):
        (self.place / name / ".charts/settings").mkdir(parents=True)
        (self.place / name / "A.json").write_text('{"name":"A","data":[1,2]}')
        (self.place / name / ".charts/settings/look.json").write_text("{}")

    WINDOW = {"series": ["A.json"], "from": None, "to": None, "columns": 10, "x": "linear"}
    REQUESTS = (("GET", "series", None), ("GET", "series/A.json", None), ("POST", "window", WINDOW), ("POST", "nearest", {"series": ["A.json"], "x": 0}),
                ("GET", "views/0123abcd", None), ("GET", "settings/look", None), ("PUT", "settings/look", {"title": {"text": "x"}}))

    def answers(self, server, segment):
        """What a server answers to each request of a directory; whatever it is, it tells nothing of what is outside."""
        statuses = []
        for method, what, value in self.REQUESTS:
            status, body = server.request(method, f"/api/d/{segment}/{what}", value)
            self.assertNotIn(SECRET.encode(), body, what)
            statuses.append(status)
        return statuses

    def check_served(self, *before):
        server, places = self.serve(*before)
        for name in ("child", "reg"):  # for a link in place of the folder above
            shutil.copytree(self.outside, self.place / "copy")
            (self.place / "copy").rename(self.outside / name)
        self.before = self.seen()
        for segment, place in places.items():
            for moved in (place, place.parent):
                with self.subTest(f"{segment} by a link in place of {moved.name}"):
                    self.assertEqual(self.answers(server, segment), [200, 200, 200, 200, 404, 200, 200])
                    moved.rename(moved.with_name("away"))
                    moved.symlink_to(self.outside)
                    self.assertEqual(self.answers(server, segment), [404] * len(self.REQUESTS))
                    self.assertNotIn(f'"segment":"{segment}"', server.request("GET", "/api/directories")[1].decode())
                    self.assertEqual(self.seen(), self.before)
                    moved.unlink()
                    moved.with_name("away").rename(moved)
        for segment in places:
            self.assertEqual(self.answers(server, segment), [200, 200, 200, 200, 404, 200, 200])

    def test_links_of_served_directories(self):
        self.check_served()

    def test_links_of_served_directories_without_openat2(self):
        self.check_served(sys.executable, "-c", REFUSING, "38")

    def test_served_directories_that_become_links(self):
        """Between the finding of a directory and its opening, too."""
        server, places = self.serve()
        pairs = [self.pair(place, self.outside) for place in places.values()]
        begun = multiprocessing.Event()
        racing = multiprocessing.Process(target=exchange, args=(pairs, begun), daemon=True)
        racing.start()
        try:
            begun.wait(60)
            statuses = [status for _ in range(ROUNDS) for segment in places for status in self.answers(server, segment)]
        finally:
            racing.kill()
            racing.join()
        self.assertEqual(self.seen(), self.before)
        self.assertLessEqual(set(statuses), {200, 404})
        print(f"{len(statuses)} requests, of which {statuses.count(200)} were answered", file=sys.stderr)

    def test_a_file_size_limit_is_an_error(self):
        """The signal of a file that grows too long ends no host; the file is named, and nothing is left."""
        calls = model.Calls(BUILD)
        self.addCleanup(calls.close)
        small = {"name": "A", "series": [1, 2]}
        self.assertTrue(calls.ask(save=str(self.folder), verb="plot", **{"with": small}).get("ok"))
        resource.prlimit(calls.program.pid, resource.RLIMIT_FSIZE, (4096, 4096))
        for verb in ("plot", "append"):
            answer = calls.ask(save=str(self.folder), verb=verb, **{"with": {"name": "A", "series": list(range(5000))}})
            self.assertEqual(answer.get("error"), "io")
            self.assertIn("A.json", answer["message"])
        self.assertTrue(calls.ask(save=str(self.folder), verb="append", **{"with": {"name": "A", "series": [3]}}).get("ok"))
        self.assertEqual(calls.ask(check=str(self.folder))["series"]["A"]["data"], [1, 2, 3])
        model.parsed(self.folder)
        self.assertEqual(model.leftovers(self.folder), [])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.environ.get("CHARTS_BUILD", "build"))
    arguments, rest = parser.parse_known_args()
    BUILD = pathlib.Path(arguments.build).resolve()
    unittest.main(argv=[sys.argv[0], *rest])
