#!/usr/bin/python3
"""Every row of the refusals that needs no browser, by raw sockets: test_gate.py [--build BUILD_DIR]

Starts `charts serve` on a directory of its own and sends what no client library would send.
"""
import argparse
import base64
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import unittest

SERVER = None
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


class Server:
    """`charts serve` in a folder that holds the chart directory `stocks`."""

    def __init__(self, build):
        self.command = str(pathlib.Path(build) / "charts")
        self.place = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.place.name)
        runtime = self.root / "run"
        runtime.mkdir(mode=0o700)
        self.folder = self.root / "work"
        (self.folder / "stocks" / ".charts" / "settings").mkdir(parents=True)
        (self.folder / "plain").mkdir()
        self.series("AAPL.json", {"name": "AAPL", "data": [[1, 2], [2, 3], [3, 5]]})
        (self.root / "secret.json").write_text('{"name":"secret","data":[1]}')
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("CHARTS_")}
        self.environment["XDG_RUNTIME_DIR"] = str(runtime)
        self.process = subprocess.Popen(
            [self.command, "serve", str(self.folder)], stdout=subprocess.PIPE, env=self.environment, text=True
        )
        self.port = int(re.search(r"127\.0\.0\.1:(\d+)", self.process.stdout.readline()).group(1))
        url = subprocess.run([self.command, "url", str(self.folder)], env=self.environment, capture_output=True, text=True, check=True)
        self.token = url.stdout.strip().split("#t=")[1]
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


def exchange(raw, timeout=20, port=None):
    """Sends bytes, returns all that comes until the server closes or the answer is whole."""
    with socket.create_connection(("127.0.0.1", port or SERVER.port), timeout=timeout) as connection:
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
        return Answer(received)


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
        made = [stocks / name for name in ("link.json", "pipe.json", "folder.json", "locked.json", "broken.json")]
        made[0].symlink_to(SERVER.root / "secret.json")
        os.mkfifo(made[1])
        made[2].mkdir()
        made[3].write_text("{}")
        made[3].chmod(0)
        made[4].write_text('{"name":')
        (SERVER.folder / "linked").symlink_to(stocks)
        try:
            for path in made[:3]:
                with self.subTest(file=path.name):
                    self.refused(request("GET", f"/api/d/stocks/series/{path.name}"), (404, 422))
            listing = request("GET", "/api/d/stocks/series").json()
            self.assertEqual([one["file"] for one in listing["series"]], ["AAPL.json"])
            broken = {one["file"]: one["reason"] for one in listing["broken"]}
            self.assertIn("broken.json", broken)
            self.assertTrue(all(broken.values()))
            answer = post("/api/d/stocks/window", {"series": [one.name for one in made] + ["AAPL.json"], "from": None, "to": None, "columns": 10, "x": "linear"})
            self.assertEqual(answer.status, 200)
            header = json.loads(answer.body[12 : 12 + int.from_bytes(answer.body[8:12], "little")])
            self.assertTrue(all("error" in one for one in header["series"][:3]))
            self.assertEqual(header["series"][-1]["count"], 3)
            self.refused(request("GET", "/api/d/linked/series"), 404)
        finally:
            (SERVER.folder / "linked").unlink()
            for path in made:
                path.rmdir() if path == made[2] else path.unlink()

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

    def test_slow_body(self):
        head = (f"PUT /api/d/stocks/settings/x HTTP/1.1\r\nHost: {SERVER.host}\r\nAuthorization: Bearer {SERVER.token}\r\n"
                "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
        self.refused(exchange(head.encode(), timeout=30), 408)

    def test_slow_head(self):
        self.assertEqual(exchange(f"GET / HTTP/1.1\r\nHost: {SERVER.host}\r\nX-Slow: ".encode(), timeout=30).status, 408)

    def test_many_connections(self):
        """Connections that say nothing must not keep a plain request from its answer."""
        silent = [socket.create_connection(("127.0.0.1", SERVER.port), timeout=20) for _ in range(200)]
        try:
            self.assertIn(request("GET", "/api/directories").status, (200, 503))
        finally:
            for one in silent:
                one.close()
        self.assertEqual(request("GET", "/api/directories").status, 200)


def main():
    global SERVER
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.environ.get("CHARTS_BUILD", "build"))
    options, rest = parser.parse_known_args()
    SERVER = Server(options.build)
    try:
        result = unittest.main(argv=[sys.argv[0], *rest], exit=False).result
    finally:
        status = SERVER.stop()
    if status != 0:
        print(f"the server ended with status {status}", file=sys.stderr)
    sys.exit(0 if result.wasSuccessful() and status == 0 else 1)


if __name__ == "__main__":
    main()
