"""What is wanted of us: each line a ratio or a figure, beside what was measured. Facts: nothing fails by them."""
from record import size, text_of

R, C, OURS = "ours from R", "ours from C", "ours"
FILES, FORMATTING = ("write", "memory to files"), "limit: to_chars alone + write"
OPEN, RSS = ("open", "navigation to drawn"), ("open", "renderer RSS")


def key(group, who, n):
    return (*group, who, n)


# (what, figure, the figure it is divided by or None, "<=" or ">=", wanted). A figure: part, what, who, n.
LINES = (
    ("write 1e7: R plotly / ours from R", key(FILES, "R plotly", 10**7), key(FILES, R, 10**7), ">=", 40),
    ("write 1e7: Python plotly / ours from R", key(FILES, "Python plotly", 10**7), key(FILES, R, 10**7), ">=", 8),
    ("write 1e7: ours from R / (to_chars alone + write)", key(FILES, R, 10**7), key(FILES, FORMATTING, 10**7), "<=", 2.5),
    ("write 1e7: memory over the vector, MiB", ("write", "memory over the vector, peak", R, 10**7), None, "<=", 64),
    ("open: 1e8 / 1e4", key(OPEN, OURS, 10**8), key(OPEN, OURS, 10**4), "<=", 1.3),
    ("open 1e7: R plotly / ours", key(OPEN, "R plotly", 10**7), key(OPEN, OURS, 10**7), ">=", 10),
    ("open 1e7: R dygraphs / ours", key(OPEN, "R dygraphs", 10**7), key(OPEN, OURS, 10**7), ">=", 10),
    ("open 1e7: Python plotly / ours", key(OPEN, "Python plotly", 10**7), key(OPEN, OURS, 10**7), ">=", 10),
    ("renderer RSS: 1e8 / 1e4", key(RSS, OURS, 10**8), key(RSS, OURS, 10**4), "<=", 1.3),
    ("window 1e8, 1200 columns, p50, ms", ("window", "1200 columns, p50", OURS, 10**8), None, "<=", 5),
    ("window 1e8, 1200 columns, p99, ms", ("window", "1200 columns, p99", OURS, 10**8), None, "<=", 12),
    ("window 1e8, 4800 columns, p99, ms", ("window", "4800 columns, p99", OURS, 10**8), None, "<=", 25),
    ("window, 1200 columns, p50: 1e8 / 1e6", ("window", "1200 columns, p50", OURS, 10**8), ("window", "1200 columns, p50", OURS, 10**6), "<=", 2),
    ("window, 1200 columns, p99: 1e8 / 1e6", ("window", "1200 columns, p99", OURS, 10**8), ("window", "1200 columns, p99", OURS, 10**6), "<=", 2),
    ("drag, 10 series: own work a frame, p95, ms", ("zoom", "drag, 10 series: own work, p95", OURS, 10**6), None, "<=", 16),
    ("drag, 10 series: frame callbacks, p95, ms", ("zoom", "drag, 10 series: frame callbacks, p95", OURS, 10**6), None, "<=", 16),
    ("zoom 1e8: drawn at rest, ms", ("zoom", "to the middle 1 %, drawn", OURS, 10**8), None, "<=", 100),
    ("append: length 1e8 / 1e3", ("append", "1000 points", C, 10**8), ("append", "1000 points", C, 10**3), "<=", 1.2),
    ("append: points a second, sustained", ("append", "sustained", C, None), None, ">=", 1e6),
    ("append, sustained: memory at end / at start", ("append", "sustained, memory at end", C, None), ("append", "sustained, memory at start", C, None), "<=", 1.05),
    ("append to drawn on the page, p95, ms", ("live", "append to drawn, p95", OURS, None), None, "<=", 100),
    ("index: points a second", ("index", "points", OURS, 10**7), None, ">=", 20e6),
)


def nearest(record, figure):
    """The figure, else that of the largest length below it: (value, n), or (None, None)."""
    part, what, who, n = figure
    if n is None:
        return record.get(part, what, who, None), None
    found = [one for one in record.sizes(part, what, who) if one is not None and one <= n]
    return (record.get(part, what, who, found[-1]), found[-1]) if found else (None, None)


def judge(record):
    """Every line: what, measured (None: not), wanted, holds (None: not at the lengths that it speaks of), at."""
    return [judge_one(record, *line) for line in LINES]


def judge_one(record, what, over, under, sense, bound):
    value, n = nearest(record, over)
    base, m = nearest(record, under) if under else (1, None)
    exact = n == over[3] and (under is None or m == under[3])
    line = {"what": what, "measured": None, "wanted": f"{sense} {text_of(bound)}", "holds": None}
    if value is None or not base:
        return line
    line["measured"] = value / base
    if exact:
        line["holds"] = bool(line["measured"] <= bound if sense == "<=" else line["measured"] >= bound)
    else:
        line["at"] = " / ".join(size(one) or "-" for one in ((n, m) if under else (n,)))
    return line
