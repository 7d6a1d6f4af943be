"""`charts serve` and what a page does with it, without a browser: requests, frames, and a WebSocket that follows a directory."""
import base64
import contextlib
import http.client
import json
import os
import pathlib
import re
import socket
import struct
import subprocess
import threading
import time


class Server:
    """`charts serve` of a folder; `before` is put in front of the command."""

    def __init__(self, build, folder, before=(), environment=None):
        self.build = pathlib.Path(build)
        self.folder = pathlib.Path(folder)
        runtime = self.folder / ".run"
        runtime.mkdir(mode=0o700, exist_ok=True)
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("CHARTS_")}
        self.environment.update(XDG_RUNTIME_DIR=str(runtime), CHARTS_QUIET="1", **(environment or {}))
        self.process = subprocess.Popen([*before, self.build / "charts", "serve", self.folder], stdout=subprocess.PIPE,
                                        stdin=subprocess.DEVNULL, env=self.environment, text=True)
        line = self.process.stdout.readline()
        self.port = int(re.search(r"127\.0\.0\.1:(\d+)", line).group(1))
        state = json.loads(next((runtime / "charts").glob("*.json")).read_text())
        self.token = state["token"]
        self.pid = state["pid"]

    def request(self, method, path, value=None):
        """The answer's status and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Authorization": f"Bearer {self.token}"}
        body = None
        if value is not None:
            body = json.dumps(value)
            headers["Content-Type"] = "application/json"
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, content

    def listing(self, directory):
        status, body = self.request("GET", f"/api/d/{directory}/series")
        if status != 200:
            raise RuntimeError(f"{status}: {body!r}")
        return json.loads(body)

    def window(self, directory, files):
        """Each file's columns by role, or its error as text."""
        status, body = self.request("POST", f"/api/d/{directory}/window",
                                    {"series": files, "from": None, "to": None, "columns": 1000, "x": "linear"})
        if status != 200:
            raise RuntimeError(f"{status}: {body!r}")
        return read_frame(body)

    def watched(self):
        """How many inotify watches the server holds."""
        count = 0
        for info in pathlib.Path(f"/proc/{self.pid}/fdinfo").iterdir():
            with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                count += info.read_text().count("inotify wd:")
        return count

    def stop(self):
        if self.process.poll() is not None:
            return
        self.process.terminate()
        self.process.wait(20)
        self.process.stdout.close()


def read_frame(body):
    assert body[:8] == b"CHARTSF1", body[:64]
    length = struct.unpack_from("<I", body, 8)[0]
    header = json.loads(body[12:12 + length])
    answer = {}
    for one in header["series"]:
        if "error" in one:
            answer[one["file"]] = one["error"]
            continue
        answer[one["file"]] = {column["role"]: struct.unpack_from(f"<{column['count']}d", body, 12 + length + column["offset"])
                               for column in one["columns"] if column["type"] == "f64"}
    return answer


class Page(threading.Thread):
    """Follows a directory over its WebSocket, as a live page does: `revision` is the last one that it was told."""

    def __init__(self, server, directory):
        super().__init__(daemon=True)
        self.changed = threading.Condition()
        self.messages = []
        self.revision = None
        self.settings = []
        self.ended = False
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET /api/d/{directory}/live HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nUpgrade: websocket\r\n"
                             f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
                             f"Sec-WebSocket-Protocol: charts.token.{server.token}, charts\r\n\r\n").encode())
        self.stream = self.socket.makefile("rb")
        self.status = int(self.stream.readline().split()[1])
        while self.stream.readline() not in (b"\r\n", b""):
            pass
        self.socket.settimeout(None)
        self.start()

    def run(self):
        while (head := self.stream.read(2)) and len(head) == 2:
            length = head[1] & 127
            if length > 125:
                length = int.from_bytes(self.stream.read(2 if length == 126 else 8), "big")
            payload = self.stream.read(length)
            if head[0] & 15 == 1:
                self.hear(json.loads(payload))
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def hear(self, message):
        with self.changed:
            self.messages.append(message)
            self.revision = message.get("revision", self.revision)
            if "settings" in message:
                self.settings.append(message["settings"])
            self.changed.notify_all()

    def until(self, test, seconds=30):
        """Waits until the test of this page holds; whether it did."""
        with self.changed:
            return self.changed.wait_for(lambda: test(self), seconds)

    def converges(self, server, directory, seconds=30):
        """Whether the page comes to hear of the state that the directory is in."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            revision = server.listing(directory)["revision"]
            if self.until(lambda page: page.revision == revision, min(2, seconds)):
                return True
        return False

    def close(self):
        if not self.ended:
            self.socket.shutdown(socket.SHUT_RDWR)
        self.join(20)
        self.stream.close()
        self.socket.close()
