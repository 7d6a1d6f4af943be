#!/usr/bin/python3
"""Measures us beside others and beside the machine's limits, in one run: see README.md.

Prints a table and writes it, with every figure, to build/bench.json. It judges nothing: its status is 0 unless it could
not measure at all.
"""
import importlib
import shutil
import signal
import sys
import time

import machine
import report
import wanted
from child import Failed
from record import Record
from settings import PARTS, Settings


def measure(settings, record):
    for part in PARTS:
        if part not in settings.parts:
            continue
        start = time.monotonic()
        print(f"{part}", flush=True)
        try:
            importlib.import_module(f"parts.{part}").measure(settings, record)
        except Failed as problem:
            record.note(f"{part}: {problem}")
        print(f"  {part} took {time.monotonic() - start:.0f} s", flush=True)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that children and servers are ended
    settings = Settings()
    record = Record()
    facts = {"machine": machine.facts(settings), "versions": machine.versions(settings),
             "settings": {"sizes": settings.sizes, "repeat": settings.repeat, "parts": settings.parts, "peers": settings.peers}}
    shutil.rmtree(settings.out, ignore_errors=True)
    settings.out.mkdir(parents=True)
    try:
        measure(settings, record)
    finally:
        if not settings.keep:
            shutil.rmtree(settings.out, ignore_errors=True)
        content = report.document(record, wanted.judge(record), facts)
        report.write(settings.result, content)
    report.print_table(content)
    print(f"\n{settings.result}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
