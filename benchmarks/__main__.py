"""`python -m benchmarks [NAME…]`: measure, print the table, and leave `.run/bench.json`."""

import argparse
import importlib
import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from benchmarks.figure import SEED, Figure, table

BENCHMARKS: Final = (
    "ingest",
    "identity_card",
    "cases",
    "documents",
    "codes",
    "receipts",
    "system",
    "screens",
)
"""Modules of this package, each with `measure() -> list[Figure]`."""

LIBRARIES: Final = ("apsw", "fastapi", "Kivy", "opencv-python-headless", "paho-mqtt", "pydantic")


def main() -> int:
    """Run the named benchmarks (all by default); 0 when every one ran, whatever it measured."""
    arguments = argparse.ArgumentParser(prog="python -m benchmarks")
    arguments.add_argument("names", nargs="*", choices=[*BENCHMARKS, []])
    arguments.add_argument("--out", type=Path, default=Path(".run/bench.json"))
    chosen = arguments.parse_args()
    load_before = os.getloadavg()[0]
    figures: list[Figure] = []
    for name in chosen.names or BENCHMARKS:
        sys.stderr.write(f"measuring {name} …\n")
        figures += importlib.import_module(f"benchmarks.{name}").measure()
    print(table(figures))
    print(f"load before: {load_before:.2f} on {os.cpu_count()} cores")
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_text(
        json.dumps(
            {
                "machine": _machine(load_before),
                "commit": _commit(),
                "versions": {name: version(name) for name in LIBRARIES},
                "seed": SEED,
                "figures": [figure.as_json() for figure in figures],
            },
            ensure_ascii=False,
            indent=1,
        ),
        encoding="utf-8",
    )
    return 0


def _machine(load_before: float) -> dict[str, object]:
    """What the figures were taken on; a load above zero at the start makes them worse."""
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_before": round(load_before, 2),
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _processor() -> str:
    """The processor's name as the kernel knows it; empty where it has none."""
    facts = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    named = [line for line in facts.splitlines() if line.startswith("model name")]
    return named[0].partition(":")[2].strip() if named else ""


def _commit() -> str:
    """The commit measured, with a plus sign where the tree differs; empty outside a repository."""
    found = subprocess.run(
        ["git", "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty=+"],
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
