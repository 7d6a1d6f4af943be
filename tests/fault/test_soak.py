#!/usr/bin/python3
"""What runs for hours stays as large as it is: test_soak.py [--build BUILD_DIR]

A Lua program puts series, appends to them and purges them; its server and a `charts serve` of the same folder are loaded by pages that stay
and pages that come and go, by windows, listings, files and nearest rows. Between rounds, when only the pages that stay are there, both
processes are looked at: memory, threads, descriptors, inotify watches. CHARTS_SOAK_SECONDS: how long (3600 in the long form).
"""
import json
import os
import re
import statistics
import subprocess
import threading
import time
import unittest

import hosts

SECONDS = float(os.environ.get("CHARTS_SOAK_SECONDS", "3600" if hosts.LONG else "8"))
ROUNDS = 40 if SECONDS >= 400 else max(4, int(SECONDS / 2))
PAGES = 4  # that stay, of each server
# Between the second and the last quarter of the rounds. Caches and the C library's arenas are full after the first one.
GROWTH_MIB = 8

OPERATIONS = """
chart = charts.plotasync(nil, {save = "d"})
function walk(count, from)
  local rows, y = {}, 0
  for i = 1, count do y = y + (i * 7919 % 17) - 8 rows[i] = {from + i, y} end
  return rows
end
ends = {}
function put(name, count) ends[name] = count chart:plot(walk(count, 0), name) end
function purge()
  local set = {}
  ends = {}
  for i = 1, 6 do set[i] = {name = "s" .. i, data = walk(1000, 0)} ends["s" .. i] = 1000 end
  charts.plotasync(set, {save = "d", purge = true})
end
function operation(number)
  local name = "s" .. (number * 31 % 12 + 1)
  if number % 40 == 0 then purge()
  elseif number % 40 == 20 then put("large", 40000)
  elseif number % 3 == 0 or not ends[name] then put(name, 100 + number * 7919 % 3000)
  else chart:append(walk(50, ends[name]), name) ends[name] = ends[name] + 50 end
end
"""


class Server:
    """`charts serve` of the folder."""

    def __init__(self, place):
        self.process = subprocess.Popen([hosts.BUILD / "charts", "serve", place.folder], stdout=subprocess.PIPE, env=place.environment, text=True)
        port = re.search(r"127\.0\.0\.1:(\d+)", self.process.stdout.readline())
        url = subprocess.run([hosts.BUILD / "charts", "url", place.folder], env=place.environment, capture_output=True, text=True, check=True)
        self.pid, self.port, self.token = self.process.pid, int(port.group(1)), hosts.split(url.stdout.strip())[1]

    def stop(self):
        self.process.terminate()
        status = self.process.wait(hosts.LIMIT)
        self.process.stdout.close()
        return status


class Staying:
    """A page that stays, and reads what it is told."""

    def __init__(self, port, token):
        self.page = hosts.Page(port, token, "d")
        self.told = 0
        self.ended = False
        self.greeted = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        try:
            while True:
                self.page.message()
                self.told += 1
                self.greeted.set()
        except (OSError, ConnectionError):
            self.ended = True

    def close(self):
        self.page.socket.shutdown(hosts.socket.SHUT_RDWR)
        self.thread.join(hosts.LIMIT)
        self.page.close()


class Visitors(hosts.Load):
    """Pages that come and go, and everything that they ask for."""

    def _once(self):
        page = hosts.Page(self.port, self.token, self.directory)
        try:
            page.message()
            _, text = hosts.request(self.port, self.token, "GET", f"/api/d/{self.directory}/series")
            files = [one["file"] for one in json.loads(text)["series"]]
            hosts.window(self.port, self.token, self.directory, files)
            hosts.request(self.port, self.token, "POST", f"/api/d/{self.directory}/nearest", {"series": files, "x": 500})
            if files:
                hosts.request(self.port, self.token, "GET", f"/api/d/{self.directory}/series/{files[0]}")
            hosts.request(self.port, "wrong", "GET", "/api/directories")
        finally:
            page.close()


def look(pid):
    """Memory in KiB, threads, descriptors, inotify watches."""
    with open(f"/proc/{pid}/status", encoding="ascii") as lines:
        status = dict(line.split(":", 1) for line in lines)
    watches = 0
    numbers = os.listdir(f"/proc/{pid}/fd")
    for number in numbers:
        try:
            with open(f"/proc/{pid}/fdinfo/{number}", encoding="ascii") as lines:
                watches += sum(line.startswith("inotify wd:") for line in lines)
        except FileNotFoundError:
            continue
    return {"memory": int(status["VmRSS"].split()[0]), "threads": int(status["Threads"]), "descriptors": len(numbers), "watches": watches}


def settled(pid, wanted):
    """A look when there are as many of all as wanted: what was under way ends a moment after its client."""
    limit = time.monotonic() + 20
    seen = look(pid)
    counts = ("threads", "descriptors", "watches")
    while any(seen[name] != wanted[name] for name in counts) and time.monotonic() < limit:
        os.sched_yield()
        seen = look(pid)
    return seen


def slope(values):
    """KiB a round, by least squares."""
    middle = (len(values) - 1) / 2
    below = sum((i - middle) ** 2 for i in range(len(values)))
    return sum((i - middle) * value for i, value in enumerate(values)) / below


class Soak(unittest.TestCase):
    def judge(self, name, first, looks):
        quarter = len(looks) // 4
        second, last = looks[quarter:2 * quarter], looks[-quarter:]
        for what in ("threads", "descriptors", "watches"):
            values = [one[what] for one in looks]
            print(f"{name}: {what}: {min(values)} to {max(values)}", flush=True)
            self.assertEqual(statistics.median(one[what] for one in last), statistics.median(one[what] for one in second), f"{name}: {what}")
            self.assertEqual(values[-1], first[what], f"{name}: {what}")
        grown = (statistics.median(one["memory"] for one in last) - statistics.median(one["memory"] for one in second)) / 1024
        rate = slope([one["memory"] for one in looks[quarter:]]) * len(looks) / SECONDS * 3600 / 1024
        print(f"{name}: memory, MiB: first {looks[0]['memory'] / 1024:.1f}, after a quarter {looks[quarter]['memory'] / 1024:.1f}, "
              f"half {looks[len(looks) // 2]['memory'] / 1024:.1f}, last {looks[-1]['memory'] / 1024:.1f}; grown {grown:.2f} from the second quarter to the last; slope {rate:.2f} an hour", flush=True)
        if SECONDS >= 400:
            self.assertLess(grown, GROWTH_MIB, name)

    def test_flat(self):
        with hosts.Place() as place:
            host, port, token = hosts.start(hosts.LuaHost, place)
            with host:
                script = place.path / "operations.lua"
                script.write_text(OPERATIONS)
                host.ask(f"dofile {str(script)!r}")
                host.ask("operation(0)")
                server = Server(place)
                self.addCleanup(lambda: server.process.poll() is not None or server.process.kill())
                targets = [("Lua", host.pid, port, token), ("charts serve", server.pid, server.port, server.token)]
                staying = [Staying(to, key) for _, _, to, key in targets for _ in range(PAGES)]
                for one in staying:
                    self.assertTrue(one.greeted.wait(hosts.LIMIT))
                first = {name: look(pid) for name, pid, *_ in targets}
                looks = {name: [] for name, *_ in targets}
                answers = operations = 0
                begun = time.monotonic()
                for turn in range(ROUNDS):
                    visitors = [Visitors(to, key, "d", "large.json", threads=2) for _, _, to, key in targets]
                    until = begun + SECONDS * (turn + 1) / ROUNDS
                    while time.monotonic() < until:
                        operations += 1
                        host.ask(f"operation({operations})")
                    for load in visitors:
                        self.assertEqual(load.stop(), [])
                        answers += load.answers
                    for name, pid, *_ in targets:
                        looks[name].append(settled(pid, first[name]))
                        print(f"{time.monotonic() - begun:.0f} s: {name}: {looks[name][-1]}", flush=True)
                print(f"{SECONDS:.0f} s: {operations} operations, {answers} visits, {sum(one.told for one in staying)} messages to pages", flush=True)
                self.assertFalse(any(one.ended for one in staying), "a page that reads was closed")
                self.assertTrue(all(one.told > 1 for one in staying))
                for name in looks:
                    self.judge(name, first[name], looks[name])
                for one in staying:
                    one.close()
                self.assertEqual(server.stop(), 0)
                self.assertEqual(host.end("os.exit(0, true)")[0], 0)


if __name__ == "__main__":
    hosts.main()
