"""A server of ours for the time of a part, and windows from it."""
import contextlib
import http.client
import json
import os
import select
import struct
import subprocess
import tempfile
import time

from child import Failed, end, environment

READY_SECONDS = 30


class Server:
    def __init__(self, process, port, token):
        self.process, self.port, self.token = process, port, token

    def url(self, directory):
        return f"http://127.0.0.1:{self.port}/{directory}/#t={self.token}"

    def window(self, directory, series, start=None, end=None, columns=1200):
        """The header of a frame and its payload."""
        body = json.dumps({"series": series, "from": start, "to": end, "columns": columns, "x": "linear"})
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        try:
            connection.request("POST", f"/api/d/{directory}/window", body,
                               {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"})
            answer = connection.getresponse()
            frame = answer.read()
        finally:
            connection.close()
        if answer.status != 200 or frame[:8] != b"CHARTSF1":
            raise Failed(f"{directory}: the window was answered with {answer.status}: {frame[:200]!r}")
        length = struct.unpack_from("<I", frame, 8)[0]
        header = json.loads(frame[12:12 + length])
        for one in header["series"]:
            if "error" in one:
                raise Failed(f"{directory}: {one['error']}")
        return header, memoryview(frame)[12 + length:]

    def settle(self, directory, series, limit=1800):
        """Waits until nothing of the series is being indexed any more."""
        until = time.monotonic() + limit
        while time.monotonic() < until:
            header, _ = self.window(directory, series)
            if not any("progress" in one for one in header["series"]):
                return
            time.sleep(0.05)  # the server tells of no end of it
        raise Failed(f"{directory}: still being indexed after {limit} s")


def ready(process):
    """Waits for the line that the server says when it listens."""
    if not select.select([process.stdout], [], [], READY_SECONDS)[0] or not process.stdout.readline():
        raise Failed("the server did not start")


@contextlib.contextmanager
def served(settings):
    """`charts serve` on the folder of what was written."""
    with tempfile.TemporaryDirectory(prefix="charts-bench-") as run:
        process = subprocess.Popen([settings.build / "run", "charts", "serve", settings.out], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
                                   env=environment({"XDG_RUNTIME_DIR": run, "CHARTS_QUIET": ""}))
        try:
            ready(process)
            folder = os.path.join(run, "charts")
            with open(os.path.join(folder, os.listdir(folder)[0]), encoding="utf-8") as file:
                said = json.load(file)
            yield Server(process, said["port"], said["token"])
        finally:
            end(process)
            process.stdout.close()
