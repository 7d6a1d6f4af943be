#!/usr/bin/python3
"""Every allocation and every I/O call of every operation, made to fail once and for good: test_inject.py [--build BUILD_DIR]

The program `fault/inject` does it, with AddressSanitizer; its head says how. CHARTS_LONG=1: each call and each error, else a sample.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

BUILD = None
SOURCE = pathlib.Path(__file__).resolve().parents[2]
LONG = os.environ.get("CHARTS_LONG") == "1"
SECONDS = 7200 if LONG else 240
SLOW = ["request_live", "windows", "server", "request_window", "windows_text", "stack", "request_series", "watch"]

# What the core calls of the C library that cannot fail, or whose failure is a defect of the caller: no I/O and no memory
# (`ioctl`: how much waits in a socket of ours).
HARMLESS = set(
    """__assert_fail __ctype_b_loc __ctype_tolower_loc __ctype_toupper_loc __errno_location __sched_cpucount __stack_chk_fail
    __tls_get_addr _exit abort access alphasort
    clock_gettime closedir dirfd dladdr environ exp fflush floor fmax fmin fwrite fputs getenv geteuid gethostname getpid ioctl isatty log
    madvise memchr memcmp memcpy memmove memrchr memset nanosleep nearbyint putc puts qsort round setenv setsid sigpending sigaction sigaddset sigemptyset
    sigfillset sigismember sigprocmask sigtimedwait snprintf stderr stdout strcasecmp strcasestr strchr strcmp strcspn strerror strerror_r
    strlen strncasecmp strncmp strncpy strrchr strspn strstr strtok_r strtol strtoll strtoul strtoull time vsnprintf vfprintf printf fprintf
    pthread_atfork pthread_cond_broadcast pthread_cond_destroy pthread_cond_init pthread_cond_signal pthread_cond_timedwait
    pthread_cond_wait pthread_condattr_destroy pthread_condattr_init pthread_condattr_setclock pthread_join pthread_mutex_destroy
    pthread_mutex_init pthread_mutex_lock pthread_mutex_unlock pthread_once pthread_sigmask posix_spawn_file_actions_destroy
    posix_spawnattr_destroy posix_spawnattr_setflags posix_spawnattr_setsigdefault posix_spawnattr_setsigmask _GLOBAL_OFFSET_TABLE_
    _ZSt10from_charsPKcS0_RdSt12chars_format _ZSt8to_charsPcS_dSt12chars_format""".split()
)
# Of `charts serve` in its own process alone, which ends where they fail.
OF_THE_PROCESS = {"chdir", "dup2", "fork", "signalfd", "waitpid"}


class Injection(unittest.TestCase):
    def run_inject(self, *arguments):
        with tempfile.TemporaryDirectory() as place:
            environment = {k: v for k, v in os.environ.items() if not k.startswith("CHARTS_")}
            environment.update(TMPDIR=place, HOME=place, XDG_CACHE_HOME=place)
            done = subprocess.run([BUILD / "fault/inject", *arguments], env=environment, capture_output=True, text=True, errors="replace",
                                  timeout=SECONDS, stdin=subprocess.DEVNULL)
        return done

    def run_all(self):
        """All operations: the short form at one go, the long one as many at a time as there are processors, the slow ones first."""
        names = self.run_inject("--list").stdout.split()
        if not LONG:
            return names, [self.run_inject()]
        names.sort(key=lambda name: SLOW.index(name) if name in SLOW else len(SLOW))
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            runs = []
            for done in pool.map(lambda name: self.run_inject("--every", "--only", name), names):
                print(done.stdout, end="", flush=True)
                runs.append(done)
        return names, runs

    def test_every_call_that_fails_is_an_error_and_harms_nothing(self):
        names, runs = self.run_all()
        said = "".join(done.stdout + done.stderr for done in runs)
        self.assertTrue(all(done.returncode == 0 for done in runs), said)
        hits = [int(hit) for hit in re.findall(r"(\d+) hit", said)]
        self.assertEqual(len(hits), len(names))
        self.assertTrue(all(hit > 0 for hit in hits), said)
        runs = [int(run) for run in re.findall(r"(\d+) runs", said)]
        print(f"{len(names)} operations, {sum(runs)} runs, {sum(hits)} calls made to fail", flush=True)

    def test_nothing_is_called_past_the_injection(self):
        """What the core calls is wrapped, or stands in a list above: so no new call goes untested."""
        wrapped = set((SOURCE / "tests/fault/wrapped.txt").read_text().split())
        archive = next(BUILD.rglob("libcharts_core_sanitized.a"))
        names = subprocess.run(["nm", archive], capture_output=True, text=True, check=True).stdout
        defined = set(re.findall(r"^[0-9a-f]+ [A-Za-z] (\S+)$", names, re.M))
        called = set(re.findall(r"^ +U (\S+)$", names, re.M)) - defined
        called = {name for name in called if not re.match(r"__(asan|ubsan|sanitizer|lsan)_|mg_", name)}
        self.assertEqual(called - wrapped - HARMLESS - OF_THE_PROCESS, set())

    def test_memory_is_allocated_at_the_one_seam(self):
        """malloc and the like are called by buffer.c alone; what else gives memory is one of few, each of them injected."""
        others = {}
        for file in sorted((SOURCE / "core/src").glob("*.c*")):
            text = re.sub(r"/\*.*?\*/|\"[^\"\n]*\"", "", file.read_text(), flags=re.S)
            for call in re.findall(r"\b(malloc|calloc|realloc|strdup|strndup|asprintf|vasprintf|open_memstream|getline|realpath|scandirat|mmap)\(", text):
                if file.name != "buffer.c":
                    others.setdefault(call, set()).add(file.name)
        self.assertEqual(set(others) - {"realpath", "scandirat", "mmap"}, set(), others)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.environ.get("CHARTS_BUILD", "build"))
    arguments, rest = parser.parse_known_args()
    BUILD = pathlib.Path(arguments.build).resolve()
    unittest.main(argv=[sys.argv[0], *rest])
