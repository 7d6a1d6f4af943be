#!/usr/bin/python3
"""The fuzz targets (CMakeLists.txt says what they are): test_fuzz.py [--build BUILD_DIR]

Short: each target runs its corpus and some thousands of mutations of it. Long (CHARTS_LONG): libFuzzer looks for more, two
targets at a time, CHARTS_FUZZ_SECONDS (600) each, beginning with the corpus. What ends a target is kept in build/fuzz/found
and printed: `build/fuzz/TARGET /tmp/current x 0 FILE` runs it again.
"""
import argparse
import base64
import concurrent.futures
import hashlib
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
LONG = bool(os.environ.get("CHARTS_LONG"))
SECONDS = int(os.environ.get("CHARTS_FUZZ_SECONDS", 600))
AT_ONCE = 2
BUILD = None

# Target: mutations of the short form, longest input of the long one.
TARGETS = {
    "series": (4000, 8192),
    "options": (1500, 4096),
    "names": (2500, 1200),
    "pyramid": (150, 256),
    "tail": (1500, 1024),
    "gate": (20000, 4096),
}
CORPUS_MOST = 200 << 10
INPUT_SECONDS = 60  # an input that takes longer hangs, also on a busy machine
ENVIRONMENT = dict(os.environ, ASAN_OPTIONS="detect_leaks=1:allocator_may_return_null=0", UBSAN_OPTIONS="print_stacktrace=1")


def keep(target, data):
    """Stores an input and says how to run it again."""
    folder = pathlib.Path(BUILD) / "fuzz" / "found"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{target}-{hashlib.sha1(data).hexdigest()[:12]}"
    path.write_bytes(data)
    return f"{path}: build/fuzz/{target} /tmp/current x 0 {path}\nbase64: {base64.b64encode(data[:6000]).decode()}"


class Short(unittest.TestCase):
    def replay(self, target):
        mutations, _ = TARGETS[target]
        with tempfile.TemporaryDirectory() as place:
            current = pathlib.Path(place) / "current"
            command = [str(pathlib.Path(BUILD) / "fuzz" / target), str(current), str(HERE / "corpus" / target), str(mutations)]
            environment = dict(ENVIRONMENT, TMPDIR=place, XDG_CACHE_HOME=place)
            try:
                run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, timeout=240)
                code, said = run.returncode, run.stdout.decode(errors="replace")
            except subprocess.TimeoutExpired:
                code, said = "no end", ""
            if code != 0:
                data = current.read_bytes()
                length = struct.unpack("<Q", data[:8])[0]
                self.fail(f"{target}: {code}\n{said[-6000:]}\n{keep(target, data[8:8 + length])}")
            print(f"{target}: {said.strip()}", file=sys.stderr)

    def test_the_corpus_is_small(self):
        size = sum(path.stat().st_size for path in (HERE / "corpus").rglob("*") if path.is_file())
        self.assertLessEqual(size, CORPUS_MOST)
        self.assertEqual(sorted(TARGETS), sorted(path.name for path in (HERE / "corpus").iterdir()))


class Long(unittest.TestCase):
    def test_libfuzzer_finds_nothing(self):
        subprocess.run(["cmake", "--build", BUILD, "--target", "fuzzers"], check=True, stdout=subprocess.DEVNULL)
        with tempfile.TemporaryDirectory() as place, concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            found = list(pool.map(lambda target: self.look(target, pathlib.Path(place)), TARGETS))
        self.assertFalse(any(found), "\n".join(text for text in found if text))

    def look(self, target, place):
        """What libFuzzer finds, or None."""
        for name in ("new", "found", "temporary"):
            (place / target / name).mkdir(parents=True)
        _, length = TARGETS[target]
        command = [
            str(pathlib.Path(BUILD) / "fuzz" / f"{target}-libfuzzer"), f"-max_total_time={SECONDS}", f"-max_len={length}",
            f"-timeout={INPUT_SECONDS}", "-rss_limit_mb=2048", "-print_final_stats=1", f"-artifact_prefix={place / target / 'found'}/",
        ]
        if (HERE / f"{target}.dict").exists():
            command.append(f"-dict={HERE / target}.dict")
        temporary = str(place / target / "temporary")
        environment = dict(ENVIRONMENT, TMPDIR=temporary, XDG_CACHE_HOME=temporary)
        run = subprocess.run(
            [*command, str(place / target / "new"), str(HERE / "corpus" / target)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, timeout=SECONDS + 1200,
        )
        said = run.stdout.decode(errors="replace")
        figures = dict(re.findall(r"stat::(\w+):\s+(\d+)", said))
        covered = re.findall(r"cov: (\d+) ft: (\d+)", said)
        print(f"{target}: {figures.get('number_of_executed_units')} inputs, {figures.get('average_exec_per_sec')} a second, "
              f"{covered[-1][0] if covered else '?'} edges covered", file=sys.stderr, flush=True)
        artifacts = sorted((place / target / "found").iterdir())
        if run.returncode == 0 and not artifacts:
            return None
        return f"{target}: {run.returncode}\n{said[-6000:]}\n" + "\n".join(keep(target, path.read_bytes()) for path in artifacts)


for name in TARGETS:
    setattr(Short, f"test_{name}", lambda self, target=name: self.replay(target))

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.environ.get("CHARTS_BUILD", "build"))
    arguments, rest = parser.parse_known_args()
    BUILD = arguments.build
    chosen = rest or ([] if not LONG else ["Long"])
    unittest.main(argv=[sys.argv[0], *(chosen or ["Short"])], verbosity=2)
