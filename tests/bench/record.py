"""What was measured: figures, and notes of what was not."""
import statistics


class Record:
    def __init__(self):
        self.figures = []
        self.notes = []

    def note(self, text):
        if text not in self.notes:
            self.notes.append(text)
            print(f"  note: {text}", flush=True)

    def add(self, part, what, who, n, unit, runs):
        """One figure: the median of its runs."""
        runs = [round(float(run), 6) for run in (runs if isinstance(runs, (list, tuple)) else [runs])]
        if not runs:
            return
        value = statistics.median(runs)
        self.figures.append({"part": part, "what": what, "who": who, "n": n, "value": value, "unit": unit, "runs": runs})
        print(f"  {part:9s}{what:42s}{who:34s}{size(n):>6s}  {text_of(value)} {unit}", flush=True)

    def get(self, part, what, who, n):
        for figure in self.figures:
            if (figure["part"], figure["what"], figure["who"], figure["n"]) == (part, what, who, n):
                return figure["value"]
        return None

    def sizes(self, part, what, who):
        return sorted(figure["n"] for figure in self.figures
                      if (figure["part"], figure["what"], figure["who"]) == (part, what, who))


def size(n):
    if not n:
        return ""
    mantissa, exponent = f"{n:.0e}".split("e")
    return f"{mantissa}e{int(exponent)}" if float(f"{n:.0e}") == n else str(n)


def text_of(value):
    if value != 0 and abs(value) < 0.01:
        return f"{value:.3g}"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"
