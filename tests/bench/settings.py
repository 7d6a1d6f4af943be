"""What is to be measured: the environment of a run, read once."""
import os
import pathlib

PARTS = ("limits", "write", "exact", "window", "requests", "open", "zoom", "append", "live", "index")
PEERS = ("R plotly", "R dygraphs", "Python plotly")
PEERS_TO = 10_000_000
SERIES = 1_000_000  # points of each of the fifty series


def numbers(text):
    return sorted({int(float(word)) for word in text.split(",") if word.strip()})


def words(text):
    return tuple(word.strip() for word in text.split(",") if word.strip())


class Settings:
    def __init__(self, environment=os.environ):
        get = environment.get
        self.source = pathlib.Path(get("CHARTS_SOURCE") or pathlib.Path(__file__).resolve().parents[2])
        self.build = pathlib.Path(get("CHARTS_BUILD") or self.source / "build")
        self.here = self.source / "tests" / "bench"
        self.work = pathlib.Path(get("BENCH_WORK") or self.build / "bench")
        self.result = pathlib.Path(get("BENCH_RESULT") or self.build / "bench.json")
        self.programs = self.build / "bench" / "bin"
        self.sizes = numbers(get("BENCH_N") or "1e4,1e5,1e6,1e7,1e8")
        self.repeat = int(get("BENCH_REPEAT") or 3)
        self.huge = get("BENCH_HUGE") == "1"
        self.huge_size = int(float(get("BENCH_HUGE_N") or 1e9))
        self.peers = words(get("BENCH_PEERS", ",".join(PEERS)))
        self.parts = words(get("BENCH_ONLY") or ",".join(PARTS))
        self.append_seconds = float(get("BENCH_APPEND_SECONDS") or 20)
        self.keep = get("BENCH_KEEP") == "1"
        for given, known, name in ((self.parts, PARTS, "BENCH_ONLY"), (self.peers, PEERS, "BENCH_PEERS")):
            for word in given:
                if word not in known:
                    raise SystemExit(f"{name}: there is no {word!r}; there are {', '.join(known)}")

    @property
    def peer_sizes(self):
        return [n for n in self.sizes if n <= PEERS_TO]

    @property
    def data(self):
        return self.work / "data"

    @property
    def out(self):
        """The served folder: every chart directory is in it, and what the peers write."""
        return self.work / "out"

    @property
    def largest(self):
        return self.sizes[-1]
