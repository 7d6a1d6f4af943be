#!/usr/bin/python3
"""Programs that fork, load the library again and again, and close what they opened: test_fork.py [--build BUILD_DIR]"""
import json
import os

import hosts

LOADS = 50
STATES = 500 if hosts.LONG else 100
FORKS = 20 if hosts.LONG else 3


class Fork(hosts.Hosted):
    def series(self):
        """The series that any program reads."""
        found = {}
        for path in (self.place.folder / "d").glob("*.json"):
            found[path.stem] = json.loads(path.read_text())["data"]
        return found

    def served(self, port, token, load, names):
        """The server that was there before goes on, lists all series, and has failed nobody."""
        self.assertEqual(load.stop(), [])
        status, text = hosts.request(port, token, "GET", "/api/d/d/series")
        self.assertEqual(status, 200)
        listing = json.loads(text)
        self.assertEqual({one["name"] for one in listing["series"]}, names)
        self.assertEqual(listing["broken"], [])
        self.assertEqual(set(self.series()), names)

    def test_mclapply(self):
        host, port, token, load = self.host(hosts.RHost)
        names = {"A"}
        for turn in range(FORKS):
            answer = host.ask('paste(unlist(parallel::mclapply(1:8, function(i) { '
                              f'plotasync(as.numeric(1:2000), name = paste("child", {turn}, i), save = "d"); i }}, mc.cores = 4)), '
                              'collapse = ",")')
            self.assertEqual(answer, "1,2,3,4,5,6,7,8")
            names |= {f"child {turn} {i}" for i in range(1, 9)}
            host.ask(f'plotasync(c(1, 2, 3), name = "parent", save = "d"); {turn}')
        self.served(port, token, load, names | {"parent"})

    def test_children_of_r_show_their_own_charts(self):
        host, port, token, load = self.host(hosts.RHost)
        ports = host.ask('paste(unlist(parallel::mclapply(1:4, function(i) plotasync(c(1, 2), name = "B", save = "d")$url(), '
                         'mc.cores = 4)), collapse = ",")').split(",")
        self.assertEqual(len({hosts.split(url)[0] for url in ports} - {port}), 4, "each child has a server of its own")
        self.served(port, token, load, {"A", "B"})

    def test_forks_of_c(self):
        host, port, token, load = self.host(hosts.CHost)
        for _ in range(FORKS):
            host.ask("fork-exec")
            host.ask("fork-plot 10")
            host.ask("plot parent 5")
        self.served(port, token, load, {"A", "parent"} | {f"child {i}" for i in range(10)})

    def test_a_child_that_stays_keeps_no_lock(self):
        # Forked under load: sooner or later while a thread of the server holds the directory's lock.
        host, port, token, load = self.host(hosts.CHost)
        for _ in range(FORKS * 10):
            host.ask("fork-hold")
            host.ask("plot parent 5")
            host.ask("hold-end")
        self.served(port, token, load, {"A", "parent"})

    def test_a_child_keeps_no_socket(self):
        host, port, _, load = self.host(hosts.CHost)
        host.ask("fork-hold")
        self.assertEqual(load.stop(), [])
        host.ask("close")
        with self.assertRaises(ConnectionRefusedError):  # while the child is still there
            hosts.socket.create_connection(("127.0.0.1", port), timeout=hosts.LIMIT)
        host.ask("hold-end")

    def test_the_library_is_loaded_again_and_again(self):
        for kind in (hosts.CHost, hosts.RHost):
            with kind(self.place) as host:
                for _ in range(LOADS):
                    host.ask(kind.load)
                    host.ask(kind.plot)
                    port, token = hosts.split(host.ask(kind.address))
                    page = hosts.Page(port, token, "d")
                    page.message()
                    host.ask(kind.unload)
                    page.close()
                self.assertEqual(host.end()[0], 0)

    def test_a_child_of_an_unloaded_library(self):
        # What pthread_atfork was told stays after dlclose.
        with hosts.CHost(self.place) as host:
            host.ask("load")
            host.ask("plot A 3")
            host.ask("address")
            host.ask("unload")
            host.ask("fork-exec")
            host.ask("load")
            host.ask("fork-plot 2")
            self.assertEqual(host.end()[0], 0)

    def test_finalizers_after_unloading(self):
        # The chart is collected, and R ends, when the package is gone.
        with hosts.RHost(self.place) as host:
            host.ask("library(charts)")
            host.ask('c <- plotasync(c(1, 2), name = "A", save = "d"); kept <- c; rm(c)')
            host.ask('unloadNamespace("charts")')
            host.ask("rm(kept); invisible(gc()); 1")
            self.assertEqual(host.end()[0], 0)

    def test_lua_states(self):
        with hosts.EmbeddedLua(self.place) as host:
            host.ask(f"* {STATES}")
            self.assertEqual(len(os.listdir(f"/proc/{host.pid}/task")), 1)
            self.assertEqual(host.end()[0], 0)


if __name__ == "__main__":
    hosts.main()
