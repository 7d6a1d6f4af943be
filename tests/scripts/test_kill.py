#!/usr/bin/python3
"""A purge that is killed at any moment leaves the directory as it was or as it was to be: test_kill.py [--build BUILD_DIR]

A script purges a directory again and again, each time with another set of series; it is killed by SIGKILL after a random while. Whoever
opens the directory next finds one whole set, and no trace of a change that was under way.
"""
import argparse
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import unittest

BUILD = None
ROUNDS = 40
SERIES = 6

SCRIPT = f"""
local charts = require "charts"
print "ready"
io.stdout:flush()
for round = 1, math.huge do
  local set = {{}}
  for i = 1, {SERIES} do set[i] = {{name = ("%d of %d"):format(i, round), data = {{round, i}}}} end
  charts.plotasync(set, {{save = "d", purge = true, display = false}}):show("none")
end
"""


class Killed(unittest.TestCase):
    def names(self, place):
        """The series as the next program finds them."""
        done = subprocess.run([BUILD / "run", "lua5.4", "-e",
                               'local c = require "charts".plotasync{save = "d"} print(table.concat(c:names(), "\\n"))'],
                              cwd=place, env=self.environment, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
        return done.stdout.split("\n")[:-1]

    def test_no_half_of_a_purge_stays(self):
        random.seed(20061)
        with tempfile.TemporaryDirectory() as place:
            self.environment = {k: v for k, v in os.environ.items() if not k.startswith("CHARTS_")}
            script = pathlib.Path(place, "purge.lua")
            script.write_text(SCRIPT)
            for _ in range(ROUNDS):
                running = subprocess.Popen([BUILD / "run", "lua5.4", script], cwd=place, env=self.environment, stdout=subprocess.PIPE,
                                           stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
                running.stdout.readline()
                try:
                    running.wait(timeout=random.uniform(0.001, 0.05))
                except subprocess.TimeoutExpired:
                    running.send_signal(signal.SIGKILL)
                self.assertEqual(running.wait(30), -signal.SIGKILL)
                running.stdout.close()
                names = self.names(place)
                rounds = {name.partition(" of ")[2] for name in names}
                self.assertIn(len(names), (0, SERIES), names)
                self.assertLessEqual(len(rounds), 1, names)
                self.assertFalse(pathlib.Path(place, "d/.charts/commit").exists())


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.environ.get("CHARTS_BUILD", "build"))
    arguments, rest = parser.parse_known_args()
    BUILD = pathlib.Path(arguments.build).resolve()
    unittest.main(argv=[sys.argv[0], *rest])
