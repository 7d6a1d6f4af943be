#!/usr/bin/python3
"""Makes the bundled series from packages: make.py [--check] [--npm NODE_MODULES] [--matplotlib SAMPLE_DATA]

Sources, licences and form are described in README.md. --check writes nothing and fails where a file would change.
"""
import argparse
import csv
import datetime
import json
import pathlib
import re

import numpy

HERE = pathlib.Path(__file__).resolve().parent
DAY_MS = 86_400_000
EPOCH = datetime.date(1970, 1, 1)

APPLE_POINT = re.compile(r"date: '(\d{4}-\d\d-\d\d)T0[78]:00:00\.000Z',\s*close: ([0-9.]+)")


def milliseconds(date):
    """The UTC midnight that begins a date, in milliseconds since 1970."""
    return (date - EPOCH).days * DAY_MS


def aapl(node_modules):
    """Daily closes; the source's times are midnight in California, of which only the trading day is kept."""
    text = (node_modules / "@visx/mock-data/lib/mocks/appleStock.js").read_text()
    rows = [
        [milliseconds(datetime.date.fromisoformat(date)), float(close)] for date, close in APPLE_POINT.findall(text)
    ]
    if len(rows) != text.count("close:"):
        raise SystemExit("make.py: appleStock.js has points that were not understood")
    return rows


def msft(sample_data):
    """Monthly closes to the end of 2018. Rows of other days than the first mark dividends and hold no price."""
    rows = []
    with open(sample_data / "Stocks.csv", newline="") as file:
        for row in csv.DictReader(line for line in file if not line.startswith("#")):
            date = datetime.date.fromisoformat(row["Date"])
            if date.day == 1 and date.year <= 2018:
                # The source's digits beyond these come from single precision.
                rows.append([milliseconds(date), round(float(row["MSFT"]), 4)])
    return rows


def ohlc(sample_data):
    """Daily open, high, low and close."""
    prices = numpy.load(sample_data / "goog.npz")["price_data"]
    return [
        [milliseconds(day["date"].item())] + [float(day[column]) for column in ("open", "high", "low", "close")]
        for day in prices
    ]


def number(value):
    """ECMAScript's text of a price or time: no .0 behind whole numbers."""
    return repr(int(value)) if value == int(value) else repr(value)


def check(name, rows):
    """Stops when a source has changed in a way that would make nonsense."""
    if any(later[0] <= earlier[0] for earlier, later in zip(rows, rows[1:])):
        raise SystemExit(f"make.py: the times of {name} are not in order")
    if not all(0 < price < 1e5 for row in rows for price in row[1:]):
        raise SystemExit(f"make.py: {name} holds something that is no price")
    if any(len(row) == 5 and not (row[3] <= min(row[1], row[4]) and max(row[1], row[4]) <= row[2]) for row in rows):
        raise SystemExit(f"make.py: {name} has an open or close outside low and high")


def series_file(name, rows):
    check(name, rows)
    data = ",".join("[" + ",".join(map(number, row)) + "]" for row in rows)
    text = f'{{"name":{json.dumps(name)},"xtype":"datetime","data":[{data}]}}'
    json.loads(text)
    first, last = (EPOCH + datetime.timedelta(milliseconds=row[0]) for row in (rows[0], rows[-1]))
    print(f"{name}: {len(rows)} points, {first} to {last}")
    return text


def main():
    parser = argparse.ArgumentParser(description="Makes the bundled series from packages.")
    parser.add_argument("--check", action="store_true", help="write nothing, fail where a file would change")
    parser.add_argument("--npm", type=pathlib.Path, default=HERE.parent / "web/node_modules")
    parser.add_argument("--matplotlib", type=pathlib.Path, default="/usr/share/matplotlib/mpl-data/sample_data")
    arguments = parser.parse_args()
    sources = {"AAPL": aapl(arguments.npm), "MSFT": msft(arguments.matplotlib), "OHLC": ohlc(arguments.matplotlib)}
    for name, rows in sources.items():
        path = HERE / f"{name.lower()}.json"
        text = series_file(name, rows)
        if not arguments.check:
            path.write_text(text)
        elif path.read_text() != text:
            raise SystemExit(f"make.py: {path.name} is not what the packages give: run `make datasets` and look at the change")


if __name__ == "__main__":
    main()
