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


OPERATIONS = ("new", "replace", "append", "several", "purge", "remove", "settings", "view")


def view_id(view):
    """The id of a view: core/FORMAT.md, section 3."""
    hashed = 0xCBF29CE484222325
    for byte in json.dumps(view, separators=(",", ":"), sort_keys=True).encode():
        hashed = (hashed ^ byte) * 0x100000001B3 % 2**64
    return f"{hashed >> 32:08x}"


class Model:
    """The series by name in the order of the listing, those that are not displayed, the views, and the settings `look`: what stands after
    every call that returned."""

    def __init__(self):
        self.series = {}
        self.hidden = set()
        self.views = set()
        self.settings = None

    def after(self, operation, number):
        """The next call as (verb, arguments), the series that it may tear, and the model behind it."""
        then = copy.deepcopy(self)
        values = [number, number + 0.5]
        torn = None
        with_ = {"name": "A", "series": values}
        verb = "plot"
        if operation == "new":
            with_.update(name=f"N{number % 5}", display=number % 2 == 0)
            then.series[with_["name"]] = values
            then.hidden.discard(with_["name"])
            then.hidden.update([with_["name"]] if number % 2 else [])
        elif operation == "replace":
            if "A" not in then.series:  # it stays so when it is replaced
                with_["display"] = False
                then.hidden.add("A")
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
            then.hidden, then.views = set(), set()
        elif operation == "remove":
            verb = "remove"
            name = random.choice(sorted(then.series) or ["none"])
            with_ = {"name": name}
            then.series.pop(name, None)
            then.hidden.discard(name)
        elif operation == "settings":
            verb = "settings"
            with_ = {"title": {"text": str(number)}}
            then.settings = with_
        elif operation == "view":
            verb = "show"
            with_ = {"view": {"height": 300 + number % 7}, "show": "none"}
            then.views.add(view_id(with_["view"]))
        return verb, with_, torn, then

    def same(self, held):
        """Whether that is what the answer of a check says."""
        listing = [(name, name not in self.hidden) for name in self.series]
        return ({name: one["data"] for name, one in held["series"].items()} == self.series and held["settings"] == self.settings
                and [(one["name"], one["display"]) for one in held["listing"]] == listing and set(held["views"]) == self.views)


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
