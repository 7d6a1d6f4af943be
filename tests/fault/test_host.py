#!/usr/bin/python3
"""The host process stays as it was: before charts is loaded, while pages load its server, after it is unloaded: test_host.py [--build BUILD_DIR]"""
import os
import pathlib
import signal
import time
import unittest

import hosts

SERVER_THREADS = 64  # and some that look and help
# Signals 32 and 33 are the C library's own: it catches them from the first thread on.
OWN_SIGNALS = 3 << 31
# What a thread that blocks all signals blocks: the system lets none block SIGKILL and SIGSTOP.
ALL_SIGNALS = (1 << 64) - 1 & ~OWN_SIGNALS & ~(1 << signal.SIGKILL - 1) & ~(1 << signal.SIGSTOP - 1)


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


def threads(host):
    return len(thread_numbers(host))


def thread_numbers(host):
    return set(os.listdir(f"/proc/{host.pid}/task"))


def deliverable(host, known):
    """How many threads there are beside those that are known, and the signals, as a mask, that the system may deliver to one of them:
    {name: signals}."""
    count, found = 0, {}
    for number in thread_numbers(host) - known:
        try:
            text = pathlib.Path(f"/proc/{host.pid}/task/{number}/status").read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended
        state = dict(line.split(":", 1) for line in text.splitlines())
        if int(state["Threads"]) == 0:
            continue  # it ends, and has no signals any more: they are told as none
        open_ones = ALL_SIGNALS & ~int(state["SigBlk"], 16)
        count += 1
        if open_ones:
            found[f"{number} {state['Name'].strip()}"] = hex(open_ones)
    return count, found


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


def stays_open(host, number, what):
    """Whether a program that the host runs has the descriptor. The server accepts a connection and says then that such a program shall
    not have it: who looks in between looks again."""
    limit = time.monotonic() + 20
    while not closed_by_exec(host, number) and descriptors(host).get(number) == what:
        if time.monotonic() > limit:
            return True
        os.sched_yield()
    return False


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
            before, count, opened, known = process_state(host), threads(host), descriptors(host), thread_numbers(host)
            for _ in range(3 if hosts.LONG else 2):
                host.ask(host.load)
                self.assertEqual(process_state(host), before, "after loading")
                host.ask(host.plot)
                port, token = hosts.split(host.ask(host.address))
                with hosts.Load(port, token, "d", "A.json") as load:
                    for _ in range(20):
                        self.assertEqual(process_state(host), before, "under load")
                        ours, open_signals = deliverable(host, known)
                        self.assertGreater(ours, SERVER_THREADS)
                        self.assertEqual(open_signals, {}, "a signal to the host may interrupt a thread of ours")
                        now = descriptors(host)
                        self.assertEqual({number: now.get(number) for number in opened}, opened)
                        open_ones = [now[number] for number in now if number not in opened and stays_open(host, number, now[number])]
                        self.assertEqual(open_ones, [], "a program that the host runs has our descriptors")
                    self.assertGreater(threads(host), count)
                self.assertEqual(load.stop(), [])
                self.assertGreater(load.answers, 0)
                host.ask(host.unload)
                if kind is hosts.EmbeddedLua:
                    host.begin()
                self.assertEqual(process_state(host), before, "after unloading")
                self.until_equal(lambda: threads(host), count)
                self.until_equal(lambda: descriptors(host), opened)

    def test_lua(self):
        self.check(hosts.EmbeddedLua)

    def test_r(self):
        self.check(hosts.RHost)

    def test_c(self):
        self.check(hosts.CHost)


if __name__ == "__main__":
    hosts.main()
