"""`python -m benchmarks [NAME…]`: measure, print the table, and leave `.run/bench.json`."""

import argparse
import importlib
import json
import os
import platform
import sys
import time
from pathlib import Path
from typing import Final

from benchmarks.figure import Figure, table

BENCHMARKS: Final = ("ingest", "identity_card", "cases", "documents", "system", "screens")
"""Modules of this package, each with `measure() -> list[Figure]`."""


def main() -> int:
    """Run the named benchmarks (all by default); 0 when every one ran, whatever it measured."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks")
    arguments.add_argument("names", nargs="*", choices=[*BENCHMARKS, []])
    arguments.add_argument("--out", type=Path, default=Path(".run/bench.json"))
    chosen = arguments.parse_args()
    figures: list[Figure] = []
    for name in chosen.names or BENCHMARKS:
        sys.stderr.write(f"measuring {name} …\n")
        figures += importlib.import_module(f"benchmarks.{name}").measure()
    print(table(figures))
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "at": time.time()}
    chosen.out.write_text(
        json.dumps(
            {"machine": machine, "figures": [figure.as_json() for figure in figures]},
            ensure_ascii=False,
            indent=1,
        ),
        encoding="utf-8",
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
