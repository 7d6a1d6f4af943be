"""R: one program for the whole table, since R takes long to start."""

import math
import pathlib

from . import Unsayable, case_folder, is_number, read_results, run_program, special

PRELUDE = pathlib.Path(__file__).with_name("prelude.R")


def text(value):
    escaped = (f"\\{ord(c):03o}" if c < " " or c in '"\\\x7f' else c for c in value)
    return '"' + "".join(escaped) + '"'


def number(value):
    """R's own reading of decimals may be off in the last bit; hexadecimal is exact."""
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value):
        raise Unsayable("a JSON number that is not finite")
    short = repr(value)
    return short if len(short.lstrip("-").replace(".", "")) <= 6 and "e" not in short else value.hex()


def scalar(value):
    key, of = special(value)
    if value is None or key == "$na":
        return "NA_real_"
    if key == "$nan":
        return "NaN"
    if key == "$inf":
        return "Inf" if of > 0 else "-Inf"
    return number(value)


def is_numeric(value):
    return value is None or is_number(value) or special(value)[0] in ("$nan", "$inf", "$na")


def vector(values):
    return "c(" + ", ".join(scalar(value) for value in values) + ")"


def integers(values):
    return "c(" + ", ".join("NA" if value is None else f"{value}L" for value in values) + ")"


def key_name(key):
    return "`" + key.replace("\\", "\\\\").replace("`", "\\`") + "`"


def column(value):
    key, of = special(value)
    if key == "$seconds":
        return f'as.POSIXct({vector(of)}, origin = "1970-01-01", tz = "UTC")'
    return literal(value)


def frame(columns):
    given = "".join(f"{key_name(key)} = {column(value)}, " for key, value in columns.items())
    return f"data.frame({given}check.names = FALSE, stringsAsFactors = FALSE)"


def matrix(rows):
    flat = [value for row in rows for value in row]
    return f"matrix({vector(flat)}, nrow = {len(rows)}, byrow = TRUE)"


def special_literal(key, of, value):
    if key in ("$nan", "$inf", "$na"):
        return scalar(value)
    if key == "$int" and abs(int(of)) < 2**31:
        return f"{of}L"
    if key == "$int32":
        return integers(of)
    if key == "$frame":
        return frame(of)
    if key == "$matrix":
        return matrix(of)
    if key == "$series":
        return f"charts::{of}"
    if key == "$read":
        return f"made[[{text(of[0])}]]$read({text(of[1])})"
    if key == "$raw" and "r" in of:
        return of["r"]
    raise Unsayable(key)


def sequence(values):
    if values and all(is_numeric(value) for value in values) and any(value is not None for value in values):
        return vector(values)
    if values and all(isinstance(value, str) for value in values):
        return "c(" + ", ".join(text(value) for value in values) + ")"
    if values and all(isinstance(value, bool) for value in values):
        return "c(" + ", ".join(literal(value) for value in values) + ")"
    return "list(" + ", ".join("NA_real_" if value is None else literal(value) for value in values) + ")"


def literal(value):
    key, of = special(value)
    if key:
        return special_literal(key, of, value)
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if is_number(value):
        return number(value)
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return sequence(value)
    if not value:
        return "setNames(list(), character(0))"
    return "list(" + ", ".join(f"{key_name(key)} = {literal(item)}" for key, item in value.items()) + ")"


def arguments(step):
    given = [literal(value) for value in step["places"]]
    given += [f"{key_name(key)} = {literal(value)}" for key, value in step["named"].items()]
    return ", ".join(given)


def step_source(step):
    if "path" in step:
        return f"write_text({text(step['path'])}, {text(step['text'])})"
    called = f"{step['call']}({arguments(step)})"
    if "on" in step:
        called = f"made[[{text(step['on'])}]]${called}"
    return f"step({text(step['as'])}, function() {called})"


def run(build, work, cases):
    source = [PRELUDE.read_text(encoding="utf-8")]
    for i, case in enumerate(cases):
        try:
            steps = [step_source(step) for step in case["steps"]]
        except Unsayable:
            continue
        source += [f"begin({i}, {text(str(case_folder(work, i)))})", *steps]
    program = work / "program.R"
    program.write_text("\n".join(source) + "\n", encoding="utf-8")
    results = work / "results.jsonl"
    run_program([str(build / "run"), "env", "LC_ALL=C.UTF-8", "Rscript", "--vanilla", str(program), str(results)], work)
    return read_results(results.read_text(encoding="utf-8"))
