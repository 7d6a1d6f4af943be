"""Who writes, and with which command: ours and the peers. Each writes one series of n points into a directory of its own."""
import shutil

import inputs
from child import Failed, run, run_one

LIMIT = 900
ASK_PACKED = """print(('{"packed":%s}'):format(require "charts".packed ~= nil))"""
HUGE = "ours, y at regular x"


class Writer:
    def __init__(self, who, folder, write):
        self.who, self.folder, self.write = who, folder, write

    def directory(self, settings, n):
        return settings.out / f"{self.folder}-{n}"


def r_charts(settings, n, directory):
    return run_one([settings.build / "run", "Rscript", "--vanilla", settings.here / "writers" / "charts.R",
                    inputs.walk(settings, n), n, directory], limit=LIMIT)


def lua_charts(settings, n, directory):
    known = run_one([settings.build / "run", "lua5.4", "-e", ASK_PACKED])
    if not known["packed"]:
        return {"skipped": "the Lua binding has no packed numbers"}
    records = run([settings.build / "run", "lua5.4", settings.here / "writers" / "charts.lua",
                   inputs.pairs(settings, n), n, directory], limit=LIMIT)
    return {"seconds": records[1]["received"] - records[0]["received"], "peak_mib": records[1]["peak_mib"]}


def c_charts(settings, n, directory):
    return run_one([settings.programs / "write", "rows", inputs.walk(settings, n), n, directory], limit=LIMIT)


def r_peer(name):
    def write(settings, n, directory):
        done = run_one(["Rscript", "--vanilla", settings.here / "writers" / "peers.R", name, inputs.walk(settings, n), n,
                        directory], limit=LIMIT)
        for old in directory.glob("lib/plotly-main-*/plotly-latest.min.js"):
            shutil.copyfile(plotly_script(settings), old)
        return done
    return write


def python_plotly(settings, n, directory):
    return run_one(["/usr/bin/python3", settings.here / "writers" / "peer_plotly.py", inputs.walk(settings, n), n,
                    directory], limit=LIMIT)


def plotly_script(settings):
    """The script that the page of R's plotly needs; the one that Debian has is too old for it."""
    place = settings.work / "npm"
    script = place / "node_modules" / "plotly.js-dist-min" / "plotly.min.js"
    if not script.exists():
        place.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(settings.here / name, place / name)
        run(["sh", "-c", "npm ci --ignore-scripts --no-audit --no-fund >&2 && echo '{}'"], cwd=place)
    return script


OURS = Writer("ours from R", "ours-r", r_charts)
LUA = Writer("ours from Lua", "ours-lua", lua_charts)
C = Writer("ours from C", "ours-c", c_charts)
PEERS = {
    "R plotly": Writer("R plotly", "peer-r-plotly", r_peer("plotly")),
    "R dygraphs": Writer("R dygraphs", "peer-r-dygraphs", r_peer("dygraphs")),
    "Python plotly": Writer("Python plotly", "peer-py-plotly", python_plotly),
}


def write(settings, writer, n):
    """Writes anew; what the writer measured, or {"skipped": why}."""
    directory = writer.directory(settings, n)
    shutil.rmtree(directory, ignore_errors=True)
    return writer.write(settings, n, directory)


def written(settings, writer, n):
    """The directory of what the writer has written, which it does now when it has not yet. Raises Failed."""
    directory = writer.directory(settings, n)
    if not directory.exists():
        done = write(settings, writer, n)
        if "skipped" in done:
            raise Failed(done["skipped"])
    return directory


def write_huge(settings):
    """Regular times and short decimals, from a reader: what the writer measured."""
    directory = settings.out / f"huge-{settings.huge_size}"
    shutil.rmtree(directory, ignore_errors=True)
    return run_one([settings.programs / "write", "steps", settings.huge_size, directory], limit=3600)


def huge(settings):
    """The directory of the longest series."""
    directory = settings.out / f"huge-{settings.huge_size}"
    if not directory.exists():
        write_huge(settings)
    return directory


def ours(settings, n):
    """The directory of our series of n points, whoever of us has written it."""
    for writer in (OURS, C):
        if writer.directory(settings, n).exists():
            return writer.directory(settings, n)
    return written(settings, C, n)
