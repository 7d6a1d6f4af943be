#!/usr/bin/python3
"""What has changed between two runs: compare.py OLD.json NEW.json

The ratios that were taken in one run come first: they depend least on what else the machine did.
"""
import json
import sys

from record import size, text_of


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def by(rows, *keys):
    return {tuple(row[key] for key in keys): row for row in rows}


def change(old, new):
    return f"{new / old:6.2f}×" if old else "      -"


def print_ratios(old, new):
    keys = ("part", "what", "n", "ours", "other")
    before, after = by(old["ratios"], *keys), by(new["ratios"], *keys)
    print("Ratios: times better before, now, change")
    for key in after:
        if key in before:
            was, now = before[key]["times_better"], after[key]["times_better"]
            part, what, n, ours, other = key
            print(f"{text_of(was):>9s}{text_of(now):>9s} {change(was, now)}  {part:9s}{what:34s}{size(n):>6s}  {ours}, {other}")


def print_figures(old, new):
    keys = ("part", "what", "who", "n")
    before, after = by(old["figures"], *keys), by(new["figures"], *keys)
    print("\nFigures: before, now, change")
    for key in after:
        if key in before:
            was, now, unit = before[key]["value"], after[key]["value"], after[key]["unit"]
            part, what, who, n = key
            print(f"{text_of(was):>9s}{text_of(now):>9s} {change(was, now)}  {unit:5s}{part:9s}{what:42s}{who:34s}{size(n):>6s}")
    for name, keys_of, others in (("only before", before, after), ("only now", after, before)):
        for part, what, who, n in keys_of:
            if (part, what, who, n) not in others:
                print(f"{name}: {part} {what} {who} {size(n)}")


def print_wanted(old, new):
    before = by(old["wanted"], "what")
    print("\nWanted: before, now")
    for line in new["wanted"]:
        was = before.get((line["what"],), {"measured": None, "holds": None})
        text = lambda one: "-" if one["measured"] is None else text_of(one["measured"])
        word = {True: "holds", False: "does not hold", None: ""}[line["holds"]]
        changed = " (it was otherwise)" if was["holds"] is not None and was["holds"] != line["holds"] else ""
        print(f"  {line['what']:52s}{text(was):>10s}{text(line):>10s}  wanted {line['wanted']:8s}  {word}{changed}")


def main(old_path, new_path):
    old, new = load(old_path), load(new_path)
    print(f"before: {old['machine']['at']} {old['versions']['commit']}\nnow:    {new['machine']['at']} {new['versions']['commit']}\n")
    print_ratios(old, new)
    print_figures(old, new)
    print_wanted(old, new)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
