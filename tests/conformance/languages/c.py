"""C: the reference program does the steps itself, through charts.h."""

import json

from . import case_folder, read_results, run_program


def run(build, work, cases):
    program = work / "program.json"
    program.write_text(
        json.dumps({"cases": [{"directory": str(case_folder(work, i)), "steps": case["steps"]} for i, case in enumerate(cases)]}),
        encoding="utf-8")
    out, _ = run_program([str(build / "run"), str(build / "conformance" / "reference"), str(program)], work)
    return read_results(out)
