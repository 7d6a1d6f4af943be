#!/usr/bin/python3
"""A disk that is really full, and a real limit of the file size: test_full.py [--build BUILD_DIR]

From Lua and, where it is built, R: the call raises an error that names the file, old data stays readable, no temporary is left, the process
goes on, and the next call works once there is room. The full disk is a tmpfs, mounted in a namespace of its own: that needs root.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD = None
LONG = os.environ.get("CHARTS_LONG") == "1"
# Free bytes that are left on the full disk, in each round.
ROOM = [0, 4096, 65536] + ([k * 8192 for k in range(1, 60)] if LONG else [])

PRELUDE_LUA = """
local charts = require "charts"
local function points(first, last) local t = {} for i = first, last do t[#t + 1] = {i, i / 7} end return t end
local chart = charts.plotasync({name = "old", data = points(1, 3)}, {save = SAVE, show = "none"})
local large = points(1, 60000)
local function tries(what, f)
  local done, message = pcall(f)
  print(what, done and "done" or "failed", (tostring(message):gsub("%s+", " ")))
  io.stdout:flush()
end
local function waits() print "ready" io.stdout:flush() io.read() end
"""
ACT_LUA = """
tries("put", function() charts.plotasync({name = "fresh", data = large}, {save = SAVE, show = "none"}) end)
tries("replace", function() chart:plot(large, "old") end)
tries("append", function() chart:append(points(4, 60000), "old") end)
tries("several", function()
  charts.plotasync({{name = "one", data = points(1, 9)}, {name = "old", data = large}}, {save = SAVE, show = "none"}) end)
"""
LAST_LUA = """
tries("small", function() chart:append({{4, 1}}, "old") end)
tries("read", function() assert(#chart:names() >= 1) end)
"""

PRELUDE_R = """
library(charts)
points <- function(first, last) unname(cbind(first:last, (first:last) / 7))
chart <- plotasync(list(name = "old", data = points(1, 3)), save = SAVE, show = "none")
large <- points(1, 60000)
tries <- function(what, f) {
  message <- tryCatch({ f(); "done" }, error = function(e) paste("failed", gsub("[[:space:]]+", " ", conditionMessage(e))))
  cat(what, "\\t", sub(" ", "\\t", message), "\\n", sep = "")
  flush(stdout())
}
input <- file("stdin", "r")
waits <- function() { cat("ready\\n"); flush(stdout()); invisible(readLines(input, 1)) }
"""
ACT_R = """
tries("put", function() plotasync(list(name = "fresh", data = large), save = SAVE, show = "none"))
tries("replace", function() chart$plot(large, "old"))
tries("append", function() chart$append(points(4, 60000), "old"))
tries("several", function() plotasync(list(list(name = "one", data = points(1, 9)), list(name = "old", data = large)),
  save = SAVE, show = "none"))
"""
LAST_R = """
tries("small", function() chart$append(unname(cbind(4, 1)), "old"))
tries("read", function() stopifnot(length(chart$names()) >= 1))
"""


def environment_of(place):
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CHARTS_")}
    kept.update(HOME=str(place), XDG_CACHE_HOME=str(place / "cache"), XDG_RUNTIME_DIR=str(place), CHARTS_OPEN="none")
    return kept


def languages():
    found = [("lua", ["lua5.4"], ".lua", PRELUDE_LUA, ACT_LUA, LAST_LUA, 'local SAVE = "%s"\n', "waits()\n")]
    if (BUILD / "r/library/charts").exists() and shutil.which("Rscript"):
        found.append(("R", ["Rscript", "--vanilla"], ".R", PRELUDE_R, ACT_R, LAST_R, 'SAVE <- "%s"\n', "waits()\n"))
    return found


class Running:
    """A script that stops at each `waits()`."""

    def __init__(self, place, language, script, save, before=()):
        name, command, ending, _, _, _, declare, _ = language
        path = place / f"script{ending}"
        path.write_text(declare % save + script)
        self.process = subprocess.Popen([BUILD / "run", *before, *command, path], cwd=place, env=environment_of(place), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace")

    def until(self, word):
        """The lines up to one, each (what, done or failed, message)."""
        lines = []
        for line in self.process.stdout:
            if line.strip() == word:
                return lines
            lines.append((line.rstrip("\n").split("\t") + ["", ""])[:3])
        raise AssertionError(f"the script ended before {word}: {lines} {self.process.stderr.read()}")

    def go_on(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self):
        rest, errors = self.process.communicate(timeout=120)
        return [(line.split("\t") + ["", ""])[:3] for line in rest.splitlines()], errors, self.process.returncode


class Full(unittest.TestCase):
    def check_folder(self, folder, before):
        """Every file parses, what was there holds what it held, and nothing lies about."""
        self.assertEqual([str(path) for path in folder.rglob("*.tmp")], [])
        self.assertFalse((folder / ".charts/commit").exists())
        for path in folder.glob("*.json"):
            json.loads(path.read_text())
        self.assertEqual((folder / "old.json").read_bytes(), before)

    def check_failed(self, lines, names):
        for what, state, message in lines:
            with self.subTest(what):
                self.assertEqual(state, "failed", message)
                self.assertTrue(any(name in message for name in names), message)
                self.assertRegex(message, r"No space left|File too large|quota")

    @unittest.skipUnless(os.geteuid() == 0, "mounting a file system of limited size needs root")
    def test_a_full_disk(self):
        # In a mount namespace of its own, which ends with it: this program again, as --inside.
        for language in languages():
            with self.subTest(language[0]), tempfile.TemporaryDirectory() as place:
                mounts = subprocess.run(["unshare", "-m", "true"], capture_output=True, text=True)
                if mounts.returncode != 0:
                    self.skipTest(f"no mount namespace here: {mounts.stderr.strip()}")
                inside = subprocess.run(["unshare", "-m", sys.executable, __file__, "--build", str(BUILD), "--inside", place, language[0]],
                                        capture_output=True, text=True, timeout=280 if not LONG else 7000, stdin=subprocess.DEVNULL)
                self.assertEqual(inside.returncode, 0, inside.stdout + inside.stderr)

    def test_a_limit_of_the_file_size(self):
        """`ulimit -f`, by which the kernel also sends SIGXFSZ, whose default ends the process."""
        for language in languages():
            name, _, _, prelude, act, last, _, _ = language
            with self.subTest(name), tempfile.TemporaryDirectory() as place:
                place = pathlib.Path(place)
                script = prelude + act + last
                # 64 KiB; a detached server, the page and the like are not started: show = "none".
                limited = Running(place, language, script, "d", before=("prlimit", f"--fsize={65536}"))
                lines, errors, status = limited.end()
                self.assertEqual(status, 0, (lines, errors))
                self.check_failed([line for line in lines if line[0] in ("put", "replace", "append", "several")],
                                  ["fresh", "old", "one"])
                self.assertEqual([line[0] for line in lines], ["put", "replace", "append", "several", "small", "read"], errors)
                self.assertEqual([line[1] for line in lines[4:]], ["done", "done"], lines)
                folder = place / "d"
                self.assertEqual([str(path) for path in folder.rglob("*.tmp")], [])
                self.assertEqual([row[0] for row in json.loads((folder / "old.json").read_text())["data"]], [1, 2, 3, 4])


def fill(folder, room):
    """Fills a disk but for so many bytes."""
    with open(folder / "filler", "wb", buffering=0) as filler:
        block = bytes(65536)
        try:
            while True:
                filler.write(block)
        except OSError:
            pass
        try:
            while filler.write(bytes(512)):
                pass
        except OSError:
            pass
        filler.truncate(max(0, filler.tell() - room))


def run_inside(place, name):
    """In the mount namespace: a tmpfs of 2 MiB, nearly full."""
    place = pathlib.Path(place)
    disk = place / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], check=True)
    case = Full()
    language = next(language for language in languages() if language[0] == name)
    _, _, _, prelude, act, last, _, waits = language
    script = prelude + "".join(waits + act for _ in ROOM) + waits + last
    running = Running(place, language, script, str(disk / "d"))
    running.until("ready")
    before = (disk / "d/old.json").read_bytes()
    for room in ROOM:
        fill(disk, room)
        running.go_on()
        lines = running.until("ready")
        assert [line[0] for line in lines] == ["put", "replace", "append", "several"], lines
        case.check_failed(lines, ["fresh", "old", "one", str(disk / "d"), "next", "commit"])
        case.check_folder(disk / "d", before)
    (disk / "filler").unlink()
    running.go_on()
    lines, errors, status = running.end()
    assert status == 0, errors
    assert [line[1] for line in lines] == ["done", "done"], (lines, errors)
    assert [row[0] for row in json.loads((disk / "d/old.json").read_text())["data"]] == [1, 2, 3, 4]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.environ.get("CHARTS_BUILD", "build"))
    parser.add_argument("--inside", nargs=2)
    arguments, rest = parser.parse_known_args()
    BUILD = pathlib.Path(arguments.build).resolve()
    if arguments.inside:
        run_inside(*arguments.inside)
    else:
        unittest.main(argv=[sys.argv[0], *rest])
