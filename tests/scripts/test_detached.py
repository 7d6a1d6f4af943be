#!/usr/bin/python3
"""Scripts that end: their charts stay, through one server a folder: test_detached.py [--build BUILD_DIR]

Runs real scripts of each language whose binding is built, through BUILD_DIR/run. The browser is a script that notes what it was asked to
open; the page is a WebSocket of ours.
"""
import argparse
import base64
import glob
import html
import json
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.request

BUILD = None

LUA = {
    "show": 'local charts = require "charts"\nlocal c = charts.plotasync({{name="NAME", data={1,2,3}}}, {save="stocks", display=true, show="tab"})\nc:show()\n',
    "write": 'local charts = require "charts"\ncharts.plotasync({{name="NAME", data={1,2,3}}}, {save="stocks"})\n',
    "die": 'os.execute("kill -9 $PPID")\n',
}
R = {
    "show": 'library(charts)\nc <- plotasync(list(list(name="NAME", data=c(1,2,3))), save="stocks", display=TRUE, show="tab")\nc$show()\n',
    "write": 'library(charts)\nc <- plotasync(list(list(name="NAME", data=c(1,2,3))), save="stocks")\n',
    "die": "tools::pskill(Sys.getpid(), 9)\n",
}


def command(language, script):
    return [str(BUILD / "run"), *(["lua5.4"] if language == "lua" else ["Rscript", "--vanilla"]), str(script)]


def available(language):
    probe = ["lua5.4", "-e", 'require "charts"'] if language == "lua" else ["Rscript", "--vanilla", "-e", "library(charts)"]
    if not shutil.which(probe[0]):
        return False
    environment = {**os.environ, "CHARTS_QUIET": "1"}
    return subprocess.run([str(BUILD / "run"), *probe], env=environment, capture_output=True, stdin=subprocess.DEVNULL).returncode == 0


class Page:
    """A page that shows one view: its WebSocket."""

    def __init__(self, port, token, view):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        key = base64.b64encode(bytes(16)).decode()
        self.socket.sendall(
            (f"GET /api/d/stocks/live?view={view} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: charts.token.{token}, charts\r\n\r\n").encode()
        )
        self.stream = self.socket.makefile("rb")
        assert b" 101 " in self.stream.readline()
        while self.stream.readline().strip():
            pass
        assert self.message()["changes"] == []

    def message(self):
        _, length = self.stream.read(2)
        if length == 126:
            length = int.from_bytes(self.stream.read(2), "big")
        return json.loads(self.stream.read(length))

    def until(self, wanted):
        """The next message that `wanted` accepts."""
        while True:
            message = self.message()
            if wanted(message):
                return message

    def close(self):
        self.stream.close()
        self.socket.close()


class Detached(unittest.TestCase):
    languages = ()

    def setUp(self):
        self.place = tempfile.TemporaryDirectory()
        root = pathlib.Path(self.place.name)
        self.folder = root / "work"
        self.folder.mkdir()
        (root / "run").mkdir(mode=0o700)
        self.runtime = root / "run" / "charts"
        self.opened = root / "opened"
        recorder = root / "recorder"
        recorder.write_text(f'#!/bin/sh\necho "$1" >> "{self.opened}"\ntimeout 20 sh -c \'echo > "{root}/told"\'\n')
        recorder.chmod(0o700)
        self.told = root / "told"
        os.mkfifo(self.told)
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("CHARTS_")}
        self.environment.update(XDG_RUNTIME_DIR=str(root / "run"), CHARTS_BROWSER=str(recorder), CHARTS_IDLE="300")

    def tearDown(self):
        for server in self.servers():
            end = os.pidfd_open(server["pid"])
            os.kill(server["pid"], signal.SIGTERM)
            self.assertTrue(select.select([end], [], [], 20)[0], "the server does not end")
            os.close(end)
        self.place.cleanup()

    # ---- what is there

    def servers(self):
        """The server files of live processes."""
        found = []
        for path in glob.glob(str(self.runtime / "*.json")):
            content = json.loads(pathlib.Path(path).read_text() or "{}")
            if content and pathlib.Path(f"/proc/{content['pid']}").exists():
                found.append(content)
        return found

    def processes(self):
        """Every `charts serve` of the folder."""
        found = []
        for path in glob.glob("/proc/[0-9]*/cmdline"):
            try:
                words = pathlib.Path(path).read_bytes().split(b"\0")
            except OSError:
                continue
            if b"serve" in words and str(self.folder).encode() in words:
                found.append(int(path.split("/")[2]))
        return found

    def run_script(self, language, kind, name="A", die=False, status=0):
        texts = LUA if language == "lua" else R
        script = self.folder.parent / f"script-{language}"
        script.write_text(texts[kind].replace("NAME", name) + (texts["die"] if die else ""))
        # Captured output ends only when nobody holds the pipe any more: a server that did would hang here.
        done = subprocess.run(command(language, script), cwd=self.folder, env=self.environment, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=120)
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def wait_opened(self):
        """The address that the browser was given."""
        self.told.read_text()
        page = pathlib.Path(self.opened.read_text().splitlines()[-1]).read_text()
        return html.unescape(page.partition("url=")[2].partition('"')[0])

    def ask(self, server, path):
        request = urllib.request.Request(f"http://127.0.0.1:{server['port']}/{path}", headers={"Authorization": f"Bearer {server['token']}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def ask_pages(self, server, view):
        """How many pages the server counts for a view of `stocks`."""
        body = json.dumps({"directory": "stocks", "view": view}).encode()
        headers = {"Authorization": f"Bearer {server['token']}", "Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{server['port']}/api/shown", body, headers), timeout=30) as answer:
            return json.load(answer)["pages"]

    def names(self, server):
        return sorted(one["name"] for one in self.ask(server, "api/d/stocks/series")["series"])

    # ---- what is promised

    def test_a_script_that_ends(self):
        for language in self.languages:
            with self.subTest(language=language):
                done = self.run_script(language, "show", language)
                self.assertNotIn("t=", done.stdout + done.stderr)
                servers = self.servers()
                self.assertEqual(len(servers), 1)
                self.assertIn(language, self.names(servers[0]))
        self.assertEqual([one["pid"] for one in self.servers()], self.processes())

    def test_a_page_stays_and_no_second_tab_opens(self):
        first = self.languages[0]
        self.run_script(first, "show")
        address = self.wait_opened()
        (server,) = self.servers()
        self.assertTrue(address.startswith(f"http://127.0.0.1:{server['port']}/stocks/#t={server['token']}&v="), address)
        view = address.partition("&v=")[2]
        page = Page(server["port"], server["token"], view)
        for _ in range(10):
            self.run_script(first, "show")
            page.until(lambda message: message.get("shown") == view)
        self.assertEqual(len(self.opened.read_text().splitlines()), 1)
        self.assertEqual([one["pid"] for one in self.servers()], [server["pid"]])
        self.assertEqual(self.processes(), [server["pid"]])
        # The other language adds to the same directory, through the same server.
        self.run_script(self.languages[-1], "write", "B")
        page.until(lambda message: any(one["name"] == "B" for one in message.get("changes", [])))
        self.assertEqual(self.names(server), ["A", "B"])
        self.assertEqual(self.processes(), [server["pid"]])
        page.close()

    def test_a_script_run_again_at_once(self):
        """Before the page of the first run has come, the second one opens no other tab; nor does it say again where the server is."""
        first = self.languages[0]
        said = self.run_script(first, "show").stderr
        self.assertIn("Server running in the folder", said)
        self.assertIn("Opening new tab...", said)
        address = self.wait_opened()
        for _ in range(2):
            said = self.run_script(self.languages[-1], "show").stderr
            self.assertNotIn("Server running", said)
            self.assertNotIn("Opening", said)
        self.assertEqual(len(self.opened.read_text().splitlines()), 1)
        # Once the page has come and gone, a run opens a tab again.
        (server,) = self.servers()
        page = Page(server["port"], server["token"], address.partition("&v=")[2])
        page.close()
        while self.ask_pages(server, address.partition("&v=")[2]):
            pass
        self.assertIn("Opening new tab...", self.run_script(first, "show").stderr)
        self.wait_opened()
        self.assertEqual(len(self.opened.read_text().splitlines()), 2)

    def test_a_script_that_is_killed(self):
        for language in self.languages:
            with self.subTest(language=language):
                self.run_script(language, "show", language, die=True, status=-9)
                (server,) = self.servers()
                self.assertIn(language, self.names(server))

    def test_a_script_that_only_writes(self):
        for language in self.languages:
            with self.subTest(language=language):
                self.run_script(language, "write", language)
                self.assertEqual(self.servers(), [])
                self.assertEqual(self.processes(), [])
                self.assertTrue((self.folder / "stocks" / f"{language}.json").exists())

    def test_the_server_ends_by_itself(self):
        self.environment["CHARTS_IDLE"] = "2"
        self.run_script(self.languages[0], "show")
        (server,) = self.servers()
        end = os.pidfd_open(server["pid"])
        address = self.wait_opened()
        page = Page(server["port"], server["token"], address.partition("&v=")[2])
        self.assertFalse(select.select([end], [], [], 3)[0], "it ended while a page was open")
        page.close()
        self.assertTrue(select.select([end], [], [], 30)[0], "it did not end")
        os.close(end)
        self.assertEqual(self.servers(), [])
        self.run_script(self.languages[0], "show")  # and the next one starts another
        self.assertEqual(len(self.servers()), 1)

    def test_scripts_that_start_together(self):
        language = self.languages[0]
        scripts = []
        for i in range(6):
            script = self.folder.parent / f"together-{i}"
            script.write_text((LUA if language == "lua" else R)["show"].replace("NAME", f"S{i}"))
            scripts.append(subprocess.Popen(command(language, script), cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True))
        for one in scripts:
            _, said = one.communicate(timeout=120)
            self.assertEqual(one.returncode, 0, said)
        self.assertEqual(len(self.processes()), 1)
        (server,) = self.servers()
        self.assertEqual(self.names(server), [f"S{i}" for i in range(6)])

    def test_a_process_keeps_nothing(self):
        self.run_script(self.languages[0], "show")
        (server,) = self.servers()
        process = pathlib.Path(f"/proc/{server['pid']}")
        for standard in range(3):
            self.assertEqual(os.readlink(process / "fd" / str(standard)), "/dev/null")
        self.assertEqual(os.readlink(process / "cwd"), "/")
        self.assertEqual(os.getsid(server["pid"]) == os.getsid(0), False)
        # What its page saves in a shared directory others may read, as far as the person's own umask lets them.
        umask = [line for line in (process / "status").read_text().splitlines() if line.startswith("Umask:")]
        self.assertEqual(umask, [line for line in pathlib.Path("/proc/self/status").read_text().splitlines() if line.startswith("Umask:")])
        self.assertNotIn(server["token"].encode(), (process / "cmdline").read_bytes())
        self.assertNotIn(server["token"].encode(), (process / "environ").read_bytes())

    def test_the_command_finds_it(self):
        self.run_script(self.languages[0], "show")
        (server,) = self.servers()
        tool = str(BUILD / "charts")
        for directory in (self.folder, self.folder / "stocks"):
            url = subprocess.run([tool, "url", str(directory)], env=self.environment, capture_output=True, text=True, check=True).stdout
            self.assertIn(f":{server['port']}/", url)
            self.assertIn(f"#t={server['token']}", url)
        end = os.pidfd_open(server["pid"])
        subprocess.run([tool, "stop", str(self.folder)], env=self.environment, check=True, capture_output=True)
        self.assertTrue(select.select([end], [], [], 20)[0])
        os.close(end)
        self.assertEqual(self.servers(), [])


def main():
    global BUILD
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.environ.get("CHARTS_BUILD", "build"))
    options, rest = parser.parse_known_args()
    BUILD = pathlib.Path(options.build).resolve()
    Detached.languages = tuple(one for one in ("lua", "r") if available(one))
    if not Detached.languages:
        sys.exit("no language's binding is built")
    print("languages:", ", ".join(Detached.languages), file=sys.stderr)
    unittest.main(argv=[sys.argv[0], *rest])


if __name__ == "__main__":
    main()
