#!/usr/bin/python3
"""Signals and errors in the midst of calls and answers, under a load of pages: test_signals.py [--build BUILD_DIR]"""
import json
import os
import signal
import struct
import time

import hosts

INTERRUPTS = 20 if hosts.LONG else 2
LEAVING = 200 if hosts.LONG else 15
BIG = 30_000_000


class Signals(hosts.Hosted):
    def in_a_put(self):
        """Waits until a series is being written."""
        limit = time.monotonic() + hosts.LIMIT
        while not any(path.stat().st_size > 0 for path in self.directory.glob(".*.tmp") if path.exists()):
            self.assertLess(time.monotonic(), limit, "nothing is written")
        return True

    def as_it_was(self, load, bytes_before):
        self.assertEqual((self.directory / "A.json").read_bytes(), bytes_before)
        self.assertEqual(list(self.directory.glob(".*.tmp")), [])
        self.assertEqual(load.failures, [])

    def interrupted(self, kind, put, once_more):
        host, port, token, load = self.host(kind)
        before = (self.directory / "A.json").read_bytes()
        for turn in range(INTERRUPTS):
            host.tell(put)
            self.in_a_put()
            os.kill(host.pid, signal.SIGINT)
            answer = host.hear()
            self.assertRegex(answer, "^error: .*interrupt")
            self.as_it_was(load, before)
            host.ask(once_more.format(turn))
            self.assertTrue((self.directory / f"after {turn}.json").exists())
        self.assertEqual(load.stop(), [])
        self.assertEqual(hosts.window(port, token, "d", ["A.json"])[0], 200)
        return host

    def test_an_interrupt_of_lua(self):
        # lua itself catches the signal once only, so each turn has a state of its own.
        for _ in range(INTERRUPTS):
            host, port, token, load = self.host(hosts.LuaHost)
            before = (self.directory / "A.json").read_bytes()
            host.tell('c:plot(function() return 1 end, "A")')
            # What a function gives is written when there is a block of it.
            self.in_a_put()
            os.kill(host.pid, signal.SIGINT)
            self.assertRegex(host.hear(), "^error: .*interrupted")
            self.as_it_was(load, before)
            host.ask('c:plot({4}, "after")')
            self.assertEqual(load.stop(), [])
            self.assertEqual(hosts.window(port, token, "d", ["A.json", "after.json"])[0], 200)

    def test_an_interrupt_of_r(self):
        host = self.interrupted(hosts.RHost, f'c$plot(rep(c(1.5, 2.25), {BIG // 2}), "A")', 'c$plot(c(4, 5), "after {}")')
        self.assertEqual(host.end()[0], 0)

    def test_an_error_in_a_reader(self):
        host, port, token, load = self.host(hosts.LuaHost)
        before = (self.directory / "A.json").read_bytes()
        for rows in (0, 1, 100_000):
            host.tell(f'n = 0 c:plot(function() n = n + 1 if n > {rows} then error "no more" end return n end, "A")')
            self.assertRegex(host.hear(), "^error: .*no more")
            self.as_it_was(load, before)
        host.ask('c:plot({4}, "after")')
        self.assertEqual(load.stop(), [])
        self.assertEqual(hosts.window(port, token, "d", ["A.json", "after.json"])[0], 200)

    def test_an_exit_in_a_reader(self):
        for leave in ("os.exit(3)", "os.exit(3, true)"):
            host, _, _, load = self.host(hosts.LuaHost)
            load.stop()
            status, _ = host.end(f'n = 0 c:plot(function() n = n + 1 if n > 100000 then {leave} end return n end, "A")')
            self.assertEqual(status, 3, leave)
            self.assertEqual(json.loads((self.directory / "A.json").read_text())["data"], [1, 2, 3])

    def leave(self, port, token):
        """A viewer that is gone in the midst of its answer: the server's next write meets a reset connection."""
        reader = hosts.stopped_reader(port, token, "d", "long.json")
        reader.recv(1)
        reader.setsockopt(hosts.socket.SOL_SOCKET, hosts.socket.SO_LINGER, struct.pack("ii", 1, 0))
        reader.close()
        page = hosts.Page(port, token, "d")
        page.socket.setsockopt(hosts.socket.SOL_SOCKET, hosts.socket.SO_LINGER, struct.pack("ii", 1, 0))
        page.close()

    def test_viewers_that_leave(self):
        for kind in (hosts.CHost, hosts.LuaHost, hosts.RHost):
            host, port, token, load = self.host(kind)
            (self.directory / "long.json").write_text('{"name":"long","data":[' + ",".join(map(str, range(2_000_000))) + "]}")
            if kind is hosts.CHost:
                host.ask("pipe-handler")
            for _ in range(LEAVING):
                self.leave(port, token)
                host.ask(kind.plot)
            self.assertEqual(load.stop(), [])
            if kind is hosts.CHost:
                self.assertEqual(host.ask("pipe"), "0", "the host's handler of SIGPIPE was called")
            self.assertEqual(hosts.window(port, token, "d", ["A.json"])[0], 200)


if __name__ == "__main__":
    hosts.main()
