"""What a chart directory should hold after calls of which the last one may have been broken off; and the program that makes calls."""
import copy
import json
import os
import pathlib
import random
import subprocess
import tempfile
import unittest

# In memory, since a disk's sync takes its time and none of these tests cuts the power.
SCRATCH = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


class Calls:
    """The program `calls`, asked line by line."""

    def __init__(self, build):
        self.program = subprocess.Popen([build / "fault" / "calls"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **request):
        self.program.stdin.write(json.dumps(request) + "\n")
        self.program.stdin.flush()
        line = self.program.stdout.readline()
        if not line:
            raise AssertionError(f"the program of calls ended at {request}")
        return json.loads(line)

    def close(self):
        self.program.stdin.close()
        self.program.wait(60)
        self.program.stdout.close()


class Cases(unittest.TestCase):
    """Tests that make calls, in a place of their own."""

    BUILD = None

    def setUp(self):
        random.seed(20061)
        self.calls = Calls(self.BUILD)
        self.addCleanup(self.calls.close)
        place = tempfile.TemporaryDirectory(dir=SCRATCH)
        self.addCleanup(place.cleanup)
        self.place = pathlib.Path(place.name).resolve()


OPERATIONS = ("new", "replace", "append", "several", "purge", "remove", "settings")


class Model:
    """The series by name, and the settings `look`: what stands after every call that returned."""

    def __init__(self):
        self.series = {}
        self.settings = None

    def after(self, operation, number):
        """The next call as (verb, arguments), the series that it may tear, and the model behind it."""
        then = copy.deepcopy(self)
        values = [number, number + 0.5]
        torn = None
        with_ = {"name": "A", "series": values}
        verb = "plot"
        if operation == "new":
            with_["name"] = f"N{number % 5}"
            then.series[with_["name"]] = values
        elif operation == "replace":
            then.series["A"] = values
        elif operation == "first":
            verb = "plotasync"
            then.series["A"] = values
        elif operation == "append":
            verb = "append"
            torn = "A"
            then.series["A"] = then.series.get("A", []) + values
        elif operation == "several":
            with_ = {"series": [{"name": f"S{i}", "data": [number, i]} for i in range(3)]}
            then.series.update({f"S{i}": [number, i] for i in range(3)})
        elif operation == "purge":
            verb = "plotasync"
            with_ = {"series": [{"name": f"P{i}", "data": [number, i]} for i in range(2)], "purge": True}
            then.series = {f"P{i}": [number, i] for i in range(2)}
        elif operation == "remove":
            verb = "remove"
            name = random.choice(sorted(then.series) or ["none"])
            with_ = {"name": name}
            then.series.pop(name, None)
        elif operation == "settings":
            verb = "settings"
            with_ = {"title": {"text": str(number)}}
            then.settings = with_
        return verb, with_, torn, then

    def same(self, held):
        """Whether that is what the answer of a check says."""
        return {name: one["data"] for name, one in held["series"].items()} == self.series and held["settings"] == self.settings


def parsed(folder, but=None):
    """Parses every series file as any program does; `but`: the name of a series that may be torn now."""
    for path in pathlib.Path(folder).glob("*.json"):
        if path.name != f"{but}.json":
            try:
                json.loads(path.read_bytes())
            except ValueError as reason:
                raise AssertionError(f"{path.name} does not parse ({reason}): {path.read_bytes()[-80:]}")


def leftovers(folder):
    return sorted(str(path) for path in pathlib.Path(folder).rglob(".*.tmp"))
