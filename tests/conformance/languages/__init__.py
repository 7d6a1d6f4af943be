"""One module per language: writes a case's steps in the language, runs them, and gives what each step gave.

run(build, work, cases) -> {case number: [result of each step]}; a result is {"value": …, "messages": [{"kind", "text"}]} or
{"error": {"code", "message"}}. `work` is the language's folder; case i runs in case_folder(work, i), which exists. Cases that the language cannot
say (Unsayable) have no entry.
"""

import json
import subprocess


class Unsayable(Exception):
    """The language has no such value."""


class RunError(Exception):
    """The language's program failed as a whole."""


def case_folder(work, number):
    return work / f"{number:03d}"


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def special(value):
    """(key, of) of a value such as {"$nan": true}, else (None, None)."""
    if isinstance(value, dict) and len(value) == 1:
        (key, of), = value.items()
        if key.startswith("$"):
            return key, of
    return None, None


def run_program(command, folder):
    """Standard output and standard error of a command that must succeed."""
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=240, check=False)
    out, err = (stream.decode("utf-8", "replace") for stream in (done.stdout, done.stderr))
    if done.returncode != 0:
        raise RunError(f"{command[-1]} ended with {done.returncode}: {err[-2000:]}{out[-500:]}")
    return out, err


def read_results(text):
    """Results by case and step from lines of JSON: {"case":…,"step":…, and the result}."""
    results = {}
    for line in text.splitlines():
        result = json.loads(line)
        steps = results.setdefault(result.pop("case"), [])
        if result.pop("step") != len(steps):
            raise RunError(f"a step is missing before {line}")
        steps.append(result)
    return results
