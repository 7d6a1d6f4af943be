"""Every function of Lua's help has an example, and every example runs as it stands."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2] / "bindings" / "lua"


def examples(text):
    """(name, code) of each block of help: its @usage lines, and the function or class that it belongs to."""
    for block in re.findall(r"^---.*\n(?:^--.*\n)*(?:^---.*\n)*(?:^function .*\n|^local .*\n)?", text, re.M):
        function = re.search(r"^function (\S+?)\(", block, re.M)
        owner = re.search(r"^---@class (\S+)", block, re.M)
        usage = re.search(r"^-- @usage\n((?:^-- .*\n)+)", block, re.M)
        name = function.group(1) if function else owner.group(1) if owner else None
        if name:
            yield name, bool(function), "".join(line[3:] + "\n" for line in usage.group(1).splitlines()) if usage else None


def readme_examples():
    text = (SOURCE / "README.md").read_text(encoding="utf-8")
    return [(f"README.md, example {i + 1}", code) for i, code in enumerate(re.findall(r"^```lua\n(.*?)^```", text, re.M | re.S))]


def run(code):
    environment = {**os.environ, "CHARTS_SERVER": "thread", "CHARTS_BROWSER": "true", "CHARTS_QUIET": "1"}
    with tempfile.TemporaryDirectory() as folder:
        script = pathlib.Path(folder) / "example.lua"
        script.write_text(code, encoding="utf-8")
        return subprocess.run(["lua5.4", "example.lua"], cwd=folder, env=environment, text=True, stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=60, check=False)


def verbs():
    """The functions and methods that the module has, without those of Lua itself."""
    code = """local charts = require "charts"
        for name, value in pairs(charts) do if type(value) == "function" then print("charts." .. name) end end
        for name in pairs(getmetatable(charts.plotasync {save = "d"}).__index) do print("chart:" .. name) end"""
    return set(run(code).stdout.split())


def main():
    problems = []
    help_text = (SOURCE / "types" / "charts.lua").read_text(encoding="utf-8")
    found = list(examples(help_text))
    described = {name for name, is_function, code in found if is_function and code}
    for name in verbs() ^ described:
        problems.append(f"{name}: is not both a function of the module and described with an example")
    runnable = [(name, code) for name, _, code in found if code] + readme_examples()
    for name, code in runnable:
        done = run(code)
        if done.returncode != 0:
            problems.append(f"{name}: {done.stderr}")
    for problem in problems:
        print(problem)
    print(f"{len(runnable)} examples, {len(problems)} problems")
    return 1 if problems else 0


sys.exit(main())
