#!/usr/bin/python3
"""A program with a server ends at once, whatever the server is doing: test_exit.py [--build BUILD_DIR]

Twenty pages are open; a long file is being indexed, and read for the row nearest to a point; somebody asked for a file and does not read
it; another process holds the directory's locks and does not let go. The long form ends a hundred programs of each language and prints how
long they took; the short one a few of each, and asserts no more than that nobody waits for those locks or reads those files to their ends.
"""
import contextlib
import os
import threading
import time
import unittest

import hosts

ROUNDS = 100 if hosts.LONG else 2
PAGES = 20
POINTS = 6_000_000 if hosts.LONG else 3_000_000
P99_MS = 100
# Below the 2 s for which a reader waits for a lock, and far above what a busy machine needs.
BOUND_S = 1.5


def bound():
    """Programs with a sanitizer end as late as it likes: what it reports is looked at."""
    return hosts.LIMIT if (hosts.BUILD / "sanitized").exists() else BOUND_S


def write_long(directory):
    """A series file of another program, without a pyramid, that takes long to read."""
    with open(directory / "long.json", "w", encoding="utf-8") as file:
        file.write('{"name":"long","data":[')
        block = 100_000
        for first in range(0, POINTS, block):
            file.write(("," if first else "") + ",".join(f"[{i},{i * 7919 % 1000 / 8}]" for i in range(first, first + block)))
        file.write("]}")
    # What has been there for a while is indexed as soon as it is asked for, but for its ctime.
    os.utime(directory / "long.json", (1e9, 1e9))


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def targets(pid):
    """What the descriptors of a process stand for."""
    for number in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            yield os.readlink(f"/proc/{pid}/fd/{number}")


class Exit(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = hosts.Place()
        cls.directory = cls.place.folder / "d"
        (cls.directory / ".charts").mkdir(parents=True)
        write_long(cls.directory)

    @classmethod
    def tearDownClass(cls):
        cls.place.close()

    def load(self, port, token, closing):
        """Everything that a server may be at, of which it is not done when this returns."""
        for _ in range(PAGES):
            page = hosts.Page(port, token, "d")
            closing.callback(page.close)
            page.message()
        closing.callback(hosts.stopped_reader(port, token, "d", "long.json").close)
        # The answer comes before there is a pyramid, of which there is nothing left of the last round.
        for file in (self.directory / ".charts" / "pyramid").glob("*"):
            file.unlink()
        status, _ = hosts.window(port, token, "d", ["long.json"])
        self.assertEqual(status, 200)
        begun = threading.Event()

        def ask():
            begun.set()
            with contextlib.suppress(OSError, hosts.http.client.HTTPException):
                hosts.request(port, token, "POST", "/api/d/d/nearest", {"series": ["long.json"], "x": 5})

        for _ in range(2):
            thread = threading.Thread(target=ask)
            thread.start()
            closing.callback(thread.join)
            begun.wait()

    def once(self, kind, line, status, locked):
        with contextlib.ExitStack() as closing:
            host, port, token = hosts.start(kind, self.place)
            closing.enter_context(host)
            self.load(port, token, closing)
            if locked:
                closing.enter_context(hosts.Locked(self.directory, 0, hosts.series_byte("long.json"), hosts.series_byte("A.json")))
                # The watching thread lists the directory anew, for which it waits for the lock.
                (self.directory / "other.json").write_text('{"name":"other","data":[1]}')
                self.until_waiting(host.pid)
            got, seconds = host.end(line)
            self.assertEqual(got, status, "".join(host.said))
            self.assertLess(seconds, bound())
            return seconds

    def until_waiting(self, pid):
        """Waits until the process has the file open that holds the locks: somebody in it waits for one."""
        limit = time.monotonic() + hosts.LIMIT
        while not any(os.path.basename(target) == "lock" for target in targets(pid)):
            self.assertLess(time.monotonic(), limit, "nobody waits for the lock")
            os.sched_yield()

    def measure(self, kind):
        for line, status in kind.exits.items():
            times = [self.once(kind, line, status, i % 2 == 1) * 1000 for i in range(ROUNDS)]
            p99 = percentile(times, 0.99)
            print(f"{kind.name} {line}: {len(times)} exits, ms: p50 {percentile(times, 0.5):.1f}, p99 {p99:.1f}, most {max(times):.1f}",
                  flush=True)
            if hosts.LONG:
                self.assertLess(p99, P99_MS)

    def test_lua(self):
        self.measure(hosts.LuaHost)

    def test_r(self):
        self.measure(hosts.RHost)

    def test_c(self):
        self.measure(hosts.CHost)


if __name__ == "__main__":
    hosts.main()
