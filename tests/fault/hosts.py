"""Programs that load charts, driven line by line, and pages that load their servers: for the tests of the host process.

A host is a Lua, R or C process that does what it is told on its standard input, one line at a time, and answers each line with one line.
"""
import argparse
import contextlib
import fcntl
import http.client
import json
import os
import pathlib
import select
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

BUILD = pathlib.Path(os.environ.get("CHARTS_BUILD", "build")).resolve()
LONG = os.environ.get("CHARTS_LONG") == "1"
LIMIT = 120  # seconds that nothing here may take

LUA = """
-- Does each line, an expression or statements, and answers with a line.
for line in io.lines() do
  local chunk, problem = load("return " .. line)
  if not chunk then chunk, problem = load(line) end
  local ok, got
  if chunk then ok, got = pcall(chunk) else ok, got = false, problem end
  io.stdout:write(ok and "" or "error: ", (tostring(got):gsub("\\n", "\\\\n")), "\\n")
  io.stdout:flush()
end
"""

R = """
.answer <- function(text) {
  got <- tryCatch(eval(parse(text = text), globalenv()), error = function(e) paste0("error: ", conditionMessage(e)),
                  interrupt = function(e) "error: interrupted!")
  got <- if (is.atomic(got)) paste(as.character(got), collapse = " ") else class(got)[1]
  cat(gsub("\\n", "\\\\n", got, fixed = TRUE), "\\n", sep = "")
  flush(stdout())
}
.input <- file("stdin", "r")
while (length(.line <- readLines(.input, 1))) .answer(.line)
"""


class Place:
    """A folder to work in, with a runtime directory of its own."""

    def __init__(self):
        self.own = tempfile.TemporaryDirectory(prefix="charts-fault-")
        self.path = pathlib.Path(self.own.name).resolve()
        self.runtime = self.path / "run"
        self.runtime.mkdir(mode=0o700)
        self.folder = self.path / "work"
        self.folder.mkdir()
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("CHARTS_")}
        self.environment.update(XDG_RUNTIME_DIR=str(self.runtime), XDG_CACHE_HOME=str(self.path / "cache"), CHARTS_SERVER="thread",
                                CHARTS_QUIET="1", CHARTS_BROWSER="true")

    def close(self):
        self.own.cleanup()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Host:
    """A process that answers line by line. `load` and `address` are its own words for loading charts and starting the server."""

    def __init__(self, place, command, environment=None, **more):
        self.place = place
        self.process = subprocess.Popen([BUILD / "run", *command], cwd=place.folder, env={**place.environment, **(environment or {})},
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1, **more)
        self.said = []
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()

    def _listen(self):
        for line in self.process.stderr:
            self.said.append(line)

    @property
    def pid(self):
        return self.process.pid

    def begin(self):
        """What comes before loading charts."""

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def hear(self):
        ready, _, _ = select.select([self.process.stdout], [], [], LIMIT)
        line = self.process.stdout.readline() if ready else ""
        if not line.endswith("\n"):
            raise AssertionError(f"the host says nothing: {self.process.poll()} {''.join(self.said)}")
        return line[:-1]

    def ask(self, line):
        self.tell(line)
        answer = self.hear()
        if answer.startswith("error: "):
            raise AssertionError(f"{line}: {answer}")
        return answer

    def end(self, line=None):
        """Has it end by itself; gives its exit status and the seconds that passed until it was gone."""
        gone = os.pidfd_open(self.pid)
        try:
            started = time.monotonic()
            if line is None:
                self.process.stdin.close()
            else:
                self.tell(line)
            ended, _, _ = select.select([gone], [], [], LIMIT)
            seconds = time.monotonic() - started
        finally:
            os.close(gone)
        if not ended:
            self.process.kill()
        status = self.process.wait()
        self._close()
        return status, seconds

    def _close(self):
        self.listener.join(LIMIT)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            with contextlib.suppress(OSError):
                stream.close()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()


class LuaHost(Host):
    name = "Lua"
    load = 'charts = require "charts"'
    plot = 'c = charts.plotasync({1, 2, 3}, {name = "A", save = "d"})'
    address = "c:url()"
    # Errors of the closing of the state are raised by the state, not by us.
    exits = {"os.exit(7)": 7, "os.exit(7, true)": 7}

    def __init__(self, place, **more):
        script = place.path / "host.lua"
        script.write_text(LUA)
        super().__init__(place, ["lua5.4", str(script)], **more)


class EmbeddedLua(Host):
    """A program that Lua is embedded in: it closes its Lua state."""
    name = "embedded Lua"
    load = 'charts = require "charts"'
    plot = LuaHost.plot
    address = "c:url()"
    unload = "-"
    state = "state"
    exits = {}

    def __init__(self, place, **more):
        super().__init__(place, [str(BUILD / "fault" / "states")], **more)

    def begin(self):
        self.ask("+")


class RHost(Host):
    name = "R"
    load = "library(charts)"
    plot = 'c <- plotasync(c(1, 2, 3), name = "A", save = "d")'
    address = "c$url()"
    unload = 'rm(c); detach("package:charts", unload = TRUE); "charts" %in% names(getLoadedDLLs())'
    state = 'paste(Sys.getlocale("LC_ALL"), paste(names(Sys.getenv()), Sys.getenv(), sep = "=", collapse = " "))'
    exits = {'quit("no", 7)': 7}

    def __init__(self, place, **more):
        if not (BUILD / "r" / "library" / "charts").exists():
            raise unittest.SkipTest("the R package is not built")
        script = place.path / "host.R"
        script.write_text(R)
        super().__init__(place, ["Rscript", "--vanilla", str(script)], **more)


class CHost(Host):
    name = "C"
    load = "load"
    plot = "plot A 3"
    address = "address"
    unload = "unload"
    state = "state"
    exits = {"exit 7": 7, "close-exit 7": 7, "_exit 7": 7}

    def __init__(self, place, **more):
        super().__init__(place, [str(BUILD / "fault" / "host")], **more)


def start(kind, place, **more):
    """A host with charts loaded and its server running: the host, its port and its token."""
    host = kind(place, **more)
    try:
        host.begin()
        host.ask(kind.load)
        host.ask(kind.plot)
        port, token = split(host.ask(kind.address))
    except BaseException:
        host.kill()
        raise
    return host, port, token


def split(url):
    address, _, fragment = url.partition("#")
    token = next(part[2:] for part in fragment.split("&") if part.startswith("t="))
    return int(address.split(":")[2].split("/")[0]), token


# ---- Requests and pages ----

def request(port, token, method, path, body=None, timeout=LIMIT):
    """Status and body of one request."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        headers = {"Authorization": f"Bearer {token}", "Connection": "close"}
        text = None
        if body is not None:
            text = json.dumps(body)
            headers["Content-Type"] = "application/json"
        connection.request(method, path, text, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def window(port, token, directory, files, columns=1200):
    return request(port, token, "POST", f"/api/d/{directory}/window", {"series": files, "from": None, "to": None, "columns": columns,
                                                                        "x": "linear"})


class Page:
    """The WebSocket of an open page."""

    def __init__(self, port, token, directory):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=LIMIT)
        lines = [f"GET /api/d/{directory}/live?view=0123abcd HTTP/1.1", f"Host: 127.0.0.1:{port}", "Connection: Upgrade", "Upgrade: websocket",
                 "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==",
                 f"Sec-WebSocket-Protocol: charts.token.{token}, charts", "", ""]
        self.socket.sendall("\r\n".join(lines).encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            piece = self.socket.recv(1)
            if not piece:
                raise ConnectionError(f"no upgrade: {head!r}")
            head += piece
        if not head.startswith(b"HTTP/1.1 101"):
            raise ConnectionError(head.decode("latin-1"))

    def _read(self, count):
        got = b""
        while len(got) < count:
            piece = self.socket.recv(count - len(got))
            if not piece:
                raise ConnectionError("the page was closed")
            got += piece
        return got

    def message(self):
        """The next text message, as JSON."""
        while True:
            opcode, length = self._read(2)
            if length == 126:
                length = int.from_bytes(self._read(2), "big")
            elif length == 127:
                length = int.from_bytes(self._read(8), "big")
            text = self._read(length)
            if opcode == 0x81:
                return json.loads(text)

    def close(self):
        self.socket.close()


def stopped_reader(port, token, directory, file):
    """A socket that asked for a file and reads none of it."""
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reader.connect(("127.0.0.1", port))
    reader.sendall(f"GET /api/d/{directory}/series/{file} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    return reader


class Load:
    """What open pages do, on threads, until it is ended: windows, listings, pages that come and go."""

    def __init__(self, port, token, directory, file, threads=3):
        self.port, self.token, self.directory, self.file = port, token, directory, file
        self.stopping = threading.Event()
        self.answers = 0
        self.failures = []
        self.mutex = threading.Lock()
        self.begun = threading.Event()
        self.threads = [threading.Thread(target=self._run, daemon=True) for _ in range(threads)]
        for thread in self.threads:
            thread.start()
        self.begun.wait(LIMIT)

    def _once(self):
        page = Page(self.port, self.token, self.directory)
        try:
            page.message()
            status, _ = window(self.port, self.token, self.directory, [self.file])
            listed, _ = request(self.port, self.token, "GET", f"/api/d/{self.directory}/series")
            if (status, listed) != (200, 200):
                raise AssertionError(f"answers {status} and {listed}")
        finally:
            page.close()

    def _run(self):
        while not self.stopping.is_set():
            try:
                self._once()
            except Exception as problem:  # pylint: disable=broad-except
                if not self.stopping.is_set():
                    self.failures.append(repr(problem))
                    self.begun.set()
                    return
                continue
            with self.mutex:
                self.answers += 1
            self.begun.set()

    def stop(self):
        """Ends it; what failed while the server ran."""
        self.stopping.set()
        for thread in self.threads:
            thread.join(LIMIT)
        return self.failures

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


# ---- Locks of a chart directory (core/FORMAT.md, section 1) ----

def series_byte(file):
    """The byte of .charts/lock that is a series' own."""
    value = 0xcbf29ce484222325
    for byte in file.encode():
        value = (value ^ byte) * 0x100000001b3 % 2**64
    return 1 + value % 2**40


class Locked:
    """Holds bytes of a directory's lock, like a process that writes and does not come to an end."""

    def __init__(self, directory, *places):
        self.file = os.open(directory / ".charts" / "lock", os.O_RDWR | os.O_CLOEXEC)
        for place in places:
            fcntl.fcntl(self.file, 38, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, place, 1, 0))  # F_OFD_SETLKW

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.file)


class Hosted(unittest.TestCase):
    """A test with a place of its own, and hosts in it with pages that load them; all of them end with the test."""

    def setUp(self):
        self.place = Place()
        self.addCleanup(self.place.close)
        self.directory = self.place.folder / "d"

    def host(self, kind):
        host, port, token = start(kind, self.place)
        self.addCleanup(host.kill)
        load = Load(port, token, "d", "A.json")
        self.addCleanup(load.stop)
        return host, port, token, load


def main():
    """Runs the tests of the program: [--build BUILD_DIR] and what unittest takes."""
    global BUILD
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.environ.get("CHARTS_BUILD", "build"))
    arguments, rest = parser.parse_known_args()
    BUILD = pathlib.Path(arguments.build).resolve()
    unittest.main(module="__main__", argv=[sys.argv[0], *rest])
