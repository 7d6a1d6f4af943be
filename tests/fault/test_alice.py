#!/usr/bin/python3
"""After a power cut a directory holds what it held before a call with sync, or what it holds after it: test_alice.py [--build BUILD_DIR]

What each call does to files is written down and replayed up to every point into every state that a file system may leave on the disk (Pillai et al.,
"All File Systems Are Not Created Equal", OSDI 2014): what is synced is there; of the rest each block of a write, each change of a length and each
change of a name may be there or not, in any order. Every state is opened: old or new, never torn, and new once the call had returned.
"""
import argparse
import itertools
import json
import os
import pathlib
import random
import shutil
import sys
import unittest

import model

LONG = os.environ.get("CHARTS_LONG") == "1"
BLOCK = 4096
SUBSETS = 14 if LONG else 9  # beyond 2^SUBSETS states of one point, all that lack or have one or two changes, and random ones


NUMBERS = 17000  # a little more than pay for a pyramid


def digits(count):
    """Numbers of one digit: many in few blocks."""
    return [random.randrange(10) for _ in range(count)]


class Disk:
    """Files and folders by inode, as they were before the call, all of it on the disk."""

    def __init__(self, root):
        self.root = os.stat(root).st_ino
        self.base = str(root)
        self.files, self.folders, self.paths, self.times = {}, {}, {}, {}
        for at, folders, files in os.walk(root):
            own = os.stat(at).st_ino
            self.paths[at] = own
            self.folders[own] = {name: os.stat(os.path.join(at, name)).st_ino for name in folders + files}
            for name in files:
                path = os.path.join(at, name)
                self.times[os.stat(path).st_ino] = os.stat(path).st_mtime_ns
                self.files[os.stat(path).st_ino] = pathlib.Path(path).read_bytes()

    def changes(self, lines):
        """The recorded calls as changes of one block, length or name each, with the inode whose sync makes them last; and the syncs."""
        changes, live = [], {at: dict(names) for at, names in self.folders.items()}
        paths, sizes = dict(self.paths), {inode: len(text) for inode, text in self.files.items()}
        for line in lines:
            call = json.loads(line)
            op = call["op"]
            if op == "sync":
                changes.append(("sync", call["inode"]))
            elif op in ("create", "mkdir", "unlink", "rename"):
                folder, name = os.path.split(call["path"])
                at = paths[folder]
                if op in ("create", "mkdir"):
                    changes.append(("name", at, (("set", name, call["inode"]),)))
                    live[at][name] = call["inode"]
                    if op == "mkdir":
                        paths[call["path"]] = call["inode"]
                        live[call["inode"]] = {}
                    else:
                        sizes[call["inode"]] = 0
                elif op == "unlink":
                    changes.append(("name", at, (("drop", name, None),)))
                    live[at].pop(name)
                else:
                    inode = live[at].pop(name)
                    new = os.path.basename(call["to"])
                    assert os.path.dirname(call["to"]) == folder
                    live[at][new] = inode
                    changes.append(("name", at, (("set", new, inode), ("drop", name, None))))
            elif op == "truncate":
                changes.append(("size", call["inode"], call["size"]))
                sizes[call["inode"]] = call["size"]
            else:
                self.cut(changes, sizes, call)
        return changes

    @staticmethod
    def cut(changes, sizes, call):
        inode, at, data = call["inode"], call["offset"], bytes.fromhex(call["bytes"])
        while data:
            room = BLOCK - at % BLOCK
            changes.append(("data", inode, at, data[:room]))
            at += len(data[:room])
            if at > sizes[inode]:
                changes.append(("size", inode, at))
                sizes[inode] = at
            data = data[room:]

    def state(self, changes, kept):
        """Files and folders with the changes that are on the disk: data beyond the length are not, what was not written is zeros."""
        blocks = {inode: bytearray(text) for inode, text in self.files.items()}
        sizes = {inode: len(text) for inode, text in self.files.items()}
        folders = {at: dict(names) for at, names in self.folders.items()}
        for place in kept:
            kind, inode, *rest = changes[place]
            if kind == "data":
                at, data = rest
                text = blocks.setdefault(inode, bytearray())
                text.extend(bytes(max(0, at + len(data) - len(text))))
                text[at:at + len(data)] = data
            elif kind == "size":
                sizes[inode] = rest[0]
                text = blocks.setdefault(inode, bytearray())
                if rest[0] < len(text):
                    del text[rest[0]:]
            elif kind == "name":
                names = folders.setdefault(inode, {})
                for what, name, of in rest[0]:
                    if what == "set":
                        names[name] = of
                    elif name in names:
                        names.pop(name)
        files = {inode: bytes(blocks.get(inode, b"")[:size]).ljust(size, b"\0") for inode, size in sizes.items()}
        return files, folders

    def inode(self, state, *path):
        """Of the file at the path in a state; 0: there is none."""
        at = self.root
        for name in path:
            at = state[1].get(at, {}).get(name, 0)
        return at

    def write(self, state, to, made):
        files, folders = state

        def fill(inode, path):
            path.mkdir()
            for name, of in folders.get(inode, {}).items():
                if of in folders or of in made:
                    fill(of, path / name)
                else:
                    (path / name).write_bytes(files.get(of, b""))
                    if of in self.times:
                        os.utime(path / name, ns=(self.times[of], self.times[of]))
        fill(self.root, to)


def states(changes):
    """Of every point of the call: how many changes were begun, and which of them are on the disk."""
    for end in range(len(changes) + 1):
        begun = changes[:end]
        synced = set()
        for place, change in enumerate(begun):
            if change[0] == "sync":
                synced.update(i for i in range(place) if begun[i][0] != "sync" and begun[i][1] == change[1])
        free = [i for i in range(end) if begun[i][0] != "sync" and i not in synced]
        if end < len(changes) and changes[end][0] == "sync" or end == len(changes) or len(free) <= SUBSETS:
            yield from ((end, sorted(synced | set(some))) for some in subsets(free))


def subsets(free):
    if len(free) <= SUBSETS:
        for count in range(len(free) + 1):
            yield from itertools.combinations(free, count)
        return
    for count in (0, 1, 2):
        for some in itertools.combinations(free, count):
            yield some
            yield tuple(i for i in free if i not in some)
    for end in range(len(free)):
        yield tuple(free[:end])
    for _ in range(4096 if LONG else 256):
        yield tuple(i for i in free if random.random() < 0.5)


class PowerCut(model.Cases):
    def setUp(self):
        super().setUp()
        self.count = 0
        self.indexed = False  # whether the series A has a pyramid
        self.fits = 0  # states in which it did fit

    def call(self, folder, now, operation, number, **more):
        verb, with_, _, then = now.after(operation, number)
        if "series" in more:
            with_ = dict(with_, series=more.pop("series"))
            then.series["A"] = then.series["A"][:-2] + with_["series"]
        answer = self.calls.ask(save=str(folder), verb=verb, name="look", **more,
                                **{"with": with_ if verb == "settings" else dict(with_, sync=True)})
        self.assertTrue(answer.get("ok"), answer)
        return then

    def replay(self, operation, now, below=None, **more):
        """Records a call on the directory `below`/d and looks at every state that it may leave."""
        base = self.place / "base"
        folder = base / "d"
        log = self.place / "log"
        disk = Disk(base)
        old = self.held(folder)
        then = self.call(folder, now, operation, 1000, record=str(log), **more)
        new = self.held(folder)
        self.assertTrue(now.same(old), f"{old}, not {vars(now)}")
        self.assertTrue(then.same(new), f"{new}, not {vars(then)}")
        changes = disk.changes(log.read_text().splitlines())
        self.assertGreater(sum(change[0] == "sync" for change in changes), 0)
        made = {json.loads(line)["inode"] for line in log.read_text().splitlines() if json.loads(line)["op"] == "mkdir"}
        seen = set()
        self.fits = 0
        for end, kept in states(changes):
            state = disk.state(changes, kept)
            key = (end == len(changes), hash(repr(state)))
            if key in seen:
                continue
            seen.add(key)
            self.look(disk, state, made, [new] if end == len(changes) else [old, new], f"{operation} {changes[:end]} of which {kept}")
        self.count += len(seen)
        fits = f", in {self.fits} of them with a pyramid that fits" if self.indexed else ""
        print(f"{operation}{' ' + below if below else ''}: {len(changes)} changes, {len(seen)} states{fits}, 0 violations", file=sys.stderr)
        return then

    def ask(self, folder):
        held = self.calls.ask(check=str(folder), settings="look")
        held.get("views", []).sort()  # their order is that of times, which a state does not have
        return held

    def held(self, folder):
        """What a directory holds, asked of a copy, since an opening may tidy."""
        copied = self.place / "copied"
        copied.mkdir()
        if folder.exists():
            shutil.copytree(folder, copied / "d")
        try:
            return self.ask(copied / "d")
        finally:
            shutil.rmtree(copied)

    def look(self, disk, state, made, allowed, about):
        """What is held is one of those allowed, to the last index, attribute and view."""
        to = self.place / "state"
        disk.write(state, to, made)
        try:
            if self.indexed:
                self.look_at_windows(to / "d", disk.inode(state, "d", "A.json"), about)
            held = self.ask(to / "d")
            self.assertNotIn("error", held, about)
            self.assertIn(held, allowed, about)
            model.parsed(to / "d")
            if self.indexed:
                self.look_at_next(to / "d", about)
        finally:
            shutil.rmtree(to)

    def windows(self, folder, inode, about):
        answer = self.calls.ask(windows=str(folder), file="A.json", inode=inode)
        self.assertNotIn("error", answer, about)
        self.assertTrue(answer["agrees"], about)
        return answer["fits"]

    def look_at_windows(self, folder, inode, about):
        """What is shown by the pyramid is what the text says, though file and pyramid take each other for those of before the cut."""
        self.fits += self.windows(folder, inode, about)

    def look_at_next(self, folder, about):
        """So it is when the pyramid grows on: over nodes that the cut left behind its end."""
        answer = self.calls.ask(save=str(folder), verb="append", **{"with": {"name": "A", "series": digits(3000)}})
        self.assertTrue(answer.get("ok"), f"{answer}: {about}")
        self.windows(folder, 0, about)

    def begin_indexed(self):
        """A series that has a pyramid."""
        now = self.begin()
        folder = self.place / "base/d"
        now.series["A"] = digits(NUMBERS)
        answer = self.calls.ask(save=str(folder), verb="plotasync", **{"with": {"name": "A", "series": now.series["A"]}})
        self.assertTrue(answer.get("ok"), answer)
        self.assertEqual(self.calls.ask(index=str(folder), file="A.json"), {})
        self.assertTrue(self.windows(folder, 0, "before"))
        self.indexed = True
        return now

    def pyramid_size(self):
        return (self.place / "base/d/.charts/pyramid/A.json").stat().st_size

    def begin(self, *operations):
        (self.place / "base").mkdir()
        now = model.Model()
        for number, operation in enumerate(operations):
            now = self.call(self.place / "base/d", now, operation, number)
        return now

    def test_put_into_a_new_directory(self):
        self.replay("first", self.begin(), "in a new directory")

    def test_put(self):
        self.replay("replace", self.begin("replace", "new"))

    def test_put_of_several(self):
        self.replay("several", self.begin("several", "new"))

    def test_append(self):
        self.replay("append", self.begin("replace", "append"))

    def test_append_over_blocks(self):
        self.replay("append", self.begin("replace"), "over blocks", series=[i + 0.125 for i in range(1500)])

    def test_append_at_the_edge_of_a_block(self):
        """The newline, the closers or both lie on the two sides of an edge."""
        for length in range(BLOCK - 4, BLOCK + 3):
            with self.subTest(length=length):
                now = self.begin("replace")
                head = len((self.place / "base/d/A.json").read_bytes()) - len("0,0.5]}")
                digits = length - head - len("]}")
                series = [1] * ((digits + 1) // 2) if digits % 2 else [10] + [1] * ((digits - 2) // 2)
                answer = self.calls.ask(save=str(self.place / "base/d"), verb="plot", **{"with": {"name": "A", "series": series}})
                self.assertTrue(answer.get("ok"), answer)
                now.series["A"] = series
                self.assertEqual((self.place / "base/d/A.json").stat().st_size, length)
                self.replay("append", now, f"to {length} bytes")
                shutil.rmtree(self.place / "base")

    def test_append_with_a_pyramid(self):
        self.replay("append", self.begin_indexed(), "with a pyramid", series=digits(3000))
        self.assertGreater(self.fits, 1)

    def test_append_behind_a_broken_one_with_a_pyramid(self):
        """An append is broken off at each of its calls in its turn; the next is cut off in every way: in the short form only behind the first that
        left nodes behind the end of the pyramid."""
        behind = []
        for nth in itertools.count(1):
            now = self.begin_indexed()
            size = self.pyramid_size()
            broken = {"name": "A", "series": digits(20000)}
            answer = self.calls.ask(save=str(self.place / "base/d"), verb="append", nth=nth, **{"with": broken})
            if answer.get("ok"):
                break
            left = self.pyramid_size() > size
            if LONG or left:
                now.series["A"] = self.held(self.place / "base/d")["series"]["A"]["data"]
                self.replay("append", now, f"behind one broken off at its call {nth}", series=digits(3000))
                behind += [self.fits] if left else []
                if left and not LONG:
                    break
            shutil.rmtree(self.place / "base")
        self.assertGreater(max(behind), 1)

    @unittest.skipUnless(LONG, "two thousand states")
    def test_put_with_a_pyramid(self):
        self.replay("replace", self.begin_indexed(), "with a pyramid", series=digits(NUMBERS))
        self.assertGreater(self.fits, 0)

    def test_purge(self):
        self.replay("purge", self.begin("several", "new", "view", "view"))

    def test_view(self):
        self.replay("view", self.begin("new", "view"))

    def test_first_view(self):
        self.replay("view", self.begin("new"), "before there is any")

    def test_settings(self):
        self.replay("settings", self.begin("replace", "settings"))

    def test_remove(self):
        self.replay("remove", self.begin("replace", "several"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=os.environ.get("CHARTS_BUILD", "build"))
    arguments, rest = parser.parse_known_args()
    model.Cases.BUILD = pathlib.Path(arguments.build).resolve()
    unittest.main(argv=[sys.argv[0], *rest])
