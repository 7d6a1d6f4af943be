#!/usr/bin/env python3
"""Runs every case of the table in every language and compares: with what the case expects, and with the C reference, byte for byte.

    run.py [--build DIR] [--languages c,lua,r] [--only PART] [--self-test]

DIR (else $CHARTS_BUILD, else build/) is a build folder: it holds `run`, `conformance/reference`, the Lua module and the R package. What the
cases leave is kept in DIR/conformance/runs/LANGUAGE/NUMBER. Exits with 1 when anything differs.
"""

import argparse
import difflib
import importlib
import json
import os
import pathlib
import shutil
import sys

import table
from languages import RunError, case_folder

HERE = pathlib.Path(__file__).resolve().parent
REFERENCE = "c"


# ---- What a case leaves -----------------------------------------------------------------------------------------------


def prepare(folder, given):
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    for name, text in given.items():
        path = folder / name
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode("utf-8"))


def tree(folder):
    """Every file's bytes by its path, .charts/pyramid aside; directories have None."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if "/.charts/pyramid" in name:
            continue
        found[name] = path.read_bytes() if path.is_file() else None
    return found


# ---- Comparing --------------------------------------------------------------------------------------------------------


def same(left, right, loose):
    """Whether two values are equal. Loosely: a list of one is its item, and an empty list an empty record, as in R and Lua."""
    if loose and isinstance(left, list) != isinstance(right, list):
        left, right = (value if isinstance(value, list) else [] if value == {} else [value] for value in (left, right))
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(same(a, b, loose) for a, b in zip(left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return set(left) == set(right) and all(same(left[key], right[key], loose) for key in left)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return left == right


def differ(what, expected, got):
    """Lines that show two texts beside each other."""
    lines = difflib.unified_diff([expected], [got], "expected", "got", lineterm="")
    return [what] + ["    " + line for line in list(lines)[2:] if not line.startswith("@@")]


def shown(bytes_or_none):
    return "(no such file)" if bytes_or_none is None else bytes_or_none.decode("utf-8", "backslashreplace")


def check_error(expected, got):
    if "error" not in got:
        return [f"expected the error {expected['code']}, got none"]
    error = got["error"]
    if error["code"] != expected["code"] or expected.get("message", "") not in error["message"]:
        return differ("error", f"{expected['code']}: …{expected.get('message', '')}…", f"{error['code']}: {error['message']}")
    return []


def check_messages(expected, got):
    texts = [f"{message['kind']}: {message['text']}" for message in got]
    if len(expected) == len(texts) and all(part in text for part, text in zip(expected, texts)):
        return []
    return differ("messages", " | ".join(expected) or "(none)", " | ".join(texts) or "(none)")


def check_step(expected, got, loose):
    if "error" in expected:
        return check_error(expected["error"], got)
    if "error" in got:
        return [f"expected no error, got {got['error']['code']}: {got['error']['message']}"]
    wrong = check_messages(expected.get("messages", []), got.get("messages", []))
    if "value" in expected and not same(expected["value"], got.get("value"), loose):
        wrong += differ("value", json.dumps(expected["value"]), json.dumps(got.get("value")))
    return wrong


def check_files(case, left):
    wrong = []
    for name, text in case["files"].items():
        expected = None if text is None else text.encode("utf-8")
        if left.get(name) != expected:
            wrong += differ(name, shown(expected), shown(left.get(name)))
    for folder, names in case["list"].items():
        before = folder + "/"
        found = sorted(name[len(before):] for name in left if name.startswith(before) and "/" not in name[len(before):])
        found = [name for name in found if not name.startswith(".")]
        if found != sorted(names):
            wrong += differ(f"list of {folder}", " ".join(sorted(names)), " ".join(found))
    return wrong


def without_folder(result, folder):
    """The result as text with the case's own folder taken out of it."""
    return {key: json.loads(json.dumps(value).replace(str(folder), "FOLDER")) for key, value in result.items()}


def compare_with_reference(steps, results, folder, reference, reference_folder):
    wrong = []
    for i, (got, expected) in enumerate(zip(results, reference)):
        got, expected = without_folder(got, folder), without_folder(expected, reference_folder)
        if not steps[i].get("expected", {}).get("error", {}).get("words", True):
            for result in (got, expected):
                result.get("error", {}).pop("message", None)
        for key in ("error", "messages", "value"):
            if not same(expected.get(key), got.get(key), loose=True):
                wrong += differ(f"step {i + 1}: {key}, compared with C", json.dumps(expected.get(key)), json.dumps(got.get(key)))
    if len(results) != len(reference):
        wrong.append(f"expected {len(reference)} steps, got {len(results)}")
    left, right = tree(reference_folder), tree(folder)
    for name in sorted(set(left) | set(right)):
        if name not in left or name not in right or left[name] != right[name]:
            wrong += differ(f"{name}, compared with C", shown(left.get(name)), shown(right.get(name)))
    return wrong


# ---- Running ----------------------------------------------------------------------------------------------------------


def run_languages(build, runs, languages, cases):
    results = {}
    for language in languages:
        work = runs / language
        if work.exists():
            shutil.rmtree(work)
        for i, case in enumerate(cases):
            prepare(case_folder(work, i), case["given"])
        results[language] = importlib.import_module(f"languages.{language}").run(build, work, cases)
    return results


def check_case(runs, number, case, results):
    """Everything that is wrong with one case, by language: [(language, lines)]."""
    found = []
    for language, of_language in results.items():
        steps = of_language.get(number)
        if steps is None:
            if language == REFERENCE:
                found.append((language, ["the case did not run"]))
            continue
        folder = case_folder(runs / language, number)
        wrong = []
        for i, (step, got) in enumerate(zip(case["steps"], steps)):
            lines = check_step(step.get("expected", {}), got, language != REFERENCE)
            wrong += [f"step {i + 1}: {line}" if not line.startswith("    ") else line for line in lines]
        wrong += check_files(case, tree(folder))
        reference = results.get(REFERENCE, {}).get(number)
        if language != REFERENCE and reference is not None:
            wrong += compare_with_reference(case["steps"], steps, folder, reference, case_folder(runs / REFERENCE, number))
        if wrong:
            found.append((language, wrong))
    return found


def check_table(runs, cases, results, say=print):
    """Says what is wrong and gives how many cases are."""
    failed = 0
    for number, case in enumerate(cases):
        found = check_case(runs, number, case, results)
        failed += bool(found)
        for language, lines in found:
            say(f"{case['case']} (case {number:03d}, {language}):")
            for line in lines:
                say(f"  {line}")
    return failed


def summary(cases, results):
    return ", ".join(f"{language} {len(of_language)}" for language, of_language in results.items()) + f" of {len(cases)} cases"


# ---- The runner's own test ----------------------------------------------------------------------------------------------

SAMPLE = {
    "case": "sample",
    "steps": [
        {"plotasync": [[1, 2]], "with": {"name": "A", "save": "d", "options": "none"}, "messages": ["no settings none"]},
        {"names": [], "value": ["A"]},
        {"remove": ["B"], "error": {"code": "not-found", "message": "B"}},
    ],
    "files": {"d/A.json": '{"name":"A","display":true,"index":0,"data":[1,2]}'},
    "list": {"d": ["A.json"]},
}

# Each makes the sample wrong in one way, which must be found.
SPOILS = {
    "a file's text": lambda case: case["files"].update({"d/A.json": "{}"}),
    "a file that is not there": lambda case: case["files"].update({"d/B.json": "{}"}),
    "a file too many": lambda case: case["list"].update({"d": []}),
    "a message": lambda case: case["steps"][0].update(messages=["something else"]),
    "no message": lambda case: case["steps"][0].pop("messages"),
    "a value": lambda case: case["steps"][1].update(value=["A", "B"]),
    "an error's code": lambda case: case["steps"][2]["error"].update(code="type"),
    "an error's text": lambda case: case["steps"][2]["error"].update(message="something else"),
    "an error that does not come": lambda case: case["steps"][1].update(error={"code": "io"}) or case["steps"][1].pop("value"),
    "an error that is not expected": lambda case: case["steps"][2].pop("error"),
}


def self_test(build, languages):
    """Proves that the runner finds what it must: wrong expectations, and one byte changed in one language's directory."""
    missed = []
    runs = build / "conformance" / "self-test"  # not `runs`: both may run at once
    results = run_languages(build, runs, languages, [table.read_case(SAMPLE)])
    heard = []
    if check_table(runs, [table.read_case(SAMPLE)], results, heard.append) != 0:
        missed.append("the sample as it is must pass: " + "; ".join(heard))
    for name, spoil in SPOILS.items():
        written = json.loads(json.dumps(SAMPLE))
        spoil(written)
        case = table.read_case(written)
        found = check_case(runs, 0, case, results)
        if [language for language, _ in found] != languages:
            missed.append(f"{name}: found only in {[language for language, _ in found]}")
    case = table.read_case({**SAMPLE, "files": {}})
    for language in languages[1:]:
        for name in ("d/A.json", "d/.charts/next"):
            path = case_folder(runs / language, 0) / name
            kept = path.read_bytes()
            path.write_bytes(kept[:-2] + b"9" + kept[-1:])
            if [found for found, _ in check_case(runs, 0, case, results)] != [language]:
                missed.append(f"a byte changed in {name} of {language}")
            path.write_bytes(kept)
    for line in missed:
        print(f"not found: {line}")
    print(f"self-test: {len(SPOILS)} wrong expectations and {2 * (len(languages) - 1)} changed bytes, {len(missed)} missed")
    return 1 if missed else 0


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=os.environ.get("CHARTS_BUILD", HERE.parent.parent / "build"), type=pathlib.Path)
    parser.add_argument("--languages", default="c,lua,r")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args(arguments)
    build = options.build.resolve()
    languages = options.languages.split(",")
    try:
        if options.self_test:
            return self_test(build, languages)
        cases = [case for case in table.read_table(HERE / "cases") if options.only in case["case"]]
        runs = build / "conformance" / "runs"
        results = run_languages(build, runs, languages, cases)
    except (table.FormError, RunError) as error:
        print(error)
        return 1
    failed = check_table(runs, cases, results)
    print(f"conformance: {summary(cases, results)}; {failed} differ")
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
