#!/usr/bin/python3
"""No sanitizer finds anything: test_sanitizers.py [--build BUILD_DIR]

The short form runs fault/races, which does everything at once, under ThreadSanitizer. The long form builds everything with
AddressSanitizer and UndefinedBehaviorSanitizer, and with ThreadSanitizer, and runs the tests of units, conformance in every language,
the server and of ending programs; and some unit tests in valgrind. A report of any process fails the test.

Of civetweb Debian's build is used, which has no sanitizer; what is not reported is listed with its reason in tsan.supp.
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import hosts

SOURCE = pathlib.Path(os.environ.get("CHARTS_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
SUPPRESSIONS = SOURCE / "tests" / "fault" / "tsan.supp"
RACE_SECONDS = 60 if hosts.LONG else 5
# What forks beside threads is left out: neither sanitizer's allocator lives through that. What counts the threads of a process or
# compares its signals too: a sanitizer has its own.
TESTS = r"^unit/|^security/gate$|^scripts/command$"
# Of memory that was got and not written, none is NUL by luck, and a text ends within its memory.
STRICTLY = "max_malloc_fill_size=1000000:strict_string_checks=1"
# Without those that are held against long double, of which valgrind has a double.
VALGRIND = ["json", "options", "directory", "mending", "journal", "gate", "value", "frame", "series", "seriesfile", "rowwriter", "routes"]


class Sanitizers(unittest.TestCase):
    def setUp(self):
        self.own = tempfile.TemporaryDirectory(prefix="charts-sanitizers-")
        self.addCleanup(self.own.cleanup)
        self.reports = pathlib.Path(self.own.name)
        (self.reports / "tmp").mkdir()
        for folder in (self.reports, self.reports / "tmp"):
            folder.chmod(0o1777)  # some tests run programs as another user, and those report too
        log = f"log_path={self.reports}/report"
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("CHARTS_") and k != "CTEST_INTERACTIVE_DEBUG_MODE"}
        self.environment.update(TMPDIR=str(self.reports / "tmp"))
        self.environment.update(ASAN_OPTIONS=f"{log}:detect_leaks=1:detect_stack_use_after_return=1:{STRICTLY}", UBSAN_OPTIONS=f"{log}:print_stacktrace=1",
                                TSAN_OPTIONS=f"{log}:second_deadlock_stack=1:suppressions={SUPPRESSIONS}")

    def run_all(self, *command, timeout=7200, **more):
        done = subprocess.run([str(part) for part in command], cwd=more.pop("cwd", SOURCE), env={**self.environment, **more}, timeout=timeout,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                              check=False)
        found = "\n".join(path.read_text(errors="replace")[:20000] for path in self.reports.glob("report*"))
        self.assertFalse(found, f"a sanitizer reports\n{found}")
        self.assertEqual(done.returncode, 0, done.stdout[-20000:])
        return done.stdout

    def test_races(self):
        folder = self.reports / "work"
        folder.mkdir()
        print(self.run_all(hosts.BUILD / "fault" / "races", folder, RACE_SECONDS, timeout=RACE_SECONDS + hosts.LIMIT,
                           XDG_CACHE_HOME=str(folder / "cache")), flush=True)

    def test_that_reports_are_seen(self):
        (self.reports / "report.1").write_text("WARNING")
        with self.assertRaisesRegex(AssertionError, "a sanitizer reports"):
            self.run_all("true")
        (self.reports / "report.1").unlink()

    def everything(self, preset):
        build = hosts.BUILD / preset
        self.run_all("cmake", "--preset", preset, "-B", build, "--log-level=WARNING")
        self.run_all("cmake", "--build", build, "--parallel", os.cpu_count(), "--target", "all", "tests")
        print(self.run_all("ctest", "--test-dir", build, "--output-on-failure", "--tests-regex", TESTS), flush=True)
        # Leaks are not looked for in programs that end while their threads run: LeakSanitizer's tracer dies of that (gcc 12).
        print(self.run_all("ctest", "--test-dir", build, "--output-on-failure", "--tests-regex", "^fault/exit$",
                           ASAN_OPTIONS=self.environment["ASAN_OPTIONS"].replace("detect_leaks=1", "detect_leaks=0")), flush=True)
        print(self.run_all(build / "run", sys.executable, "tests/conformance/run.py", "--build", build), flush=True)
        print(self.run_all(build / "run", build / "fault" / "races", self.folder(preset), RACE_SECONDS), flush=True)

    def folder(self, name):
        folder = self.reports / name
        folder.mkdir()
        return folder

    @unittest.skipUnless(hosts.LONG, "builds everything anew: in the long form")
    def test_address_and_undefined(self):
        self.everything("sanitize")

    @unittest.skipUnless(hosts.LONG, "builds everything anew: in the long form")
    def test_threads(self):
        self.everything("thread")

    @unittest.skipUnless(hosts.LONG, "slow: in the long form")
    def test_valgrind(self):
        for topic in VALGRIND:
            self.run_all("valgrind", "--quiet", "--error-exitcode=9", "--leak-check=full", "--errors-for-leak-kinds=definite",
                         "--track-fds=no", hosts.BUILD / "unit" / f"test_{topic}")


if __name__ == "__main__":
    hosts.main()
