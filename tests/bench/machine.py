"""Where it was measured, and with which versions."""
import datetime
import os
import pathlib
import platform
import re
import shutil
import subprocess


def said(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return None
    text = done.stdout.strip() or done.stderr.strip()
    return text.splitlines()[0] if done.returncode == 0 and text else None


def field(path, name):
    found = re.search(rf"^{name}\s*[:=]\s*\"?(.*?)\"?$", pathlib.Path(path).read_text(encoding="utf-8"), re.M)
    return found.group(1) if found else None


def facts(settings):
    return {
        "at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "processor": field("/proc/cpuinfo", "model name"),
        "cores": os.cpu_count(),
        "memory_gib": round(int(field("/proc/meminfo", "MemTotal").split()[0]) / 1024**2, 1),
        "free_disk_gb": round(shutil.disk_usage(settings.build).free / 1e9),
        "system": field("/etc/os-release", "PRETTY_NAME"),
        "kernel": platform.release(),
        "load": [round(one, 2) for one in os.getloadavg()],
    }


def versions(settings):
    package = 'cat(as.character(packageVersion("{}")))'
    head = said("git", "-C", str(settings.source), "rev-parse", "--short", "HEAD")
    changed = said("git", "-C", str(settings.source), "status", "--porcelain", "--untracked-files=no")
    found = {
        "charts": said(str(settings.build / "run"), "charts", "--version"),
        "commit": f"{head}, changed" if changed else head,
        "chromium": said("/usr/bin/chromium", "--version"),
        "node": said("node", "--version"),
        "python": platform.python_version(),
        "lua": said("lua5.4", "-v"),
        "r": said("Rscript", "--version"),
        "compiler": said("cc", "--version"),
    }
    if settings.peers:
        found["r plotly"] = said("Rscript", "-e", package.format("plotly"))
        found["r dygraphs"] = said("Rscript", "-e", package.format("dygraphs"))
        found["r htmlwidgets"] = said("Rscript", "-e", package.format("htmlwidgets"))
        found["python plotly"] = said("/usr/bin/python3", "-c", "import plotly; print(plotly.__version__)")
    return found
