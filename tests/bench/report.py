"""What a run gives: a table for people, a file for later runs."""
import json

from record import size, text_of

RATES = {"1/s", "MB/s", "%"}


def ratios(record):
    """Ours beside whatever else was measured the same way: how many times better, or how near to the limit."""
    rows = []
    for ours in record.figures:
        for other in record.figures:
            same = all(ours[key] == other[key] for key in ("part", "what", "unit"))
            if not same or not ours["who"].startswith("ours") or other["who"].startswith("ours"):
                continue
            if ours["n"] != other["n"] and other["n"] is not None:
                continue
            if not ours["value"] or not other["value"]:
                continue
            times = other["value"] / ours["value"]
            if ours["unit"] in RATES:
                times = 1 / times
            rows.append({"part": ours["part"], "what": ours["what"], "n": ours["n"], "ours": ours["who"], "other": other["who"],
                         "times_better": round(times, 4), "unit": ours["unit"], "value": ours["value"], "beside": other["value"]})
    return rows


def document(record, lines, facts):
    return {"ratios": ratios(record), "wanted": lines, "figures": record.figures, "notes": record.notes, **facts}


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    making = path.with_suffix(".part")
    making.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    making.rename(path)


def print_table(content):
    print("\nRatios: how many times better ours is (of a limit: below 1, and 1 is the limit)")
    for row in content["ratios"]:
        print(f"{row['times_better']:10.3g}  {row['part']:9s}{row['what']:34s}{size(row['n']):>6s}  "
              f"{row['ours']} {text_of(row['value'])} {row['unit']}, {row['other']} {text_of(row['beside'])} {row['unit']}")
    print("\nFigures (medians)")
    for one in content["figures"]:
        print(f"  {one['part']:9s}{one['what']:42s}{one['who']:34s}{size(one['n']):>6s}  {text_of(one['value'])} {one['unit']}")
    for note in content["notes"]:
        print(f"note: {note}")
    print("\nWanted")
    for line in content["wanted"]:
        measured = "not measured" if line["measured"] is None else text_of(line["measured"])
        verdict = {True: "holds", False: "does not hold", None: f"at {line['at']} only" if "at" in line else ""}[line["holds"]]
        print(f"  {line['what']:52s}{measured:>14s}  wanted {line['wanted']:8s}  {verdict}")
