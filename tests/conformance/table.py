"""The table of cases: reads cases/*.json, checks their form, and expands what is shorthand.

A case:
    {"case": "bare numbers",                     its name
     "given": {"d/notes.txt": "text", "e/": ""}, files (and directories, with a slash) that are there before
     "steps": [STEP, …],
     "files": {"d/A.json": "…", "d/B.json": null},   what files hold afterwards (null: there is none)
     "list": {"d": ["A.json"]}}                  all names not beginning with a dot in a directory afterwards

A step calls a verb by its name, with the arguments by place:
    {"plotasync": [SERIES, OPTIONS], "with": {"save": "d"}, "as": "c"}     makes a chart; "as" names it (else "c")
    {"plot": [SERIES, "A"], "with": {"display": false}, "on": "c"}         append, remove, names, read, show, close likewise
    {"write": "d/A.json", "text": "…"}                                     another program writes a file
and says what it expects: "error": {"code": "name", "message": "a part of it"} (with "words": false where languages hold the value in
different ways, and the whole message, which names what was given, need not be the same in all); else "messages": a part of each message (none when
not given), and "value", what the call gives.

Values that JSON cannot say, or languages say differently:
    {"$nan": true} {"$inf": 1} {"$na": true}    NaN, an infinity by its sign, the language's own missing value
    {"$int": "9007199254740993"}                an integer
    {"$int32": [1, null, 3]}                    32-bit integers with a missing one
    {"$bytes": "ff41"}                          text of these bytes
    {"$frame": {"t": COLUMN, …}}                a data frame; a COLUMN is numbers, text, or {"$seconds": [0, 60]}: times
    {"$matrix": [[1, 2], [3, 4]]}               a matrix, by rows
    {"$reader": [1, 2, 3]}                      a function that gives these numbers, or rows of numbers
    {"$series": "aapl"}                         a bundled series
    {"$read": ["c", "A"]}                       what reading series A of chart c gives
    {"$raw": {"c": VALUE, "lua": "…", "r": "…"}}    source text in the language
and shorthand that is expanded here: {"$repeat": ["ab", 3]} is "ababab"; {"$many": 50} is a list of the series S01 … S50.
A language that cannot say a value of a case leaves the case out.
"""

import json
import pathlib

VERBS = ("plotasync", "plot", "append", "remove", "names", "read", "show", "close")
STEP_KEYS = {"with", "as", "on", "error", "messages", "value", "text"}
CASE_KEYS = {"case", "given", "steps", "files", "list"}


class FormError(Exception):
    """A case that is not in the form described above."""


def expand(value):
    if isinstance(value, list):
        return [expand(item) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"$repeat"}:
        text, times = value["$repeat"]
        return text * times
    if set(value) == {"$many"}:
        return [{"name": f"S{i:02d}", "data": [i]} for i in range(1, value["$many"] + 1)]
    return {key: expand(item) for key, item in value.items()}


def read_step(step, case):
    """The step in the form that the languages take: call, on, as, places, named, and what is expected."""
    words = [key for key in step if key not in STEP_KEYS]
    if len(words) != 1 or words[0] not in VERBS + ("write",):
        raise FormError(f"{case}: a step is one of {', '.join(VERBS)}, write; got {', '.join(words) or 'none'}")
    word = words[0]
    if word == "write":
        return {"path": step["write"], "text": step["text"]}
    if "error" in step and ("messages" in step or "value" in step):
        raise FormError(f"{case}: a step that fails gives neither messages nor a value")
    read = {"call": word, "places": step[word], "named": step.get("with", {}), "as": step.get("as", "c")}
    if word != "plotasync":
        read["on"] = step.get("on", "c")
    read["expected"] = {key: step[key] for key in ("error", "messages", "value") if key in step}
    return read


def read_case(written):
    unknown = set(written) - CASE_KEYS
    if unknown:
        raise FormError(f"{written.get('case')}: {', '.join(sorted(unknown))} is not part of a case")
    written = expand(written)
    name = written["case"]
    return {
        "case": name,
        "given": written.get("given", {}),
        "steps": [read_step(step, name) for step in written["steps"]],
        "files": written.get("files", {}),
        "list": written.get("list", {}),
    }


def read_table(folder):
    """All cases, in order of the files' names. Names are given once."""
    cases = []
    for path in sorted(pathlib.Path(folder).glob("*.json")):
        try:
            written = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise FormError(f"{path.name}: {error}") from error
        cases += [read_case(case) for case in written]
    names = [case["case"] for case in cases]
    for name in names:
        if names.count(name) > 1:
            raise FormError(f"two cases are named {name}")
    return cases
