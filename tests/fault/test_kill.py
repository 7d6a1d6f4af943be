#!/usr/bin/python3
"""A process that is killed at any moment takes nothing with it that a call had acknowledged: test_kill.py [--build BUILD_DIR]

In C each call runs in a process of its own, which is killed at its n-th system call that changes files, for every n, in writes also
halfway; in Lua and R a program makes call after call and is killed at such a system call, or at a random time. Whoever opens the directory next
finds what was acknowledged, and of the call that was broken off all or nothing; every file parses, and a purge leaves nothing behind.

CHARTS_LONG=1: more than 20 000 kills in C and Lua, 1 000 in R.
"""
import argparse
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import unittest

import model

BUILD = None
LONG = os.environ.get("CHARTS_LONG") == "1"

# Makes the calls of a plan one after the other and says the number of each when it has returned.
LUA = """
local charts = require "charts"
local chart = charts.plotasync {save = arg[1]}
os.getenv("CHARTS_FAULT_ARM:" .. arg[2])
print "ready"
io.stdout:flush()
for i = 3, #arg do
  load(arg[i], "call", "t", {chart = chart, charts = charts, save = arg[1]})()
  print(i - 2)
  io.stdout:flush()
end
"""
R = """
given <- commandArgs(trailingOnly = TRUE)
library(charts)
save <- given[[1]]
chart <- plotasync(save = save)
invisible(Sys.getenv(paste0("CHARTS_FAULT_ARM:", given[[2]])))
cat("ready\\n")
flush(stdout())
for (i in 3:length(given)) {
  eval(parse(text = given[[i]]))
  cat(i - 2, "\\n", sep = "")
  flush(stdout())
}
"""


def lua_literal(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {lua_literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "{" + ", ".join(map(lua_literal, value)) + "}"
    return json.dumps(value)


def r_literal(value):
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, dict):
        return "list(" + ", ".join(f"{key} = {r_literal(item)}" for key, item in value.items()) + ")"
    if isinstance(value, list):
        kind = "list" if value and isinstance(value[0], dict) else "c"
        return f"{kind}(" + ", ".join(map(r_literal, value)) + ")"
    return json.dumps(value)


def lua_call(verb, with_):
    if verb == "plotasync":
        return f"charts.plotasync(nil, nil, {lua_literal(dict(with_, save='@'))})".replace('"@"', "save")
    if verb == "remove":
        return f"chart:remove({lua_literal(with_['name'])})"
    named = {key: value for key, value in with_.items() if key not in ("series", "name")}
    return f"chart:{verb}({lua_literal(with_['series'])}, {lua_literal(with_['name']) if 'name' in with_ else 'nil'}, {lua_literal(named)})"


def r_call(verb, with_):
    arguments = ", ".join(f"{key} = {r_literal(value)}" for key, value in with_.items())
    return f"plotasync({arguments}, save = save)" if verb == "plotasync" else f"chart${verb}({arguments})"


class Killed(model.Cases):
    def setUp(self):
        super().setUp()
        self.folder = self.place / "d"
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("CHARTS_")}
        self.kills = 0

    def look(self, torn=None):
        """What the next one to open the directory finds; every file parses, the torn one now too."""
        if self.folder.exists():
            model.parsed(self.folder, but=torn)
        held = self.calls.ask(check=str(self.folder), settings="look")
        self.assertNotIn("error", held)
        model.parsed(self.folder)
        self.assertFalse((self.folder / ".charts/commit").exists())
        return held

    def finish(self, what):
        """The last purge sweeps."""
        self.calls.ask(save=str(self.folder), verb="plotasync", **{"with": {"name": "last", "series": [1], "purge": True}})
        self.assertEqual(model.leftovers(self.folder), [])
        print(f"{what}: {self.kills} kills, no acknowledged series lost, no directory unreadable", file=sys.stderr)

    def call(self, now, operation, number, nth, half, sync):
        """One call that is killed at its n-th system call. The model behind it, and whether it was killed."""
        verb, with_, torn, then = now.after(operation, number)
        if sync and verb != "settings":
            with_ = dict(with_, sync=True)
        before = model.leftovers(self.folder) if self.folder.exists() else []
        answer = self.calls.ask(save=str(self.folder), verb=verb, name="look", nth=nth, half=half, **{"with": with_})
        self.assertNotIn("crashed", answer)
        about = f"{operation}, call {number}, killed at {nth}{' halfway' if half else ''}, sync {sync}: {answer}"
        held = self.look(torn)
        if "killed" not in answer:
            self.assertEqual(answer.get("ok") or answer.get("error") == "not-found", True, about)
            self.assertTrue(then.same(held), f"{about}: {held}, not {then.series}")
            self.assertLessEqual(set(model.leftovers(self.folder)), set(before), about)
            return then, False
        self.kills += 1
        self.assertTrue(now.same(held) or then.same(held), f"{about}: {held}, neither {now.series} nor {then.series}")
        return (then if then.same(held) else now), True

    def test_calls_in_c(self):
        """Every operation, killed at each of its system calls in turn until it comes to its end."""
        now = model.Model()
        number = 0
        wanted = 17000 if LONG else 500
        while self.kills < wanted:
            for operation in model.OPERATIONS:
                sync = random.random() < 0.5
                half = random.random() < 0.5
                nth, killed = 1, True
                while killed:
                    number += 1
                    now, killed = self.call(now, operation, number, nth, half, sync)
                    nth += 1
        self.finish("C")

    def run_language(self, command, translate, wanted, most):
        """Programs that make call after call; the one that is under way when they die is there or is not."""
        now = model.Model()
        number = 0
        while self.kills < wanted:
            plan, models = [], [now]
            for _ in range(12):
                number += 1
                operation = random.choice(model.OPERATIONS[:5])
                verb, with_, torn, then = models[-1].after(operation, number)
                if random.random() < 0.3:
                    with_ = dict(with_, sync=True)
                plan.append((translate(verb, with_), torn))
                models.append(then)
            counted = random.random() < 0.5
            arm = f"{random.randint(1, most)}{random.choice(('', ':half'))}" if counted else "0"
            acknowledged = self.run_plan([*command, str(self.folder), arm, *(text for text, _ in plan)], counted)
            if acknowledged is None:  # it came to its end before it was killed
                now = models[-1]
                self.assertTrue(now.same(self.look()))
                continue
            self.kills += 1
            torn = plan[acknowledged][1] if acknowledged < len(plan) else None
            held = self.look(torn)
            possible = models[acknowledged:acknowledged + 2]
            found = [one for one in possible if one.same(held)]
            self.assertTrue(found, f"{held} after {acknowledged} calls of {plan}, expected {[one.series for one in possible]}")
            now = found[-1]

    def run_plan(self, command, counted):
        """How many calls were acknowledged when the program was killed; None when it was not."""
        running = subprocess.Popen(command, env=dict(self.environment, LD_PRELOAD=str(BUILD / "fault/filecalls.so")),
                                   cwd=self.folder.parent, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        with running.stdout:
            self.assertEqual(running.stdout.readline(), b"ready\n")
            if not counted:
                try:
                    running.wait(timeout=random.uniform(0, 0.006))
                except subprocess.TimeoutExpired:
                    running.send_signal(signal.SIGKILL)
            said = running.stdout.read().split()
        ended = running.wait(60)
        self.assertIn(ended, (0, -signal.SIGKILL))
        return len(said) if ended != 0 else None

    def test_calls_in_lua(self):
        script = self.folder.parent / "calls.lua"
        script.write_text(LUA)
        self.run_language([BUILD / "run", "lua5.4", script], lua_call, 4200 if LONG else 60, 120)
        self.finish("Lua")

    def test_calls_in_r(self):
        script = self.folder.parent / "calls.R"
        script.write_text(R)
        self.run_language([BUILD / "run", "Rscript", "--vanilla", script], r_call, 1000 if LONG else 10, 120)
        self.finish("R")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.environ.get("CHARTS_BUILD", "build"))
    arguments, rest = parser.parse_known_args()
    BUILD = model.Cases.BUILD = pathlib.Path(arguments.build).resolve()
    unittest.main(argv=[sys.argv[0], *rest])
