#!/usr/bin/python3
"""The host process stays as it was: before charts is loaded, while pages load its server, after it is unloaded: test_host.py [--build BUILD_DIR]"""
import os
import time
import unittest

import hosts

# Signals 32 and 33 are the C library's own: it catches them from the first thread on.
OWN_SIGNALS = 3 << 31


def process_state(host):
    """What a library must not change, as /proc and the host itself tell it."""
    state = {}
    with open(f"/proc/{host.pid}/status", encoding="ascii") as lines:
        for line in lines:
            name, _, value = line.partition(":")
            if name in ("SigBlk", "SigIgn", "SigCgt"):
                state[name] = int(value, 16) & ~OWN_SIGNALS
            elif name == "Umask":
                state[name] = value.strip()
    state["cwd"] = os.readlink(f"/proc/{host.pid}/cwd")
    state["own"] = host.ask(host.state)
    return state


# What a process can block: all but SIGKILL and SIGSTOP.
ALL_SIGNALS = (1 << 64) - 1 & ~(1 << 8 | 1 << 18) & ~OWN_SIGNALS


def threads(host):
    return set(os.listdir(f"/proc/{host.pid}/task"))


def open_to_signals(host, known):
    """What each thread beside those that are known would take of the process's signals; one that has ended takes none."""
    found = {}
    for task in threads(host) - known:
        try:
            with open(f"/proc/{host.pid}/task/{task}/status", encoding="ascii") as lines:
                status = dict(line.rstrip().split(":", 1) for line in lines)
        except (FileNotFoundError, ProcessLookupError):
            continue
        taken = ALL_SIGNALS & ~int(status["SigBlk"], 16)
        if taken:
            found[status["Name"].strip()] = hex(taken)
    return found


def descriptors(host):
    """What each open descriptor is; those that are closed while this looks are none."""
    found = {}
    for number in os.listdir(f"/proc/{host.pid}/fd"):
        try:
            found[int(number)] = os.readlink(f"/proc/{host.pid}/fd/{number}")
        except FileNotFoundError:
            continue
    return found


def closed_by_exec(host, number):
    try:
        with open(f"/proc/{host.pid}/fdinfo/{number}", encoding="ascii") as lines:
            return any(line.startswith("flags:") and int(line.split()[1], 8) & os.O_CLOEXEC for line in lines)
    except FileNotFoundError:
        return True


class HostState(unittest.TestCase):
    def until_equal(self, look, wanted):
        """What has been joined is gone from /proc a moment later."""
        limit = time.monotonic() + 20
        while look() != wanted and time.monotonic() < limit:
            os.sched_yield()
        self.assertEqual(look(), wanted)

    def check(self, kind):
        with hosts.Place() as place, kind(place) as host:
            # The state of Lua or R that is to be compared has loaded all of its own.
            host.begin()
            host.ask(host.state)
            before, own, opened = process_state(host), threads(host), descriptors(host)
            for _ in range(3 if hosts.LONG else 2):
                host.ask(host.load)
                self.assertEqual(process_state(host), before, "after loading")
                host.ask(host.plot)
                port, token = hosts.split(host.ask(host.address))
                with hosts.Load(port, token, "d", "A.json") as load:
                    for _ in range(20):
                        self.assertEqual(process_state(host), before, "under load")
                        now = descriptors(host)
                        self.assertEqual({number: now.get(number) for number in opened}, opened)
                        open_ones = [now[number] for number in now if number not in opened and not closed_by_exec(host, number)]
                        self.assertEqual(open_ones, [], "a program that the host runs has our descriptors")
                        self.assertEqual(open_to_signals(host, own), {}, "a thread of ours takes signals")
                    self.assertGreater(threads(host), own)
                self.assertEqual(load.stop(), [])
                self.assertGreater(load.answers, 0)
                host.ask(host.unload)
                if kind is hosts.EmbeddedLua:
                    host.begin()
                self.assertEqual(process_state(host), before, "after unloading")
                self.until_equal(lambda: threads(host), own)
                self.until_equal(lambda: descriptors(host), opened)

    def test_lua(self):
        self.check(hosts.EmbeddedLua)

    def test_r(self):
        self.check(hosts.RHost)

    def test_c(self):
        self.check(hosts.CHost)


if __name__ == "__main__":
    hosts.main()
