"""From the navigation to the drawn page, its memory, and a zoom to the middle hundredth: ours and the peers."""
import pages
import writing
from child import Failed
from serving import served


def places(settings):
    """Whose pages there are: (who, kind, n, our directory or the peer that writes its own)."""
    for n in settings.sizes:
        yield "ours", "ours", n, writing.ours(settings, n)
    if settings.huge:
        yield writing.HUGE, "ours", settings.huge_size, writing.huge(settings)
    for name in settings.peers:
        for n in settings.peer_sizes:
            yield name, pages.KINDS[name], n, writing.PEERS[name]


def prepare(settings, record, server):
    """All pages with their addresses."""
    found = []
    for who, kind, n, place in places(settings):
        try:
            if kind == "ours":
                server.settle(place.name, ["walk.json"])
                found.append((who, kind, n, server.url(place.name)))
            else:
                found.append((who, kind, n, pages.file_url(writing.written(settings, place, n))))
        except Failed as problem:
            record.note(f"open: {who}: {problem}")
    return found


def open_all(settings, record, with_zoom):
    """The runs of every page: {(who, n): [run, …]}."""
    runs, failed = {}, set()
    with served(settings) as server:
        addresses = prepare(settings, record, server)
        for _ in range(settings.repeat):
            for who, kind, n, url in addresses:
                if (who, n) in failed:
                    continue
                request = {"kind": kind, "url": url, "count": 1 if kind == "ours" else n, **(pages.middle(n) if with_zoom else {})}
                try:
                    runs.setdefault((who, n), []).append(pages.browse(settings, "open", **request))
                except Failed as problem:
                    failed.add((who, n))
                    record.note(f"open: {who} at n = {n}: {problem}")
    return {key: runs[key] for key in runs if key not in failed and runs[key]}


def record_zoom(record, runs):
    for (who, n), done in runs.items():
        record.add("zoom", "to the middle 1 %, drawn", who, n, "ms", [run["zoom_ms"] for run in done])
        if who.startswith("ours"):  # a drag hits pixels
            record.add("zoom", "how much was zoomed to", who, n, "%", [100 * run["zoom_share"] for run in done])


def measure(settings, record):
    with_zoom = "zoom" in settings.parts
    runs = open_all(settings, record, with_zoom)
    for what, key, unit in (("navigation to drawn", "load_ms", "ms"), ("renderer RSS", "rss_mib", "MiB"),
                            ("JS heap", "heap_mib", "MiB")):
        for (who, n), done in runs.items():
            record.add("open", what, who, n, unit, [run[key] for run in done])
    if with_zoom:
        record_zoom(record, runs)
