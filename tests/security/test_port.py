#!/usr/bin/python3
"""Who takes the port of a server that has ended gets nothing from the scripts that knew it: test_port.py [--build BUILD_DIR]

A Lua script gets an address of its detached server, the server ends, somebody else listens at its port and answers as a server would, and
the script asks again. As root that somebody is another user, and once more the same one.
"""
import argparse
import json
import os
import pathlib
import select
import signal
import subprocess
import sys
import tempfile
import unittest
import urllib.request

BUILD = None
NOBODY = 65534
USERS = [None, NOBODY] if os.geteuid() == 0 else [None]
PATIENCE = 60  # seconds until what must come counts as lost

# Says what each line gives, one line each.
SCRIPT = """
io.stdout:setvbuf("line")
local c = require("charts").plotasync({1, 2, 3}, {name = "n", save = "stocks", show = "string"})
for line in io.lines() do
  print((line == "url" and c:url() or c:show():gsub("\\n", " ")))
end
"""

# Answers every request until its standard input ends; then says how many came, and all that they sent.
THIEF = """
import select, socket, sys
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", int(sys.argv[1])))
listener.listen(64)
print("listens", flush=True)
connections, sent = 0, b""
while True:
    ready = select.select([listener, sys.stdin], [], [])[0]
    if listener not in ready:
        break
    connection = listener.accept()[0]
    connections += 1
    came = connection.recv(65536)
    sent += came
    if came:
        body = b'{"segment":"evil","pages":1}'
        connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n%s" % (len(body), body))
    connection.close()
print(connections, repr(sent), flush=True)
"""


class Process:
    """A program that answers in lines."""

    def __init__(self, command, **how):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **how)

    def line(self):
        assert select.select([self.process.stdout], [], [], PATIENCE)[0], "it does not answer"
        return self.process.stdout.readline().strip()

    def ask(self, line):
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return self.line()

    def end(self):
        """What it says at its end."""
        return self.process.communicate(timeout=PATIENCE)[0].strip()


class Port(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        root = pathlib.Path(place.name)
        self.folder = root / "work"
        self.folder.mkdir()
        (root / "run").mkdir(mode=0o700)
        self.files = root / "run" / "charts"
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("CHARTS_")}
        self.environment.update(XDG_RUNTIME_DIR=str(root / "run"), CHARTS_SERVER="process", CHARTS_QUIET="1")
        self.addCleanup(self.stop)

    def stop(self):
        subprocess.run([str(BUILD / "charts"), "stop", str(self.folder)], env=self.environment, check=True, capture_output=True)

    def server(self):
        (file,) = self.files.glob("*.json")
        return json.loads(file.read_text())

    def kill(self):
        server = self.server()
        process = os.pidfd_open(server["pid"])
        os.kill(server["pid"], signal.SIGKILL)
        self.assertTrue(select.select([process], [], [], PATIENCE)[0], "it does not die")
        os.close(process)

    def steal(self, user, end, call):
        """The server is known to a script and ends, another takes its port, the script calls again."""
        script = Process([str(BUILD / "run"), "lua5.4", "-e", SCRIPT], cwd=self.folder, env=self.environment)
        self.addCleanup(script.process.kill)
        self.assertIn("/stocks/#t=", script.ask("url"))
        before = self.server()
        end()
        thief = Process([sys.executable, "-c", THIEF, str(before["port"])], cwd="/", user=user, group=user,
                        extra_groups=None if user is None else [])
        self.addCleanup(thief.process.kill)
        self.assertEqual(thief.line(), "listens")
        given = script.ask(call)
        script.end()
        self.assertRegex(thief.end(), r"^\d+ b''$")
        after = self.server()
        self.assertNotIn("evil", given)
        self.assertNotIn(f":{before['port']}/", given)
        self.assertNotIn(before["token"], given)
        self.assertIn(f"http://127.0.0.1:{after['port']}/stocks/#t={after['token']}", given)
        request = urllib.request.Request(f"http://127.0.0.1:{after['port']}/api/d/stocks/series",
                                         headers={"Authorization": f"Bearer {after['token']}"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            self.assertEqual([one["name"] for one in json.load(answer)["series"]], ["n"])

    def test_who_takes_the_port_gets_nothing(self):
        for user in USERS:
            for end in (self.kill, self.stop):
                for call in ("url", "show"):
                    with self.subTest(user=user, end=end.__name__, call=call):
                        self.steal(user, end, call)

    def test_the_thief_would_be_told(self):
        """The control: what comes is noted and answered."""
        script = Process([str(BUILD / "run"), "lua5.4", "-e", SCRIPT], cwd=self.folder, env=self.environment)
        self.addCleanup(script.process.kill)
        script.ask("url")
        port = self.server()["port"]
        script.end()
        self.kill()
        thief = Process([sys.executable, "-c", THIEF, str(port)], cwd="/")
        self.addCleanup(thief.process.kill)
        self.assertEqual(thief.line(), "listens")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/told", b"{}", timeout=PATIENCE) as answer:
            self.assertEqual(json.load(answer)["segment"], "evil")
        self.assertRegex(thief.end(), r"^1 b'POST /told ")


def main():
    global BUILD
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.environ.get("CHARTS_BUILD", "build"))
    options, rest = parser.parse_known_args()
    BUILD = pathlib.Path(options.build).absolute()
    unittest.main(argv=[sys.argv[0], *rest])


if __name__ == "__main__":
    main()
