#!/usr/bin/python3
"""Raw bytes before a running server: test_requests.py [--build BUILD_DIR]

Requests and WebSocket frames that were changed at random go to a server whose core is built with sanitizers. It answers
each with a status line or closes; nothing of the directory's data comes without the token; a well-formed request is still
answered afterwards. With CHARTS_LONG it goes on for CHARTS_FUZZ_SECONDS (600). What fails is printed with the bytes sent.
"""
import argparse
import base64
import json
import os
import pathlib
import random
import re
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

LONG = bool(os.environ.get("CHARTS_LONG"))
SECONDS = float(os.environ.get("CHARTS_FUZZ_SECONDS", 600))
SHORT_REQUESTS = 1500
SEED = int(os.environ.get("CHARTS_FUZZ_SEED", 1))
WORKERS = 4
SECRET = b"Zz7secret"  # stands in all names and data of the directory, and nowhere else
MEMORY_MOST = 1 << 21  # kB of resident memory, with what AddressSanitizer keeps
BUILD = None

STATUS = re.compile(rb"HTTP/1\.[01] [1-5][0-9][0-9] [ -~]*\r\n")
WORDS = [
    b"\r\n", b"\n", b"\0", b" ", b":", b"%00", b"%2F", b"..", b"/", b"?", b"#", b"HTTP/1.1", b"HTTP/9.9", b"GET", b"POST", b"PUT", b"OPTIONS",
    b"TRACE", b"Host: evil.example\r\n", b"Content-Length: 99999999999\r\n", b"Content-Length: -1\r\n", b"Transfer-Encoding: chunked\r\n",
    b"Expect: 100-continue\r\n", b"Upgrade: websocket\r\n", b"Connection: upgrade\r\n", b"Connection: close\r\n", b"Range: bytes=0-,5-\r\n",
    b"A: " + b"a" * 9000 + b"\r\n", b"B: b\r\n" * 70, b"\xff\xfe", b"http://127.0.0.1/", b"Origin: null\r\n", b"If-None-Match: *\r\n",
    b"Authorization: Basic YTpi\r\n", b"1e999", b"[" * 70, b"null", b'"', b"}",
]


class Server:
    def __init__(self, build):
        self.place = tempfile.TemporaryDirectory()
        folder = pathlib.Path(self.place.name) / SECRET.decode()
        charts = folder / "stocks"
        for name in ("views", "settings"):
            (charts / ".charts" / name).mkdir(parents=True)
        series = {"name": f"{SECRET.decode()} A", "data": [[1, 2], [2, 3], [3, 5]], "note": SECRET.decode()}
        (charts / "A.json").write_text(json.dumps(series))
        (charts / ".charts" / "views" / "0123abcd.json").write_text(json.dumps({"settings": SECRET.decode()}))
        (charts / ".charts" / "settings" / "s.json").write_text(json.dumps({"title": {"text": SECRET.decode()}}))
        (folder / "other.json").write_text(SECRET.decode())
        environment = {k: v for k, v in os.environ.items() if not k.startswith("CHARTS_")}
        environment["XDG_RUNTIME_DIR"] = environment["XDG_CACHE_HOME"] = self.place.name
        self.errors = open(pathlib.Path(self.place.name) / "errors", "w+b")
        self.process = subprocess.Popen(
            [str(pathlib.Path(build) / "fuzz" / "server"), str(folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, env=environment, text=True,
        )
        port, self.token = self.process.stdout.readline().split()
        self.port = int(port)

    def said(self):
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")[-6000:]

    def memory(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s*(\d+)", status).group(1))

    def close(self):
        self.process.stdin.close()
        code = self.process.wait(timeout=60)
        self.process.stdout.close()
        said = self.said()
        self.errors.close()
        self.place.cleanup()
        return code, said


def send(port, parts):
    """What comes back until the server closes; None when it does not within the time."""
    answer = bytearray()
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        try:
            for part in parts:
                connection.sendall(part)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it has closed already: what it said is read all the same
        try:
            while got := connection.recv(65536):
                answer += got
        except ConnectionResetError:
            pass
        except TimeoutError:
            return None
    return bytes(answer)


class Requests:
    """Random requests; the same for a seed."""

    def __init__(self, seed, server):
        self.random = random.Random(seed)
        self.host = f"Host: 127.0.0.1:{server.port}\r\n"
        self.token = server.token
        self.known = self.well_formed()

    def well_formed(self):
        window = json.dumps({"series": ["A.json"], "from": None, "to": None, "columns": 100, "x": "linear", "stacks": [["A.json"]]})
        stocks = "/api/d/stocks/"
        plain = [("GET", path, None) for path in ("/", "/stocks/", "/stocks", "/favicon.ico", "/assets/x.js", "/api/directories",
                                                  stocks + "series", stocks + "series/A.json", stocks + "views/0123abcd", stocks + "settings/s")]
        bodies = [
            ("POST", "/api/directories", json.dumps({"path": "/nowhere"})),
            ("POST", "/api/shown", json.dumps({"directory": "stocks", "view": "0123abcd"})),
            ("POST", "/api/stop", "{}"),
            ("POST", stocks + "window", window),
            ("POST", stocks + "nearest", json.dumps({"series": ["A.json"], "x": 2})),
            ("PUT", stocks + "settings/t", json.dumps({"title": {"text": "t"}})),
        ]
        return [self.request(*of) for of in plain + bodies] + [self.upgrade()]

    def request(self, method, path, body):
        head = f"{method} {path} HTTP/1.1\r\n{self.host}Authorization: Bearer {self.token}\r\n"
        if body is not None:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        return f"{head}\r\n{body or ''}".encode()

    def upgrade(self):
        key = base64.b64encode(bytes(16)).decode()
        return (f"GET /api/d/stocks/live HTTP/1.1\r\n{self.host}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: charts.token.{self.token}, charts\r\n\r\n").encode()

    def changed(self, data):
        data = bytearray(data)
        for _ in range(self.random.choice((0, 1, 1, 2, 3, 5, 9))):
            at = self.random.randrange(len(data) + 1)
            way = self.random.randrange(6)
            if way == 0 and at < len(data):
                data[at] = self.random.randrange(256)
            elif way == 1:
                data[at:at] = self.random.choice(WORDS)
            elif way == 2:
                del data[at:at + self.random.randrange(1, 40)]
            elif way == 3:
                data[at:at] = data[at:at + self.random.randrange(1, 200)]
            elif way == 4 and at < len(data):
                data[at] ^= 1 << self.random.randrange(8)
            else:
                lines = bytes(data).split(b"\r\n")
                lines.insert(self.random.randrange(1, len(lines) + 1), self.random.choice(self.random.choice(self.known).split(b"\r\n")))
                data = bytearray(b"\r\n".join(lines))
        return bytes(data)

    def frame(self):
        payload = self.random.randbytes(self.random.choice((0, 1, 5, 125, 126, 300, 70000)))
        length = self.random.choice((len(payload), len(payload), len(payload), self.random.randrange(1 << 16), 1 << 31, (1 << 63) - 1, (1 << 64) - 1))
        masked = self.random.choice((0x80, 0x80, 0))
        first = self.random.randrange(256)
        form = self.random.choice((1, 1, 2, 8)) if length <= 125 else self.random.choice((2, 8)) if length < 1 << 16 else 8
        head = {1: struct.pack(">BB", first, masked | length % 126), 2: struct.pack(">BBH", first, masked | 126, length & 0xFFFF),
                8: struct.pack(">BBQ", first, masked | 127, length)}[form]
        return head + (self.random.randbytes(4) if masked else b"") + payload

    def next(self):
        """The parts that are sent one after the other, and whether they hold the token."""
        data = self.random.choice(self.known)
        if self.random.random() < 0.5:
            data = data.replace(self.token.encode(), self.random.choice((b"", b"0" * 32, self.token[:-1].encode())))
        if self.random.random() < 0.15:
            parts = [self.upgrade() if self.random.random() < 0.8 else self.changed(self.upgrade())]
            parts += [self.frame() for _ in range(self.random.randrange(1, 6))]
        else:
            parts = [self.changed(data)]
            if self.random.random() < 0.2:
                parts.append(self.changed(self.random.choice(self.known)))
            if self.random.random() < 0.2:
                cut = self.random.randrange(len(parts[0]) + 1)
                parts[:1] = [parts[0][:cut], parts[0][cut:]]
        return parts, self.token.encode() in b"".join(parts)


class RawRequests(unittest.TestCase):
    def test_every_request_is_answered_or_refused(self):
        server = Server(BUILD)
        self.counts = {}
        self.failures = []
        self.lock = threading.Lock()
        self.sent = 0
        end = time.monotonic() + SECONDS if LONG else None
        threads = [threading.Thread(target=self.work, args=(server, SEED * 1000 + i, end)) for i in range(WORKERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        alive = server.process.poll() is None
        memory = server.memory() if alive else 0
        code, said = server.close()
        print(f"{self.sent} requests, {dict(sorted(self.counts.items()))}, {memory} kB at most", file=sys.stderr)
        self.assertEqual([], self.failures[:3], said)
        self.assertTrue(alive, said)
        self.assertEqual((0, ""), (code, said))
        self.assertLess(memory, MEMORY_MOST)
        self.assertGreater(self.counts.get(200, 0), 0)
        self.assertGreater(self.counts.get(101, 0), 0)
        self.assertGreater(self.counts.get(401, 0), 0)

    def work(self, server, seed, end):
        requests = Requests(seed, server)
        for i in range(10**9):
            if self.failures or (i >= SHORT_REQUESTS // WORKERS if end is None else time.monotonic() >= end):
                return
            parts, with_token = requests.next()
            try:
                wrong = self.judge(send(server.port, parts), with_token)
                if wrong is None and i % 20 == 0:
                    answer = send(server.port, [requests.request("GET", "/api/d/stocks/series/A.json", None)])
                    if answer is None or not answer.startswith(b"HTTP/1.1 200 ") or SECRET not in answer:
                        wrong = f"afterwards a well-formed request is answered by {answer!r}"
            except OSError as error:
                wrong = repr(error)
            if wrong is not None:
                with self.lock:
                    self.failures.append(f"seed {seed}, request {i}: {wrong}\nsent: {parts!r}")

    def judge(self, answer, with_token):
        if answer is None:
            return "neither an answer nor an end"
        status = int(answer[9:12]) if STATUS.match(answer) else 0
        with self.lock:
            self.sent += 1
            self.counts[status] = self.counts.get(status, 0) + 1
        if answer and not status:
            return f"no status line: {answer[:200]!r}"
        if not with_token and SECRET in answer:
            return f"data without the token: {answer!r}"
        if b"Access-Control-" in answer:
            return "an Access-Control header"
        return None


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.environ.get("CHARTS_BUILD", "build"))
    arguments, rest = parser.parse_known_args()
    BUILD = arguments.build
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
