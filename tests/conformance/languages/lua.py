"""Lua: a program for each case, run by lua5.4, as a script that requires "charts"."""

import math
import pathlib

from . import Unsayable, case_folder, is_number, read_results, run_program, special

PRELUDE = pathlib.Path(__file__).with_name("prelude.lua")
MARK = "\x01step\n"  # on standard error, before each step


def text(value):
    escaped = (f"\\{ord(c):03d}" if c < " " or c in '"\\\x7f' else c for c in value)
    return '"' + "".join(escaped) + '"'


def number(value):
    return repr(value)


def table(value):
    return "{" + ", ".join(f"[{text(key)}] = {literal(item)}" for key, item in value.items()) + "}"


def special_literal(key, of):
    if key == "$nan":
        return "(0/0)"
    if key == "$inf":
        return "math.huge" if of > 0 else "(-math.huge)"
    if key == "$na":
        return "charts.null"
    if key == "$int":
        return of
    if key == "$int32":
        return literal(of)
    if key == "$bytes":
        return '"' + "".join(f"\\x{of[i:i + 2]}" for i in range(0, len(of), 2)) + '"'
    if key == "$reader":
        return f"reader({literal(of)})"
    if key == "$series":
        return f"charts.data.{of}()"
    if key == "$read":
        return f"made[{text(of[0])}]:read({text(of[1])})"
    if key == "$raw" and "lua" in of:
        return of["lua"]
    raise Unsayable(key)


def literal(value):
    key, of = special(value)
    if key:
        return special_literal(key, of)
    if value is None:
        return "charts.null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if is_number(value):
        if isinstance(value, float) and not math.isfinite(value):
            raise Unsayable("a JSON number that is not finite")
        return number(value)
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return "{" + ", ".join(literal(item) for item in value) + "}"
    return table(value)


def arguments(step):
    given = ["nil" if value is None else literal(value) for value in step["places"]]
    if step["named"]:
        given.append(table(step["named"]))
    return ", ".join(given)


def step_source(step):
    if "path" in step:
        return f"write({text(step['path'])}, {text(step['text'])})"
    called = f"charts.{step['call']}({arguments(step)})"
    if "on" in step:
        called = f"made[{text(step['on'])}]:{step['call']}({arguments(step)})"
    return f"step({text(step['as'])}, function() return {called} end)"


def program(case, number_of_case):
    steps = [step_source(step) for step in case["steps"]]
    return "\n".join([PRELUDE.read_text(encoding="utf-8"), f"case = {number_of_case}", *steps, ""])


def messages_of(part):
    """The messages that the binding said on standard error between two steps."""
    said = []
    for line in part.splitlines():
        for before, kind in (("charts: warning: ", "warning"), ("charts: ", "note"), ("", "stray")):
            if line.startswith(before):
                said.append({"kind": kind, "text": line[len(before):]})
                break
    return said


def run(build, work, cases):
    results = {}
    for i, case in enumerate(cases):
        try:
            source = program(case, i)
        except Unsayable:
            continue
        path = work / f"{i:03d}.lua"
        path.write_text(source, encoding="utf-8")
        out, err = run_program([str(build / "run"), "lua5.4", str(path)], case_folder(work, i))
        results.update(read_results(out))
        for result, part in zip(results[i], err.split(MARK)[1:]):
            if "value" in result:
                result["messages"] = messages_of(part)
    return results
