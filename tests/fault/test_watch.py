#!/usr/bin/python3
"""Every page converges to what the directory holds, however little the server is told: test_watch.py [--build BUILD_DIR]

`charts serve` is started on a folder of its own, in a user namespace of its own where that is possible: there the limits of inotify and
the mounts are the test's alone.
"""
import argparse
import json
import mmap
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

from follower import Page, Server

BUILD = None
UNSHARE = ["unshare", "--user", "--map-root-user", "--mount"]
NOBODY = 65534
LIMIT = "/proc/sys/user/max_inotify_"


def namespaces():
    return shutil.which("unshare") and subprocess.run([*UNSHARE, "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0


class Watching(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="charts-watch-")
        self.addCleanup(place.cleanup)
        self.folder = pathlib.Path(place.name)
        self.make("d")

    def make(self, name):
        (self.folder / name / ".charts").mkdir(parents=True)
        self.put("A", [1, 2], name)

    def put(self, name, data, directory="d"):
        """As every program should: a temporary, then a rename."""
        temporary = self.folder / directory / f".{name}.tmp"
        temporary.write_text(json.dumps({"name": name, "data": data}))
        temporary.rename(self.folder / directory / f"{name}.json")

    def serve(self, before=(), environment=None):
        server = Server(BUILD, self.folder, before, environment)
        self.addCleanup(server.stop)
        page = Page(server, "d")
        self.addCleanup(page.close)
        self.assertEqual(page.status, 101)
        self.assertTrue(page.until(lambda page: page.revision is not None))
        return server, page

    def told(self, page, file, change):
        """Waits until the page was told of a change."""
        wanted = {"file": f"{file}.json", "name": file, "change": change}
        self.assertTrue(page.until(lambda page: any(wanted in message.get("changes", ()) for message in page.messages)),
                        f"{change} {file} was not told: {page.messages}")

    def converged(self, server, page):
        self.assertTrue(page.converges(server, "d"), page.messages)
        listing = server.listing("d")
        files = {path.name for path in (self.folder / "d").glob("*.json")}
        self.assertEqual({series["file"] for series in listing["series"]}, files)

    # ---- Inotify that cannot keep up ----

    def test_overflow(self):
        server, page = self.serve()
        self.put("B", [1])
        self.told(page, "B", "added")
        most = int(pathlib.Path("/proc/sys/fs/inotify/max_queued_events").read_text())
        os.kill(server.pid, signal.SIGSTOP)
        try:
            for i in range(most + 1):  # no two equal ones after each other: those would be one event
                os.utime(self.folder / "d" / ("A.json", "B.json")[i % 2], (1000, 1000 + i))
            self.put("C", [1])
            (self.folder / "d/B.json").unlink()
        finally:
            os.kill(server.pid, signal.SIGCONT)
        self.told(page, "C", "added")
        self.told(page, "B", "removed")
        self.converged(server, page)

    # ---- What no event tells ----

    def quiet(self, page):
        """What happened before has been looked at: a change from now on is found without its event, or not at all."""
        self.put("last", [len(page.messages)])
        self.assertTrue(page.until(lambda page: any(change["file"] == "last.json" for change in page.messages[-1].get("changes", ()))))

    def test_a_change_by_another_name_of_the_file(self):
        os.link(self.folder / "d/A.json", self.folder / "outside.json")
        server, page = self.serve()
        self.quiet(page)
        text = (self.folder / "d/A.json").read_bytes()
        with open(self.folder / "outside.json", "r+b", buffering=0) as file:
            file.write(text.replace(b"2", b"3"))
        self.told(page, "A", "replaced")
        self.converged(server, page)
        self.assertEqual(server.window("d", ["A.json"])["A.json"]["y"], (1, 3))

    def test_a_change_through_a_mapping(self):
        server, page = self.serve()
        path = self.folder / "d/A.json"
        with open(path, "r+b") as file:
            mapped = mmap.mmap(file.fileno(), 0)
        self.addCleanup(mapped.close)
        self.quiet(page)
        before = path.stat().st_mtime_ns
        mapped[mapped.find(b"2")] = ord("3")
        mapped.flush()
        if path.stat().st_mtime_ns == before:
            self.skipTest("this file system does not date what is written through a mapping")
        self.told(page, "A", "replaced")
        self.converged(server, page)
        self.assertEqual(server.window("d", ["A.json"])["A.json"]["y"], (1, 3))

    # ---- A directory that its reader cannot write ----

    def test_settings_of_a_directory_that_cannot_be_written(self):
        """They are in the user's cache: the pages are told of them all the same."""
        before = ()
        (self.folder / "cache").mkdir()
        (self.folder / ".run").mkdir(mode=0o700)
        if os.getuid() == 0:
            before = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
            for own in (self.folder, self.folder / "cache", self.folder / ".run"):
                os.chown(own, NOBODY, NOBODY)
        for closed in (self.folder / "d/.charts", self.folder / "d"):
            closed.chmod(0o555)
            self.addCleanup(closed.chmod, 0o755)
        server, page = self.serve(before, {"XDG_CACHE_HOME": str(self.folder / "cache")})
        for round_ in range(1, 4):
            status, body = server.request("PUT", "/api/d/d/settings/look", {"title": {"text": f"{round_}"}})
            self.assertEqual(status, 200, body)
            self.assertTrue(page.until(lambda page, round_=round_: len(page.settings) >= round_), f"{round_}: {page.messages}")
        self.assertEqual(set(page.settings), {"look"})
        self.assertEqual(server.watched(), 4, "the directory, its .charts, and two folders of the cache")

    # ---- No inotify ----

    def follow_all(self, server, page, name):
        """Whatever can happen to a directory is told."""
        self.put(name, [1])
        self.told(page, name, "added")
        self.put(name, [2])
        self.told(page, name, "replaced")
        with open(self.folder / f"d/{name}.json", "r+b") as file:
            file.seek(-2, os.SEEK_END)
            file.write(b"\n,3]}")
        self.told(page, name, "appended")
        (self.folder / f"d/{name}.json").unlink()
        self.told(page, name, "removed")
        (self.folder / "d/.charts/settings").mkdir(exist_ok=True)
        (self.folder / f"d/.charts/settings/{name}.json").write_text('{"title":{}}')
        self.assertTrue(page.until(lambda page: name in page.settings))
        self.converged(server, page)

    def limited(self, what):
        """A server for which there are no more inotify instances or watches, and how to give it some again."""
        if not namespaces():
            self.skipTest("user namespaces are not to be had here")
        server, page = self.serve([*UNSHARE, "sh", "-c", f'echo 0 > {LIMIT}{what} && exec "$@"', "sh"])

        def lift():
            subprocess.run(["nsenter", f"--target={server.pid}", "--user", "--preserve-credentials",
                            "sh", "-c", f"echo 1000 > {LIMIT}{what}"], check=True)
        return server, page, lift

    def check_limit(self, what):
        server, page, lift = self.limited(what)
        self.assertEqual(server.watched(), 0)
        self.follow_all(server, page, "polled")
        lift()
        for round_ in range(100):  # a look at the limits comes with every poll
            self.put("late", [round_])
            self.assertTrue(page.converges(server, "d"))
            if server.watched() == 3:
                break
        self.assertEqual(server.watched(), 3, "the server goes on polling, though there is inotify again")
        self.follow_all(server, page, "watched")

    def test_no_instance_is_left(self):
        self.check_limit("instances")

    def test_no_watch_is_left(self):
        self.check_limit("watches")

    def test_network_file_systems_are_polled(self):
        environment = {"LD_PRELOAD": str(BUILD / "fault/libstatfs.so"), "STATFS_PATH": str(self.folder / "d")}
        for name, magic in (("NFS", 0x6969), ("SMB", 0xff534d42), ("9p", 0x01021997), ("FUSE", 0x65735546), ("Lustre", 0x0bd00bd0),
                            ("GPFS", 0x47504653), ("AFS", 0x6b414653)):
            with self.subTest(name):
                server = Server(BUILD, self.folder, environment={**environment, "STATFS_TYPE": str(magic)})
                self.addCleanup(server.stop)
                page = Page(server, "d")
                self.addCleanup(page.close)
                self.assertTrue(page.until(lambda page: page.revision is not None))
                self.put(name, [1])
                self.told(page, name, "added")
                self.assertEqual(server.watched(), 0)
                server.stop()
        server, page = self.serve(environment={**environment, "STATFS_TYPE": str(0xef53)})
        self.follow_all(server, page, "ext4")
        self.assertEqual(server.watched(), 3)

    # ---- The directory itself ----

    def test_directory_goes_and_comes(self):
        server, page = self.serve()
        place = self.folder / "d"
        ways = {
            "renamed": lambda: place.rename(self.folder / "away"),
            "removed": lambda: shutil.rmtree(place),
            "a file": lambda: (place.rename(self.folder / "away-2"), place.write_text("no directory")),
            "a link": lambda: (place.rename(self.folder / "away-3"), place.symlink_to(self.folder / "away-3")),
            "no .charts": lambda: (place / ".charts").rename(place / ".other"),
        }
        for round_, (way, leave) in enumerate(ways.items()):
            with self.subTest(way):
                leave()
                self.assertTrue(page.until(lambda page: page.revision == "gone"), page.messages[-3:])
                status, body = server.request("GET", "/api/d/d/series")
                self.assertEqual(status, 404, body)
                self.assertIn("d", json.loads(body)["detail"])
                late = Page(server, "d")  # a page that opens now is refused, and comes again later
                self.assertEqual(late.status, 404)
                late.close()
                if place.is_symlink() or place.is_file():
                    place.unlink()
                elif place.is_dir():
                    shutil.rmtree(place)
                self.make("d")
                self.put(f"back{round_}", [1])
                self.told(page, f"back{round_}", "added")
                self.converged(server, page)
        self.put("last", [1])
        self.told(page, "last", "added")
        self.assertLessEqual(server.watched(), 2, "watches of directories that are gone are kept")

    def test_mounts(self):
        if not namespaces():
            self.skipTest("user namespaces are not to be had here")
        server, page = self.serve([*UNSHARE, "--propagation=private"])

        def inside(*command):
            subprocess.run(["nsenter", f"--target={server.pid}", "--user", "--mount", "--preserve-credentials", *command], check=True)
        directory = self.folder / "d"
        inside("mount", "-t", "tmpfs", "none", directory)
        self.assertTrue(page.until(lambda page: page.revision == "gone"))
        inside("sh", "-c", f"mkdir {directory}/.charts && echo '{{\"name\":\"M\",\"data\":[1]}}' > {directory}/M.json")
        self.told(page, "M", "added")
        self.assertTrue(page.converges(server, "d"))
        inside("umount", directory)
        self.told(page, "M", "removed")
        self.converged(server, page)
        self.assertLessEqual(server.watched(), 2)

    # ---- Clocks ----

    def test_clock_jumps(self):
        server, page = self.serve()
        path = self.folder / "d/A.json"
        for seconds in (4_000_000_000, 1000, 0):
            seen = len(page.messages)
            os.utime(path, (seconds, seconds))
            self.assertTrue(page.until(lambda page, seen=seen: len(page.messages) > seen))
            self.converged(server, page)
        other = self.folder / "d/.A.tmp"
        other.write_text(path.read_text().replace("2", "3"))  # the same size, and the same mtime
        os.utime(other, (0, 0))
        seen = len(page.messages)
        other.rename(path)
        self.assertTrue(page.until(lambda page: len(page.messages) > seen))
        self.converged(server, page)
        self.assertEqual(server.window("d", ["A.json"])["A.json"]["y"], (1, 3))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.environ.get("CHARTS_BUILD", "build"))
    arguments, rest = parser.parse_known_args()
    BUILD = pathlib.Path(arguments.build).resolve()
    unittest.main(argv=[sys.argv[0], *rest])
