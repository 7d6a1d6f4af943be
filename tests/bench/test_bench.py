#!/usr/bin/python3
"""Whether the measurements run and give well-formed results; how long anything took is not judged."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent


class Bench(unittest.TestCase):
    def setUp(self):
        self.place = tempfile.TemporaryDirectory(prefix="charts-bench-")
        self.addCleanup(self.place.cleanup)

    def run_bench(self, name, **settings):
        result = pathlib.Path(self.place.name) / name
        environment = {key: value for key, value in os.environ.items() if not key.startswith("BENCH_")}
        environment.update(BENCH_WORK=str(result.with_suffix("")), BENCH_RESULT=str(result), BENCH_N="1e4", BENCH_REPEAT="1",
                           BENCH_PEERS="", **settings)
        done = subprocess.run([sys.executable, HERE / "bench.py"], env=environment, capture_output=True, text=True, timeout=240)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return result, json.loads(result.read_text(encoding="utf-8")), done.stdout

    def test_what_we_write_and_answer_is_measured(self):
        path, content, table = self.run_bench("bench.json", BENCH_ONLY="write,window")
        self.assertEqual(next(iter(content)), "ratios")
        self.assertEqual(content["settings"]["sizes"], [10000])
        found = {(one["part"], one["what"], one["who"]) for one in content["figures"]}
        for expected in (("write", "memory to files", "ours from C"), ("write", "memory over the vector, peak", "ours from C"),
                         ("window", "1200 columns, p50", "ours"), ("window", "4800 columns, p99", "ours")):
            self.assertIn(expected, found, table)
        for one in content["figures"]:
            self.assertGreater(len(one["runs"]), 0)
            self.assertGreaterEqual(one["value"], 0)
        for line in content["wanted"]:
            self.assertIn(line["holds"], (None, True, False))
            self.assertIn(line["what"], table)
        for ratio in content["ratios"]:
            self.assertGreater(ratio["times_better"], 0)
        self.assertFalse((path.with_suffix("") / "out").exists(), "what was written is left behind")
        compared = subprocess.run([sys.executable, HERE / "compare.py", path, path], capture_output=True, text=True, timeout=60)
        self.assertEqual(compared.returncode, 0, compared.stderr)
        self.assertIn("memory to files", compared.stdout)

    def test_what_is_not_known_is_named(self):
        done = subprocess.run([sys.executable, HERE / "bench.py"], env={**os.environ, "BENCH_ONLY": "wirte"}, capture_output=True,
                              text=True, timeout=60)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("wirte", done.stderr)


if __name__ == "__main__":
    unittest.main()
