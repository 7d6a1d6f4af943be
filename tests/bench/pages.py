"""Pages in Chromium, by browser.mjs."""
import json

import inputs
from child import run_one

LIMIT_OURS, LIMIT_PEERS = 60, 300  # seconds
KINDS = {"R plotly": "plotly", "R dygraphs": "dygraphs", "Python plotly": "plotly"}


def browse(settings, mode, **request):
    seconds = request.setdefault("seconds", LIMIT_OURS if request["kind"] == "ours" else LIMIT_PEERS)
    return run_one(["node", settings.here / "browser.mjs", mode, json.dumps(request)], limit=2 * seconds + 30)


def middle(n):
    """The middle hundredth of x, as part of a request."""
    whole = inputs.STEP * (n - 1)
    return {"from": inputs.START + 0.495 * whole, "to": inputs.START + 0.505 * whole, "whole": whole}


def file_url(directory):
    return (directory / "index.html").as_uri()
