#!/usr/bin/python3
"""Every row of the refusals that needs no browser, by raw sockets: test_gate.py [--build BUILD_DIR]

Starts `charts serve` on a directory of its own and sends what no client library would send: as the same user, and, where
root runs it, as another one too.
"""
import argparse
import base64
import json
import os
import pathlib
import re
import select
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import unittest

SERVER = None
BUILD = None
LONG = bool(os.environ.get("CHARTS_LONG"))
NOBODY = 65534
ROOT = os.geteuid() == 0
WITHIN_A_SECOND = 5  # on a machine that does much else; what is not at once takes tens of seconds
TEXT_KEY = base64.b64encode(bytes(range(16))).decode()
API = [
    ("GET", "/api/directories"),
    ("POST", "/api/directories"),
    ("POST", "/api/shown"),
    ("POST", "/api/stop"),
    ("GET", "/api/d/stocks/series"),
    ("GET", "/api/d/stocks/series/AAPL.json"),
    ("POST", "/api/d/stocks/window"),
    ("GET", "/api/d/stocks/views/0123abcd"),
    ("GET", "/api/d/stocks/settings/testfile"),
    ("PUT", "/api/d/stocks/settings/testfile"),
    ("GET", "/api/d/stocks/live"),
    ("GET", "/api/"),
    ("GET", "/api/nothing"),
    ("DELETE", "/api/directories"),
]


CONNECTIONS = 400  # more than `charts serve` has threads
SOON = 6  # seconds for an answer beside a flood; where strangers keep the threads it takes ten


class Server:
    """`charts serve` in a folder that holds the chart directory `stocks`; run by `user` where that is given."""

    def __init__(self, build, user=None, **environment):
        self.command = str(pathlib.Path(build) / "charts")
        self.place = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.place.name)
        self.root.chmod(0o755)  # what keeps others out is not the folder of this test
        runtime = self.root / "run"
        runtime.mkdir(mode=0o700)
        self.folder = self.root / "work"
        (self.folder / "stocks" / ".charts" / "settings").mkdir(parents=True)
        (self.folder / "plain").mkdir()
        self.series("AAPL.json", {"name": "AAPL", "data": [[1, 2], [2, 3], [3, 5]]})
        (self.root / "secret.json").write_text('{"name":"secret","data":[1]}')
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("CHARTS_")}
        self.environment["XDG_RUNTIME_DIR"] = str(runtime)
        self.environment.update(environment)
        if user is not None:
            for path in [runtime, self.folder, *self.folder.rglob("*")]:
                os.chown(path, user, user)
        self.process = subprocess.Popen(
            [self.command, "serve", str(self.folder)], stdout=subprocess.PIPE, env=self.environment, text=True, user=user, group=user,
            extra_groups=None if user is None else []
        )
        self.line = self.process.stdout.readline()
        url = subprocess.run([self.command, "url", str(self.folder)], env=self.environment, capture_output=True, text=True, check=True, user=user)
        self.url = url.stdout.strip()
        self.file = json.loads(next((runtime / "charts").glob("*.json")).read_text())
        self.port, self.token = self.file["port"], self.file["token"]
        self.host = f"127.0.0.1:{self.port}"

    def series(self, file, content):
        (self.folder / "stocks" / file).write_text(json.dumps(content))

    def stop(self):
        self.process.terminate()
        status = self.process.wait(timeout=10)
        self.process.stdout.close()
        self.place.cleanup()
        return status


class Answer:
    def __init__(self, raw):
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split(" ")[1]) if raw else 0
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers.setdefault(name.lower(), []).append(value.strip())

    def json(self):
        return json.loads(self.body)


def as_nobody(work):
    """What `work` returns, as bytes, in a process of another user."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            result = work()
            while result:
                result = result[os.write(into, result) :]
            os._exit(0)
        except BaseException:  # of the child, whatever it is: the parent must not go on in two processes
            traceback.print_exc()
            os._exit(1)
    os.close(into)
    with open(out, "rb") as stream:
        result = stream.read()
    _, status = os.waitpid(child, 0)
    if status:
        raise AssertionError(f"the process of another user ended with status {status}")
    return result


def read_as_nobody(path):
    """The bytes of a file, or none where another user is kept out."""

    def read():
        try:
            return path.read_bytes()
        except PermissionError:
            return b""

    return as_nobody(read)


AS_ANOTHER = False


def exchange(raw, timeout=20, port=None):
    """Sends bytes, returns the answer."""
    port = port or SERVER.port
    return Answer(as_nobody(lambda: converse(raw, timeout, port)) if AS_ANOTHER else converse(raw, timeout, port))


def converse(raw, timeout, port):
    """Sends bytes, returns all that comes until the server closes or the answer is whole."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
        connection.sendall(raw)
        received = b""
        while True:
            try:
                piece = connection.recv(65536)
            except (ConnectionResetError, BrokenPipeError):
                break
            if not piece:
                break
            received += piece
            head, found, body = received.partition(b"\r\n\r\n")
            if found and head.startswith(b"HTTP/1.1 101"):
                break
            length = re.search(rb"(?i)content-length: (\d+)", head)
            if found and length and len(body) >= int(length.group(1)):
                break
        return received


def request(method, path, headers=(), body=b"", host=True, token=True, close=True):
    lines = [f"{method} {path} HTTP/1.1"]
    if host:
        lines.append(f"Host: {SERVER.host}")
    if token:
        lines.append(f"Authorization: Bearer {SERVER.token}")
    if close:
        lines.append("Connection: close")
    lines.extend(headers)
    return exchange("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)


def post(path, value, method="POST", headers=(), **more):
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return request(method, path, [f"Content-Length: {len(body)}", "Content-Type: application/json", *headers], body, **more)


def upgrade(protocols=None, origin=None, host=None, headers=(), path="/api/d/stocks/live"):
    lines = [f"Host: {host or SERVER.host}", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
             f"Sec-WebSocket-Key: {TEXT_KEY}"]
    if protocols is not None:
        lines.append(f"Sec-WebSocket-Protocol: {protocols}")
    if origin is not None:
        lines.append(f"Origin: {origin}")
    return request("GET", path, [*lines, *headers], host=False, token=False, close=False)


class Gate(unittest.TestCase):
    def refused(self, answer, status):
        self.assertIn(answer.status, status if isinstance(status, tuple) else (status,), answer.body)
        self.assertEqual(answer.headers["content-type"], ["application/problem+json"])
        problem = answer.json()
        self.assertEqual(problem["status"], answer.status)
        self.assertTrue(problem["detail"])
        self.safe(answer)

    def safe(self, answer):
        self.assertIn("default-src 'none'", answer.headers["content-security-policy"][0])
        self.assertEqual(answer.headers["x-content-type-options"], ["nosniff"])
        self.assertEqual(answer.headers["referrer-policy"], ["no-referrer"])
        self.assertIn("cache-control", answer.headers)
        self.assertFalse([name for name in answer.headers if name.startswith("access-control")])

    # ---- token

    def test_no_token(self):
        for method, path in API:
            with self.subTest(method=method, path=path):
                headers = ["Content-Length: 2", "Content-Type: application/json"] if method in ("POST", "PUT") else []
                self.refused(request(method, path, headers, b"{}" if headers else b"", token=False), 401)

    def test_wrong_tokens(self):
        good = SERVER.token
        last = "0" if good[-1] != "0" else "1"
        for given in ["", "x", good[:-1], good[:-1] + last, good + "0", good.upper() + " ", " " + good + " x", "0" * 32]:
            with self.subTest(given=given):
                self.refused(request("GET", "/api/directories", [f"Authorization: Bearer {given}"], token=False), 401)
        for header in [f"Authorization: Basic {good}", f"X-Token: {good}", f"Cookie: t={good}"]:
            self.refused(request("GET", "/api/directories", [header], token=False), 401)
        self.refused(request("GET", f"/api/directories?t={good}", token=False), 401)
        self.refused(request("GET", "/api/directories", [f"Authorization: Bearer {good}"]), 401)

    def test_token(self):
        answer = request("GET", "/api/directories")
        self.assertEqual(answer.status, 200)
        self.assertEqual([one["segment"] for one in answer.json()["directories"]], ["stocks"])
        self.safe(answer)

    # ---- Host and Origin

    def test_host(self):
        for host in ["evil.example", f"evil.example:{SERVER.port}", "127.0.0.1", "127.0.0.1:1", f"127.0.0.1:{SERVER.port}.evil.example",
                     f"127.0.0.1.evil.example:{SERVER.port}", f"0.0.0.0:{SERVER.port}", f"127.1:{SERVER.port}", "", f"[::1]:1",
                     f"user@127.0.0.1:{SERVER.port}"]:
            for path in ["/", "/stocks/", "/api/directories"]:
                with self.subTest(host=host, path=path):
                    self.refused(request("GET", path, [f"Host: {host}"], host=False), 403)
        for host in [f"127.0.0.1:{SERVER.port}", f"localhost:{SERVER.port}", f"LocalHost:{SERVER.port}", f"[::1]:{SERVER.port}"]:
            with self.subTest(host=host):
                self.assertEqual(request("GET", "/api/directories", [f"Host: {host}"], host=False).status, 200)

    def test_host_missing_or_doubled(self):
        self.refused(request("GET", "/api/directories", host=False), 400)
        self.refused(request("GET", "/api/directories", [f"Host: {SERVER.host}"]), 400)
        self.refused(request("GET", "/", ["Host: evil.example"]), 400)

    def test_origin(self):
        foreign = ["http://evil.example", "null", "https://" + SERVER.host, "http://127.0.0.1", f"http://127.0.0.1:{SERVER.port}0",
                   f"http://127.0.0.1:{SERVER.port}.evil.example", f"http://127.0.0.1:{SERVER.port}/", "file://", ""]
        for origin in foreign:
            with self.subTest(origin=origin):
                self.refused(post("/api/d/stocks/settings/x", {}, "PUT", [f"Origin: {origin}"]), 403)
                self.refused(request("GET", "/api/directories", [f"Origin: {origin}"]), 403)
        self.assertEqual(request("GET", "/api/directories", [f"Origin: http://{SERVER.host}"]).status, 200)
        self.refused(request("GET", "/", [f"Origin: http://{SERVER.host}", "Origin: http://evil.example"]), 400)
        self.assertFalse((SERVER.folder / "stocks/.charts/settings/x.json").exists())

    # ---- WebSocket

    def test_websocket(self):
        good = f"charts.token.{SERVER.token}, charts"
        answer = upgrade(good, f"http://{SERVER.host}")
        self.assertEqual(answer.status, 101)
        self.assertEqual(answer.headers["sec-websocket-protocol"], ["charts"])
        self.assertEqual(upgrade(good.replace(" ", "")).status, 101)
        for origin in ["http://evil.example", "null", "http://127.0.0.1", f"http://127.0.0.1:{SERVER.port}0", f"https://{SERVER.host}",
                       f"http://{SERVER.host}.evil.example", f"ws://{SERVER.host}"]:
            with self.subTest(origin=origin):
                self.refused(upgrade(good, origin), 403)
        self.refused(upgrade(good, host=f"evil.example:{SERVER.port}"), 403)
        for protocols in [None, "", "charts", "charts.token., charts", f"charts, charts.token.{SERVER.token}", f"charts.token.{SERVER.token}",
                          f"charts.token.{SERVER.token[:-1]}x, charts", f"charts.token.{SERVER.token}, charts, x"]:
            with self.subTest(protocols=protocols):
                self.refused(upgrade(protocols), 401)
        self.refused(upgrade(good, path="/api/d/nothing/live"), 404)
        self.refused(upgrade(good, path="/api/directories"), 400)
        self.refused(upgrade(good, path="/"), 400)
        self.refused(request("GET", "/api/d/stocks/live"), 426)

    def test_websocket_first_message(self):
        lines = [f"GET /api/d/stocks/live?view=0123abcd HTTP/1.1", f"Host: {SERVER.host}", "Upgrade: websocket", "Connection: Upgrade",
                 "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {TEXT_KEY}", f"Sec-WebSocket-Protocol: charts.token.{SERVER.token}, charts"]
        with socket.create_connection(("127.0.0.1", SERVER.port), timeout=20) as page:
            page.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")
            stream = page.makefile("rb")
            while stream.readline().strip():
                pass

            def message():
                first, length = stream.read(2)
                self.assertEqual(first, 0x81)
                if length == 126:
                    length = int.from_bytes(stream.read(2), "big")
                return json.loads(stream.read(length))

            greeting = message()
            self.assertEqual(greeting["changes"], [])
            self.assertEqual(post("/api/shown", {"directory": "stocks", "view": "0123abcd"}).json(), {"pages": 1})
            self.assertEqual(message(), {"shown": "0123abcd"})
            self.assertEqual(post("/api/shown", {"directory": "stocks", "view": "ffffffff"}).json(), {"pages": 0})
            SERVER.series("LIVE.json", {"name": "LIVE", "data": [1]})
            try:
                told = message()
            finally:
                (SERVER.folder / "stocks/LIVE.json").unlink()
            self.assertEqual(told["changes"], [{"file": "LIVE.json", "name": "LIVE", "change": "added"}])
            self.assertNotEqual(told["revision"], greeting["revision"])
            self.assertEqual(message()["changes"], [{"file": "LIVE.json", "name": "LIVE", "change": "removed"}])
            stream.close()

    def test_the_port_of_a_peer_at_another_address(self):
        """Who takes the port of a page, on another loopback address, neither hears what the page is told nor ends it."""
        lines = ["GET /api/d/stocks/live HTTP/1.1", f"Host: {SERVER.host}", "Upgrade: websocket", "Connection: Upgrade",
                 "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {TEXT_KEY}", f"Sec-WebSocket-Protocol: charts.token.{SERVER.token}, charts"]

        def connect(address, port=0):
            made = socket.socket()
            self.addCleanup(made.close)
            made.settimeout(20)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind((address, port))
            made.connect(("127.0.0.1", SERVER.port))
            return made

        def until(page, text):
            while text not in page.heard:
                page.heard += page.of.recv(4096) or self.fail(f"the page was closed: {page.heard}")

        def ended(connection):
            """Ends without a byte."""
            try:
                return connection.recv(4096) == b""
            except ConnectionResetError:
                return True

        silent = connect("127.0.0.2")
        self.assertTrue(ended(silent))
        page = type("Page", (), {"of": connect("127.0.0.1"), "heard": b""})
        port = page.of.getsockname()[1]
        page.of.sendall("\r\n".join(lines).encode() + b"\r\n\r\n")
        until(page, b'"changes"')
        loud = connect("127.0.0.3", port)
        self.assertTrue(ended(loud))
        SERVER.series("LIVE.json", {"name": "LIVE", "data": [1]})
        try:
            until(page, b'"added"')
        finally:
            (SERVER.folder / "stocks/LIVE.json").unlink()

    # ---- methods

    def test_preflight(self):
        for path in ["/", "/stocks/", "/api/directories", "/api/d/stocks/window"]:
            for headers in [[], [f"Origin: http://{SERVER.host}", "Access-Control-Request-Method: PUT"]]:
                with self.subTest(path=path, headers=headers):
                    self.refused(request("OPTIONS", path, headers), 403)

    def test_methods(self):
        for method, path, allow in [("DELETE", "/", "GET, HEAD"), ("POST", "/stocks/", "GET, HEAD"), ("PUT", "/api/directories", "GET, HEAD, POST"),
                                    ("GET", "/api/shown", "POST"), ("PATCH", "/api/d/stocks/series", "GET, HEAD"),
                                    ("POST", "/api/d/stocks/settings/x", "GET, HEAD, PUT"), ("DELETE", "/assets/main.js", "GET, HEAD")]:
            with self.subTest(method=method, path=path):
                answer = request(method, path)
                self.refused(answer, 405)
                self.assertEqual(answer.headers["allow"], [allow])
        for method in ["TRACE", "CONNECT", "PROPFIND", "MKCOL", "get", "FOO"]:
            with self.subTest(method=method):
                answer = request(method, "/api/directories")
                self.assertIn(answer.status, (400, 405))
                self.safe(answer)

    def test_head(self):
        answer = request("HEAD", "/api/d/stocks/series/AAPL.json")
        self.assertEqual((answer.status, answer.body), (200, b""))
        self.assertGreater(int(answer.headers["content-length"][0]), 0)

    # ---- paths

    def test_paths(self):
        for path in ["/..", "/../", "/stocks/..", "/api/d/../series", "/api/d/%2e%2e/series", "/api/d/.%2e/series", "/api/d/stocks%2fx/series",
                     "/api/d/stocks%2Fx/series", "/api/d/stocks%00/series", "/api/d/stocks/series/..%2f..%2fsecret.json",
                     "/api/d/stocks/series/%2e%2e", "/api/d/stocks/series/AAPL.json%00.png", "/api/d/%/series", "/api/d/%zz/series", "/%ff/",
                     f"http://{SERVER.host}/api/directories", "http://evil.example/", "*", "/api/d/./series", "/api/d/..;/series",
                     "/api//directories", "//api/directories", "/api/d/stocks/series/../../../../secret.json", "/api/d/stocks/series/%5c..%5csecret.json",
                     "/api/d/plain/series", "/api/d/stocks/series/secret.json", "/api/d/stocks/series/.charts", "/api/d/stocks/series/.x.json",
                     "/api/d/stocks/views/..%2fx", "/api/d/stocks/views/zzzzzzzz", "/api/directories/", "/api/d/stocks", "/a/b/c/d/e/f/g/h/i"]:
            with self.subTest(path=path):
                self.refused(request("GET", path), (400, 404))

    def test_links_and_devices(self):
        stocks = SERVER.folder / "stocks"
        made = [stocks / name for name in ("link.json", "pipe.json", "folder.json", "locked.json", "broken.json", "socket.json", "device.json", "hole.json")]
        made[0].symlink_to(SERVER.root / "secret.json")
        os.mkfifo(made[1])
        made[2].mkdir()
        made[3].write_text("{}")
        made[3].chmod(0)
        made[4].write_text('{"name":')
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(made[5]))
        listener.close()
        if ROOT:
            os.mknod(made[6], 0o666 | stat.S_IFCHR, os.makedev(1, 5))  # /dev/zero
        else:
            made[6].symlink_to("/dev/zero")
        made[7].write_text('{"name":"H","display":true,"index":0,"data":[1,2')
        os.truncate(made[7], 20 << 30)
        began = time.monotonic()
        (SERVER.folder / "linked").symlink_to(stocks)
        try:
            for path in [*made[:3], *made[4:]]:
                with self.subTest(file=path.name):
                    self.refused(request("GET", f"/api/d/stocks/series/{path.name}"), (404, 422))
            listing = request("GET", "/api/d/stocks/series").json()
            self.assertEqual([one["file"] for one in listing["series"]], ["AAPL.json"])
            broken = {one["file"]: one["reason"] for one in listing["broken"]}
            self.assertEqual(set(broken), {path.name for path in made} - (set() if "locked.json" in broken else {"locked.json"}))
            self.assertTrue(all(broken.values()))
            answer = post("/api/d/stocks/window", {"series": [one.name for one in made] + ["AAPL.json"], "from": None, "to": None, "columns": 10, "x": "linear"})
            self.assertEqual(answer.status, 200)
            header = json.loads(answer.body[12 : 12 + int.from_bytes(answer.body[8:12], "little")])
            self.assertTrue(all("error" in one for one in header["series"][:-1]))
            self.assertEqual(header["series"][-1]["count"], 3)
            self.refused(request("GET", "/api/d/linked/series"), 404)
            self.assertLess(time.monotonic() - began, WITHIN_A_SECOND)
        finally:
            (SERVER.folder / "linked").unlink()
            for path in made:
                if path == made[2]:
                    path.rmdir()
                else:
                    path.unlink()

    # ---- bodies

    def test_content_type(self):
        for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx", ""]:
            with self.subTest(kind=kind):
                self.refused(request("PUT", "/api/d/stocks/settings/x", ["Content-Length: 2", f"Content-Type: {kind}"], b"{}"), 415)
        self.refused(request("PUT", "/api/d/stocks/settings/x", ["Content-Length: 2"], b"{}"), 415)

    def test_body_size(self):
        self.refused(request("PUT", "/api/d/stocks/settings/x", ["Content-Length: 1048577", "Content-Type: application/json"]), 413)
        self.refused(request("PUT", "/api/d/stocks/settings/x", ["Content-Length: 99999999999999999999", "Content-Type: application/json"]), 413)
        self.refused(request("PUT", "/api/d/stocks/settings/x", ["Content-Type: application/json"]), 411)
        # Sent in full before the answer is read: the answer must come all the same, not a reset connection.
        self.refused(post("/api/d/stocks/settings/x", b'{"a":"' + b"x" * 3000000 + b'"}', "PUT"), 413)
        self.refused(post("/api/d/stocks/settings/x", b"x" * 1000000, "PUT", token=False), 401)
        self.assertEqual(post("/api/d/stocks/settings/big", b'{"title":{"text":"' + b"x" * 1000000 + b'"}}', "PUT").status, 200)

    def test_body_framing(self):
        kind = "Content-Type: application/json"
        for headers in [["Content-Length: 2", "Content-Length: 2"], ["Content-Length: 2", "Content-Length: 3"],
                        ["Content-Length: 2", "Transfer-Encoding: chunked"], ["Content-Length: -1"], ["Content-Length: 2x"], ["Content-Length: "],
                        ["Content-Length: 0x2"], ["Content-Length: +2"], ["Content-Length: 2, 2"]]:
            with self.subTest(headers=headers):
                self.assertIn(request("PUT", "/api/d/stocks/settings/x", [kind, *headers], b"{}").status, (400, 411))
        self.refused(request("PUT", "/api/d/stocks/settings/x", [kind, "Transfer-Encoding: chunked"], b"2\r\n{}\r\n0\r\n\r\n"), 411)
        self.refused(request("GET", "/api/directories", ["Content-Length: 2"], b"{}"), 400)

    def test_json(self):
        for body in [b"", b"[]", b"1", b"{", b"nonsense", b'{"a":1}{"b":2}', b"\xff\xfe", b'{"x":' * 70 + b"1" + b"}" * 70, b"[" * 100000]:
            with self.subTest(body=body[:20]):
                self.refused(post("/api/d/stocks/settings/x", body, "PUT"), 422)
        for body in ["{" + ",".join(f'"a{i}":1' for i in range(4097)) + "}", '{"title":[' + ",".join(["1"] * 100001) + "]}",
                     '{"a":[' + ",".join(["{}"] * 300000) + "]}"]:
            with self.subTest(size=len(body)):
                self.refused(post("/api/d/stocks/settings/x", body.encode(), "PUT"), 422)
        self.refused(post("/api/d/stocks/settings/x", {"title": 1}, "PUT"), 422)
        self.refused(post("/api/d/stocks/settings/" + "x" * 1025, {}, "PUT"), 422)
        self.assertFalse((SERVER.folder / "stocks/.charts/settings/x.json").exists())

    def test_window_request(self):
        good = {"series": ["AAPL.json"], "from": None, "to": None, "columns": 100, "x": "linear"}
        self.assertEqual(post("/api/d/stocks/window", good).status, 200)
        for member, value in [("series", "AAPL.json"), ("series", [1]), ("series", ["a"] * 1025), ("columns", 0), ("columns", 65537), ("columns", 1.5),
                              ("columns", "9"), ("columns", None), ("from", "0"), ("to", []), ("x", "cubic"), ("x", 1)]:
            with self.subTest(member=member, value=str(value)[:20]):
                self.refused(post("/api/d/stocks/window", {**good, member: value}), 422)

    def test_register(self):
        for path in ["stocks", "", None, 1, str(SERVER.folder / "plain"), "/nothing", str(SERVER.root / "secret.json")]:
            with self.subTest(path=path):
                self.refused(post("/api/directories", {"path": path}), (404, 422))
        outside = SERVER.root / "outside"
        (outside / ".charts").mkdir(parents=True)
        segment = post("/api/directories", {"path": str(outside)}).json()["segment"]
        self.assertRegex(segment, "^~[0-9a-f]{16}$")
        self.assertEqual(request("GET", f"/api/d/{segment}/series").json()["series"], [])
        (outside / ".charts").rmdir()
        outside.rmdir()
        self.refused(request("GET", f"/api/d/{segment}/series"), 404)
        self.assertEqual(request("GET", "/api/d/stocks/series").status, 200)

    # ---- heads

    def test_header_count_and_size(self):
        self.refused(request("GET", "/api/directories", [f"X-{i}: 1" for i in range(61)]), 431)
        self.refused(request("GET", "/api/directories", [f"X-{i}: 1" for i in range(100)]), (400, 431))
        self.assertEqual(request("GET", "/api/directories", [f"X-{i}: 1" for i in range(40)]).status, 200)
        self.refused(request("GET", "/api/directories", ["X: " + "y" * 20000]), (400, 413, 431))
        self.refused(request("GET", "/" + "y" * 5000 + "/"), 414)
        self.refused(request("GET", "/api/directories?" + "y" * 2000), 414)

    def test_not_http(self):
        for raw in [b"\x00\x01\x02\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/3.0\r\nHost: x\r\n\r\n", b"\r\n\r\n\r\n\r\n", b"GET / HTTP/1.1\r\nHost\r\n\r\n"]:
            with self.subTest(raw=raw):
                answer = exchange(raw)
                self.assertIn(answer.status, (0, 400, 403, 505))

    # ---- the page and files

    def test_range_and_etag(self):
        whole = request("GET", "/api/d/stocks/series/AAPL.json")
        tag = whole.headers["etag"][0]
        self.assertEqual(request("GET", "/api/d/stocks/series/AAPL.json", [f"If-None-Match: {tag}"]).status, 304)
        part = request("GET", "/api/d/stocks/series/AAPL.json", ["Range: bytes=2-5"])
        self.assertEqual((part.status, part.body), (206, whole.body[2:6]))
        self.assertEqual(part.headers["content-range"], [f"bytes 2-5/{len(whole.body)}"])
        self.assertEqual(request("GET", "/api/d/stocks/series/AAPL.json", ["Range: bytes=-4"]).body, whole.body[-4:])
        self.assertEqual(request("GET", "/api/d/stocks/series/AAPL.json", ["Range: bytes=9-"]).body, whole.body[9:])
        self.refused(request("GET", "/api/d/stocks/series/AAPL.json", ["Range: bytes=99999-"]), 416)
        for odd in ["bytes=5-2", "bytes=", "bytes=a-b", "bytes=0-1,3-4", "lines=0-1", "bytes=99999999999999999999999-"]:
            self.assertIn(request("GET", "/api/d/stocks/series/AAPL.json", [f"Range: {odd}"]).status, (200, 416))

    def test_redirect(self):
        answer = request("GET", "/stocks", token=False)
        self.assertEqual((answer.status, answer.headers["location"]), (301, ["./stocks/"]))
        answer = request("GET", "/a%3Ab%0d", token=False)
        self.refused(answer, 400)
        self.assertEqual(request("GET", "/a%3Ab", token=False).headers["location"], ["./a%3Ab/"])

    def test_keep_alive(self):
        head = f"GET /api/directories HTTP/1.1\r\nHost: {SERVER.host}\r\nAuthorization: Bearer {SERVER.token}\r\n\r\n".encode()
        with socket.create_connection(("127.0.0.1", SERVER.port), timeout=20) as connection:
            for _ in range(3):
                connection.sendall(head)
                received = b""
                while b"\r\n\r\n" not in received or len(received.partition(b"\r\n\r\n")[2]) < int(
                    re.search(rb"(?i)content-length: (\d+)", received).group(1)
                ):
                    received += connection.recv(65536)
                self.assertTrue(received.startswith(b"HTTP/1.1 200"))

    def test_order(self):
        """Who is refused for several reasons learns the first: that the origin is foreign, then that the token is wrong, then the rest."""
        path, body = "/api/d/stocks/settings/x", b"x"
        for method in ("PUT", "POST", "DELETE"):
            for kind in ("text/plain", "application/json"):
                headers = [f"Content-Type: {kind}", "Content-Length: 1"]
                with self.subTest(method=method, kind=kind):
                    self.refused(request(method, path, [*headers, "Origin: http://evil.example"], body, token=False), 403)
                    self.refused(request(method, path, headers, body, token=False), 401)
        self.refused(request("PUT", path, ["Content-Type: text/plain", "Content-Length: 1"], body), 415)
        self.refused(request("PUT", path, ["Content-Type: application/json", "Content-Length: 1"], body), 422)

    def test_doubled(self):
        doubled = [f"Authorization: Bearer {SERVER.token}", f"Host: {SERVER.host}", "Origin: http://" + SERVER.host, "Content-Length: 2",
                   "Content-Type: application/json"]
        for header in doubled:
            with self.subTest(header=header.split(":")[0]):
                headers = [one for one in doubled if one != header] + [header, header]
                answer = request("PUT", "/api/d/stocks/settings/x", headers, b"{}", host=False, token=False)
                self.refused(answer, (400, 401, 415))
        protocol = f"Sec-WebSocket-Protocol: charts.token.{SERVER.token}, charts"
        self.refused(upgrade(headers=[protocol, protocol]), 401)
        self.assertFalse((SERVER.folder / "stocks/.charts/settings/x.json").exists())

    def test_no_second_request(self):
        """What follows a refused body is no request: it is neither carried out nor answered."""
        second = (f"PUT /api/d/stocks/settings/smuggled HTTP/1.1\r\nHost: {SERVER.host}\r\nAuthorization: Bearer {SERVER.token}\r\n"
                  "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
        for headers in ["Content-Length: 4\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked", "Content-Length: 4\r\nContent-Length: 0",
                        "Content-Length: 5000000"]:
            with self.subTest(headers=headers):
                raw = (f"PUT /api/d/stocks/settings/x HTTP/1.1\r\nHost: {SERVER.host}\r\nAuthorization: Bearer {SERVER.token}\r\n"
                       f"Content-Type: application/json\r\n{headers}\r\n\r\n0\r\n\r\n{second}")
                answer = exchange(raw.encode())
                self.refused(answer, (400, 411, 413))
                self.assertEqual(answer.headers["connection"], ["close"])
                self.assertFalse((SERVER.folder / "stocks/.charts/settings/smuggled.json").exists())

    def test_odd_heads(self):
        good = f"Host: {SERVER.host}\r\nAuthorization: Bearer {SERVER.token}"
        for raw in [f"GET /api/directories HTTP/1.1\r\nHost : evil.example\r\n{good}", f"GET /api/directories HTTP/1.1\r\n{good}\r\nHost : evil.example",
                    f"GET /api/directories\r\n{good}", f"GET /api/directories HTTP/2.0\r\n{good}", f"\tGET /api/directories HTTP/1.1\r\n{good}",
                    f"GET /api/dire\0ctories HTTP/1.1\r\n{good}", f"GET /api/directories HTTP/1.1\r\n{good}\r\nX\0: 1", f"GET /api/directories HTTP/1.1\r\n{good}x",
                    f"GET /api/directories HTTP/1.1\r\n\r\n{good}", "GET http://evil.example/api/directories HTTP/1.1\r\n" + good,
                    "G\u00cbT /api/directories HTTP/1.1\r\n" + good]:
            with self.subTest(raw=raw[:60]):
                self.assertIn(exchange(raw.encode("latin-1") + b"\r\nConnection: close\r\n\r\n").status, (0, 400, 401, 403, 404, 405, 505))

    def test_page(self):
        """Who opens an address reads why there is nothing; whoever asks for data gets JSON."""
        for path, headers, status in [("/a/b/", [], 404), ("/%00/", [], 400), ("/", ["Host: evil.example"], 403)]:
            answer = request("GET", path, ["Accept: text/html,*/*;q=0.8", *headers], host=not headers, token=False)
            self.assertEqual((answer.status, answer.headers["content-type"]), (status, ["text/html; charset=utf-8"]))
            self.assertIn(b"<h1>", answer.body)
            self.assertNotIn(b"<script", answer.body)
            self.safe(answer)
        self.refused(request("GET", "/api/directories", ["Accept: text/html"], token=False), 401)

    def test_many_connections(self):
        """Connections that say nothing, more than there are threads, must not keep a plain request from its answer: not until they
        are late, which would take ten seconds. Nor may those that come from another loopback address, as any user's may."""
        for address in ("127.0.0.1", "127.0.0.2"):
            with self.subTest(address=address):
                silent = [socket.create_connection(("127.0.0.1", SERVER.port), 20, (address, 0)) for _ in range(CONNECTIONS)]
                try:
                    for _ in range(3):
                        began = time.monotonic()
                        self.assertEqual(request("GET", "/api/directories").status, 200)
                        self.assertLess(time.monotonic() - began, SOON)
                finally:
                    for one in silent:
                        one.close()


def slowly(first, rest=b"", read=0, seconds=0):
    """Sends `first`, then a byte of `rest` each second until something is answered. Reads `read` bytes a second for some seconds
    where that is given, then all that is left. Returns what came."""
    received = b""
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", SERVER.port))
        connection.sendall(first)
        connection.settimeout(60)
        end = time.monotonic() + seconds
        while True:
            slow = read and time.monotonic() < end
            try:
                if slow:
                    select.select([], [], [], 1)
                elif rest and not select.select([connection], [], [], 1)[0]:
                    connection.sendall(rest[:1])
                    rest = rest[1:]
                    continue
                piece = connection.recv(read if slow else 65536)
            except OSError:
                return received
            if not piece:
                return received
            received += piece


class Slow(unittest.TestCase):
    """Whoever is slow, or stops, is answered 408 or ended, however many bytes still come."""

    def test_slow(self):
        put = (f"PUT /api/d/stocks/settings/x HTTP/1.1\r\nHost: {SERVER.host}\r\nAuthorization: Bearer {SERVER.token}\r\n"
               "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n").encode()
        head = f"GET / HTTP/1.1\r\nHost: {SERVER.host}\r\nX-Slow: ".encode()
        file = f"GET /api/d/stocks/series/LONG.json HTTP/1.1\r\nHost: {SERVER.host}\r\nAuthorization: Bearer {SERVER.token}\r\n\r\n".encode()
        # More than what the system keeps for a connection.
        SERVER.series("LONG.json", {"name": "LONG", "data": [1] * 8000000})
        self.addCleanup((SERVER.folder / "stocks" / "LONG.json").unlink)
        cases = {"silent": (b"",), "head": (head,), "head, a byte a second": (head, b"x" * 100), "body": (put + b"{",),
                 "body, a byte a second": (put, b"{" + b" " * 90), "reader": (file, b"", 1, 14)}
        if LONG:
            cases["reader, just fast enough for each piece"] = (file, b"", 8192, 250)
        answers = {}

        def ask(name, case, another):
            answers[name, another] = as_nobody(lambda: slowly(*case)) if another else slowly(*case)

        waiting = [threading.Thread(target=ask, args=(name, case, another)) for name, case in cases.items()
                   for another in ((False, True) if ROOT and len(case) < 3 else (False,))]
        for one in waiting:
            one.start()
        self.assertEqual(request("GET", "/api/directories").status, 200)
        for one in waiting:
            one.join()
        for (name, another), answer in answers.items():
            with self.subTest(case=name, another=another):
                if "reader" in name:
                    head, _, body = answer.partition(b"\r\n\r\n")
                    self.assertLess(len(body), int(re.search(rb"Content-Length: (\d+)", head).group(1)))
                else:
                    Gate.refused(self, Answer(answer), 408)
                    self.assertEqual(Answer(answer).headers["connection"], ["close"])

    safe = Gate.safe


@unittest.skipUnless(ROOT, "only root can ask as another user")
class Another(Gate):
    """The same requests from a process of another user."""

    @classmethod
    def setUpClass(cls):
        global AS_ANOTHER
        AS_ANOTHER = True

    @classmethod
    def tearDownClass(cls):
        global AS_ANOTHER
        AS_ANOTHER = False


def token_readers(token):
    """Which files that a user finds hold the token: command lines and environments of all processes."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        for name in ("cmdline", "environ"):
            try:
                if token.encode() in (process / name).read_bytes():
                    found.append(str(process / name))
            except OSError:
                continue
    return found


class Secrets(unittest.TestCase):
    """The token: in the server's file and the redirect file, which are the user's alone, and nowhere else."""

    height = 400

    def setUp(self):
        self.opened = SERVER.root / "opened"
        self.opened.mkdir(exist_ok=True)
        self.opener = SERVER.root / "opener"
        # What a browser is called with, and every process there is at that moment.
        self.opener.write_text(f"""#!/bin/sh
for last; do :; done
cp -p "$last" {self.opened}/page.html
cat /proc/[0-9]*/cmdline > {self.opened}/processes 2>/dev/null
printf '%s' "$last" > {self.opened}/path.part
mv {self.opened}/path.part {self.opened}/path
""")
        self.opener.chmod(0o755)

    def show(self, environment):
        """Shows a chart by a Lua script; returns what was said (the inline HTML, the address) and the redirect file."""
        Secrets.height += 1  # another view each time: one that is shown already gets no second tab
        code = (f'c = require("charts").plotasync({{1, 2, 3}}, {{name = "n", save = "stocks", height = {Secrets.height}}}) c:show()'
                ' print((require("charts").plotasync({1, 2, 3}, {name = "n", save = "stocks", show = "string"}):show())) print(c:url())')
        (self.opened / "path").unlink(missing_ok=True)
        done = subprocess.run([str(BUILD / "run"), "lua5.4", "-e", code], cwd=SERVER.folder, text=True, capture_output=True, check=True,
                              env={**SERVER.environment, "CHARTS_BROWSER": str(self.opener), **environment})
        end = time.monotonic() + 20
        while not (self.opened / "path").exists() and time.monotonic() < end:
            select.select([], [], [], 0.01)  # the browser is started beside the script, and outlives it
        return done, pathlib.Path((self.opened / "path").read_text())

    def test_opener(self):
        _, redirect = self.show({})
        content = redirect.read_text()
        self.assertIn(f"#t={SERVER.token}", content)
        for path, mode in [(redirect, 0o600), (redirect.parent, 0o700)]:
            self.assertEqual((stat.S_IMODE(path.stat().st_mode), path.stat().st_uid), (mode, os.geteuid()))
        self.assertNotIn(SERVER.token.encode(), (self.opened / "processes").read_bytes())
        self.assertEqual([one for one in token_readers(SERVER.token) if not one.endswith("environ")], [])
        if ROOT:
            self.assertEqual(read_as_nobody(redirect), b"")

    def test_every_server_has_its_own(self):
        others = [Server(BUILD) for _ in range(3)]
        try:
            tokens = [SERVER.token, *(other.token for other in others)]
            self.assertEqual(len(set(tokens)), len(tokens))
            for token in tokens:
                self.assertRegex(token, "^[0-9a-f]{32}$")
            for token in tokens[1:]:
                self.assertEqual(request("GET", "/api/directories", [f"Authorization: Bearer {token}"], token=False).status, 401)
        finally:
            for other in others:
                self.assertEqual(other.stop(), 0)

    def test_files(self):
        runtime = SERVER.root / "run" / "charts"
        for path in runtime.iterdir():
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600, path)
        self.assertNotIn(SERVER.token, SERVER.line)

    @unittest.skipUnless(ROOT, "only root can look as another user")
    def test_another_user_finds_no_token(self):
        self.show({})
        private = SERVER.folder / "stocks" / "PRIVATE.json"
        SERVER.series("PRIVATE.json", {"name": "PRIVATE", "data": [1]})
        private.chmod(0o600)
        files = [*(SERVER.root / "run" / "charts").iterdir(), private]

        def look():
            found = token_readers(SERVER.token)
            for path in files:
                try:
                    found.append(f"{path}: {path.read_bytes()!r}")
                except OSError:
                    continue
            for path in [SERVER.root / "run" / "charts", *files]:
                try:
                    os.open(path, os.O_WRONLY)
                    found.append(f"{path} could be written")
                except OSError:
                    continue
            return "\n".join(found).encode()

        try:
            self.assertEqual(as_nobody(look), b"")
            self.assertEqual(as_nobody(lambda: b"runs"), b"runs")  # the control: what is found is told
        finally:
            private.unlink()


class Proxy(unittest.TestCase):
    """CHARTS_BASE_URL: the address of a proxy is printed, framed and opened, and its Host and Origin are let in."""

    BASE = "https://hub.example/user/me/proxy/4711"

    def setUp(self):
        global SERVER
        self.own = SERVER
        SERVER = Server(BUILD, CHARTS_BASE_URL=self.BASE)

    def tearDown(self):
        global SERVER
        SERVER.stop()
        SERVER = self.own

    def test_addresses(self):
        secrets = Secrets()
        secrets.setUp()
        done, redirect = secrets.show({"CHARTS_QUIET": ""})
        self.assertTrue(SERVER.line.split(" at ")[1].startswith(f"{self.BASE}/ "), SERVER.line)
        self.assertEqual(SERVER.url, f"{self.BASE}/#t={SERVER.token}")
        self.assertIn(f"{self.BASE}/stocks/#t={SERVER.token}", done.stdout)
        self.assertIn(f'<iframe class="charts" src="{self.BASE}/stocks/#t={SERVER.token}', done.stdout)
        self.assertIn(f"url={self.BASE}/stocks/#t={SERVER.token}", redirect.read_text())
        for text in (SERVER.line, done.stdout, done.stderr, redirect.read_text()):
            self.assertNotIn("127.0.0.1", text)

    def test_banner(self):
        code = 'require "charts".plotasync({1}, {name = "n", save = "t", show = "none"}):url()'
        done = subprocess.run([str(BUILD / "run"), "lua5.4", "-e", code], cwd=SERVER.root, text=True, capture_output=True, check=True,
                              env={**SERVER.environment, "CHARTS_SERVER": "thread", "CHARTS_QUIET": ""})
        self.assertIn(f"at {self.BASE}/ (", done.stderr)
        self.assertNotIn("127.0.0.1", done.stderr)

    def test_gate(self):
        good = f"charts.token.{SERVER.token}, charts"
        for host in ("hub.example", SERVER.host):
            for origin in ("https://hub.example", f"http://{SERVER.host}"):
                headers = [f"Host: {host}", f"Origin: {origin}"]
                self.assertEqual(request("GET", "/api/directories", headers, host=False).status, 200)
                self.assertEqual(upgrade(good, origin, host).status, 101)
        for host, origin in [("hub.example.evil", "https://hub.example"), ("hub.example:1", "https://hub.example"), ("hub.example", "http://hub.example"),
                             ("hub.example", "https://hub.example.evil"), ("hub.example", "https://hub.example:8443"), ("hub.example", "null")]:
            with self.subTest(host=host, origin=origin):
                self.assertEqual(request("GET", "/api/directories", [f"Host: {host}", f"Origin: {origin}"], host=False).status, 403)
                self.assertEqual(upgrade(good, origin, host).status, 403)
        self.assertEqual(request("GET", "/api/directories", ["Host: hub.example"], host=False, token=False).status, 401)
        policy = request("GET", "/stocks/").headers["content-security-policy"][0]
        ancestors = next(part.split() for part in policy.split("; ") if part.startswith("frame-ancestors"))
        self.assertEqual(ancestors[1:], ["'self'", "http://127.0.0.1:*", "http://localhost:*", "file:", "https://hub.example"])


@unittest.skipUnless(ROOT, "only root can start a server of another user")
class Unreadable(unittest.TestCase):
    """A file that the server's user must not read is named with its reason, and all others are served."""

    def test_unreadable(self):
        global SERVER
        own, SERVER = SERVER, Server(BUILD, user=NOBODY)
        try:
            SERVER.series("locked.json", {"name": "locked", "data": [1]})
            (SERVER.folder / "stocks" / "locked.json").chmod(0o600)  # root's
            began = time.monotonic()
            answer = request("GET", "/api/d/stocks/series/locked.json")
            listing = request("GET", "/api/d/stocks/series").json()
            took = time.monotonic() - began
            self.assertIn(answer.status, (403, 404, 422), answer.body)
            self.assertIn("locked.json", answer.json()["detail"])
            self.assertEqual([one["file"] for one in listing["series"]], ["AAPL.json"])
            self.assertEqual([one["file"] for one in listing["broken"]], ["locked.json"])
            self.assertIn("ermission", listing["broken"][0]["reason"])
            self.assertLess(took, WITHIN_A_SECOND)
            print(f"an unreadable file was answered in {1000 * took:.0f} ms")
        finally:
            SERVER.stop()
            SERVER = own


def main():
    global SERVER, BUILD
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.environ.get("CHARTS_BUILD", "build"))
    options, rest = parser.parse_known_args()
    BUILD = pathlib.Path(options.build).absolute()
    SERVER = Server(BUILD)
    try:
        result = unittest.main(argv=[sys.argv[0], *rest], exit=False).result
    finally:
        status = SERVER.stop()
    if status != 0:
        print(f"the server ended with status {status}", file=sys.stderr)
    sys.exit(0 if result.wasSuccessful() and status == 0 else 1)


if __name__ == "__main__":
    main()
