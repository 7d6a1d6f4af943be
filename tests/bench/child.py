"""Children with a time limit, which print records: one JSON text a line."""
import json
import os
import signal
import subprocess
import tempfile
import threading
import time


class Failed(Exception):
    """A child that did not give what it was started for."""


def end(process, patience=10):
    """Ends a child and whatever it has started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            os.killpg(process.pid, number)
            try:
                process.wait(patience)
            except subprocess.TimeoutExpired:
                continue
    return process.wait()


def environment(extra=None):
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("CHARTS_", "BENCH_"))}
    return {**kept, "CHARTS_QUIET": "1", "CHARTS_BROWSER": "true", "LC_ALL": "C.UTF-8", **(extra or {})}


def run(command, limit=600, extra=None, cwd=None):
    """Runs a child to its end; gives its records, each with `received`: when its line came, in seconds."""
    records, late = [], []
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=errors, text=True, env=environment(extra), cwd=cwd, start_new_session=True)
        timer = threading.Timer(limit, lambda: (late.append(True), end(process)))
        timer.start()
        try:
            for line in process.stdout:
                received = time.perf_counter()
                if line.startswith("{"):
                    records.append({**json.loads(line), "received": received})
            process.wait()
        finally:
            timer.cancel()
            end(process)
            process.stdout.close()
        errors.seek(0)
        said = errors.read().strip()
    name = " ".join(str(word).rsplit("/", 1)[-1] for word in command[:3])
    if late:
        raise Failed(f"{name}: not done after {limit} s")
    if process.returncode != 0 or not records:
        raise Failed(f"{name}: status {process.returncode}: {said[-400:]}")
    return records


def run_one(command, **how):
    """The last record of a child."""
    return run(command, **how)[-1]
