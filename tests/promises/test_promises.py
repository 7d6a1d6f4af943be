#!/usr/bin/python3
"""Holds tests/PROMISES.md against the tests that there are: test_promises.py [--build BUILD_DIR]

A row of the table names its tests as `NAME` or `NAME: FUNCTION`, NAME as ctest knows it. Each must be there and the function stand in
the test's source; a row has at least one test of `make test`; no promise or refusal is left out; and every test of the folders that
exist for the promises is named in some row.
"""
import argparse
import functools
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
TABLE = SOURCE / "tests/PROMISES.md"
FOLDERS = ("fault/", "fuzz/", "security/")  # every test of these is named
PROMISES, REFUSALS = 16, 9  # rows; fewer: one was lost
BUILD = None


class Row:
    def __init__(self, line, cells):
        self.line = line
        self.key = cells[0]
        self.tests = re.findall(r"`([^`]+)`", cells[-1])


def rows_of(text, heading):
    """The rows of the table under a heading: lines of cells, without the two lines of the table's head."""
    section = re.search(rf"^## {heading}$(.*?)(?=^## |\Z)", text, re.M | re.S)
    if not section:
        return []
    first = text[:section.start(1)].count("\n") + 1
    lines = [(first + number, line) for number, line in enumerate(section.group(1).split("\n")) if line.startswith("|")]
    return [Row(number, [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]) for number, line in lines[2:]]


@functools.cache
def known_tests(build):
    """{name: (labels, [files that hold its code])} of every test."""
    shown = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"], capture_output=True, text=True, check=True)
    known = {}
    for test in json.loads(shown.stdout)["tests"]:
        labels = next((one["value"] for one in test.get("properties", []) if one["name"] == "LABELS"), [])
        files = [pathlib.Path(word) for word in test.get("command", [])[1:] if word.startswith(str(SOURCE / "tests"))]
        unit = re.fullmatch(r"unit(?:-sanitized)?/(\w+)", test["name"])
        if unit:
            files.append(SOURCE / f"tests/unit/test_{unit.group(1)}.c")
        if test["name"] == "page/unit":
            files.extend((SOURCE / "web").glob("**/*.test.ts"))
        known[test["name"]] = (labels, files)
    return known


def has_function(file, function):
    """Whether a test of that name stands in the file: a Python method, a C function, a title in JavaScript, a Lua function."""
    text = file.read_text()
    word = re.escape(function)
    return re.search(rf"^\s*(?:async )?def {word}\(|^(?:static )?\w[\w *]*\b{word}\(|\b(?:test|it|case)\(\s*[\"'`]{word}[\"'`]|"
                     rf"\bfunction (?:\w+[.:])?{word}\(", text, re.M) is not None


def faults_of(text, known):
    """What is wrong with the table, a line each."""
    faults = []
    named = set()
    tables = {"Promises": rows_of(text, "Promises"), "Refusals": rows_of(text, "Refusals")}
    numbers = [row.key for row in tables["Promises"]]
    if numbers != [str(number) for number in range(1, PROMISES + 1)]:
        faults.append(f"promises are numbered 1 to {PROMISES}, not {' '.join(numbers)}")
    if len(tables["Refusals"]) < REFUSALS:
        faults.append(f"expected at least {REFUSALS} refusals, got {len(tables['Refusals'])}")
    for row in (row for rows in tables.values() for row in rows):
        short = 0
        for reference in row.tests:
            name, _, function = reference.partition(": ")
            if name not in known:
                faults.append(f"line {row.line}: there is no test {name}")
                continue
            labels, files = known[name]
            named.add(name)
            short += "long" not in labels
            if function and not any(has_function(file, function) for file in files):
                faults.append(f"line {row.line}: {name} has no {function}")
        if short == 0:
            faults.append(f"line {row.line}: no test of `make test` shows it")
    for name in known:
        base = name.removesuffix("/long")
        if name.startswith(FOLDERS) and name not in named and base not in named:
            faults.append(f"{name} is named in no row")
    return faults


class Table(unittest.TestCase):
    def setUp(self):
        self.text = TABLE.read_text()
        self.known = known_tests(str(BUILD))

    def faults(self, pattern, to, count=1):
        changed, times = re.subn(pattern, to, self.text, count=count, flags=re.M)
        self.assertGreater(times, 0, pattern)
        return faults_of(changed, self.known)

    def test_every_row_is_shown(self):
        self.assertEqual(faults_of(self.text, self.known), [])

    def test_a_lost_row_shows(self):
        self.assertIn("promises are numbered", " ".join(self.faults(r"^\| 7 \|.*\n", "")))
        refusal = rows_of(self.text, "Refusals")[0].line
        lines = self.text.split("\n")
        short = "\n".join(lines[:refusal - 1] + lines[refusal + len(rows_of(self.text, "Refusals")) - REFUSALS:])
        self.assertIn("refusals", " ".join(faults_of(short, self.known)))

    def test_a_wrong_name_shows(self):
        row = rows_of(self.text, "Promises")[0]
        name, _, function = next(one for one in row.tests if ": " in one).partition(": ")
        self.assertIn(f"there is no test {name}x", " ".join(self.faults(rf"`{re.escape(name)}", f"`{name}x")))
        self.assertIn(f"has no {function}x", " ".join(self.faults(rf": {re.escape(function)}`", f": {function}x`")))

    def test_a_row_without_a_test_shows(self):
        self.assertIn("no test of `make test` shows it", " ".join(self.faults(r"^(\| 3 \|.*\|)[^|]*\|$", r"\1 |")))

    def test_a_test_in_no_row_shows(self):
        known = dict(self.known)
        known["fault/forgotten"] = (["medium"], [])
        self.assertIn("fault/forgotten is named in no row", faults_of(self.text, known))


def main():
    global BUILD
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path(os.environ.get("CHARTS_BUILD", SOURCE / "build")))
    BUILD = parser.parse_args().build.resolve()
    unittest.main(argv=[sys.argv[0]], verbosity=1)


if __name__ == "__main__":
    main()
