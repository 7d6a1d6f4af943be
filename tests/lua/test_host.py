"""The Lua process stays as it was: signals, locale, standard output, working directory, descriptors; an interactive one says where the
server runs; a script that only writes says nothing and leaves nothing."""

import os
import pathlib
import pty
import signal
import subprocess
import sys
import tempfile
import time
import unittest

# Signals 32 and 33 are the C library's own: it catches them from the first thread on.
STATE = """
local own = ~(3 << 31)
local function state()
  local pipe = io.popen "readlink /proc/$PPID/cwd"
  local kept = {os.setlocale(), pipe:read "l"}
  pipe:close()
  for line in io.lines "/proc/self/status" do
    local signals, set = line:match "^(Sig[BIC]%a+):%s*(%x+)"
    if signals then kept[#kept + 1] = signals .. " " .. (tonumber(set, 16) & own) end
    if line:match "^Umask" then kept[#kept + 1] = line end
  end
  return table.concat(kept, ", ")
end
-- By os.execute: while popen returns, its own pipe may still be open at both ends.
local function descriptors()
  os.execute "ls /proc/$PPID/fd > descriptors"
  local file = io.open "descriptors"
  local names = file:read "a"
  file:close()
  return names
end
"""


class Host(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.runtime = pathlib.Path(self.folder.name) / "runtime"
        self.runtime.mkdir(mode=0o700)
        self.environment = {**os.environ, "XDG_RUNTIME_DIR": str(self.runtime), "CHARTS_BROWSER": "true"}

    def tearDown(self):
        self.folder.cleanup()

    def lua(self, source, *options, **environment):
        """Runs a script; `options` are lua's own."""
        script = pathlib.Path(self.folder.name) / "script.lua"
        script.write_text(source, encoding="utf-8")
        return subprocess.run(["lua5.4", *options, str(script)], cwd=self.folder.name, env={**self.environment, **environment}, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)

    def test_a_script_that_writes(self):
        done = self.lua(STATE + """
            local before, open = state(), descriptors()
            local charts = require "charts"
            assert(state() == before and descriptors() == open, "require changed the process")
            local c = charts.plotasync({1, 2, 3}, {name = "A", save = "d"})
            c:plot({4}, "B")
            assert(state() == before and descriptors() == open, "a call changed the process")
        """)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertEqual(list(self.runtime.rglob("*")), [])

    def test_a_server_in_a_thread(self):
        started = time.monotonic()
        done = self.lua(STATE + """
            local before = state()
            local charts = require "charts"
            local c = charts.plotasync({1, 2, 3}, {name = "A", save = "d"})
            io.stdout:write(c:url())
            assert(state() == before, "the server changed the process")
        """, CHARTS_SERVER="thread")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"^http://127\.0\.0\.1:\d+/d/#")
        self.assertLess(time.monotonic() - started, 5)

    def test_an_interactive_session_says_where_the_server_runs(self):
        done = self.lua(STATE + """
            local before = state()
            require "charts"
            assert(state() == before, "require changed the process")
        """, "-i")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"charts: Server running in the folder {os.path.realpath(self.folder.name)}", done.stderr)
        self.assertNotIn("#t=", done.stderr, "the token must not go to a log")
        self.assertNotIn("Server", done.stdout)

    def test_a_prompt_on_a_terminal(self):
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.folder.name)
            os.execvpe("lua5.4", ["lua5.4"], self.environment)
        os.write(terminal, b'require "charts"\nos.exit(true, true)\n')
        said = b""
        while True:
            try:
                part = os.read(terminal, 4096)
            except OSError:
                break
            if not part:
                break
            said += part
        _, status = os.waitpid(child, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0, said)
        self.assertRegex(said.decode(), r"charts: Server running in the folder .* at http://127\.0\.0\.1:\d+/#t=")

    def test_code_on_the_command_line_is_a_script(self):
        done = subprocess.run(["lua5.4", "-e", 'require "charts"'], env=self.environment, text=True, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=60, check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_an_interrupt_ends_a_call(self):
        script = pathlib.Path(self.folder.name) / "script.lua"
        script.write_text("""
            local charts = require "charts"
            local c = charts.plotasync(nil, {save = "d"})
            local said
            c:plot(function()
              if not said then print "running" io.stdout:flush() said = true end
              return 1
            end, "endless")
        """, encoding="utf-8")
        running = subprocess.Popen(["lua5.4", str(script)], cwd=self.folder.name, env=self.environment, text=True, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        self.assertEqual(running.stdout.readline(), "running\n")
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=30)
        self.assertIn("interrupted", said)
        left = [path.name for path in (pathlib.Path(self.folder.name) / "d").iterdir() if path.is_file()]
        self.assertEqual(left, [])

    def test_an_interrupt_keeps_the_series_that_was_there(self):
        # popen and not execute, which ignores the signal as long as it waits.
        done = self.lua("""
            local charts = require "charts"
            local c = charts.plotasync({1, 2, 3}, {name = "A", save = "d"})
            local row = 0
            local ok, problem = pcall(c.plot, c, function()
              row = row + 1
              if row == 100000 then io.popen("kill -INT $PPID"):close() end
              return row, row
            end, "A")
            assert(not ok and row >= 100000, row)
            assert(tostring(problem):find "interrupted", tostring(problem))
            print(#c:read("A").data)
        """)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "3\n", ""))
        left = [path.name for path in (pathlib.Path(self.folder.name) / "d").iterdir() if path.is_file()]
        self.assertEqual(left, ["A.json"])

    def prompt(self, source, **environment):
        """What lua says at a prompt on a terminal, where it is given a line."""
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.folder.name)
            os.execvpe("lua5.4", ["lua5.4"], {**self.environment, **environment})
        os.write(terminal, f"{source} os.exit(true, true)\n".encode())
        said = b""
        while True:
            try:
                part = os.read(terminal, 4096)
            except OSError:
                break
            if not part:
                break
            said += part
        _, status = os.waitpid(child, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0, said)
        return said.decode()

    LONG = """c = require("charts").plotasync(nil, {save = "d"}) t = os.time()
        c:plot(function() if os.time() - t < 4 then return 1 end end, "long")""".replace("\n", " ")

    def test_a_long_write_says_how_far_it_is(self):
        said = self.prompt(self.LONG)
        self.assertIn("\rWriting d/long.json\x1b[K", said)
        self.assertIn("\r\x1b[K", said.rsplit("Writing", 1)[1])

    def test_quiet_is_obeyed(self):
        self.assertNotIn("Writing", self.prompt(self.LONG, CHARTS_QUIET="1"))


if __name__ == "__main__":
    sys.exit(unittest.main())
