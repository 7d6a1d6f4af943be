#!/usr/bin/python3
"""The README's code, as a new user would type it: test_readme.py [--build BUILD_DIR]

All blocks of R run as one script, then all of Lua as another, on one folder. Then the directories hold what the README says.
"""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

BUILD = None
README = pathlib.Path(__file__).resolve().parents[2] / "README.md"


def blocks(language):
    return "\n".join(re.findall(rf"^```{language}\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL))


class Readme(unittest.TestCase):
    def run_script(self, name, text, *command):
        (self.folder / name).write_text(text)
        done = subprocess.run([BUILD / "run", *command, name], cwd=self.folder, env=self.environment, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done

    def test_its_code_does_what_it_says(self):
        with tempfile.TemporaryDirectory() as place:
            self.folder = pathlib.Path(place)
            self.environment = {k: v for k, v in os.environ.items() if not k.startswith("CHARTS_")}
            self.environment.update(XDG_RUNTIME_DIR=place, CHARTS_BROWSER="true", CHARTS_IDLE="300")
            try:
                said = self.run_script("readme.R", blocks("r"), "Rscript", "--vanilla").stderr
                self.assertIn("Opening new tab...", said)
                self.run_script("readme.lua", blocks("lua"), "lua5.4")
                listed = {}
                for directory in ("stocks", "different-stocks", "temp-3"):
                    table = subprocess.run([BUILD / "run", "charts", "list", directory], cwd=self.folder, capture_output=True, text=True, check=True)
                    rows = [line.split() for line in table.stdout.splitlines() if line.endswith(".json")]
                    listed[directory] = {row[0]: row[3] for row in rows}
                self.assertEqual(listed["stocks"], {"AAPL": "yes", "MSFT": "yes", "OHLC": "no"})
                self.assertEqual(listed["different-stocks"], {"MSFT": "yes"})
                self.assertEqual(listed["temp-3"], {"A": "yes", "C": "yes", "B": "no", "D": "yes"})
            finally:
                subprocess.run([BUILD / "run", "charts", "stop", place], env=self.environment, check=True, capture_output=True)

    def test_its_links_lead_somewhere(self):
        for target in re.findall(r"\]\(([^)#:]+)\)", README.read_text()):
            self.assertTrue((README.parent / target).exists(), target)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.environ.get("CHARTS_BUILD", "build"))
    arguments, rest = parser.parse_known_args()
    BUILD = pathlib.Path(arguments.build).resolve()
    unittest.main(argv=[sys.argv[0], *rest])
