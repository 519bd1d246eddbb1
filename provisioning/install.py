r"""From a bare Debian 12 machine to a kiosk: numbered steps, each checked before it is applied.

    sudo python3 -m provisioning.install --check          # only report, change nothing
    sudo python3 -m provisioning.install --server https://fleet.example:8443 \
        --ca-fingerprint HEX --token TOKEN --site hall.toml

Safe to run again. One JSON object a line: {"step", "name", "state", "detail"}; `state` is `done`,
`needed`, `applied` or `failed`. Exit 0: everything holds; 1: something does not; 2: bad arguments.
Standard library only: it runs before anything is installed.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from provisioning.site_file import read_toml
from provisioning.steps import Enrolment, Machine, Step, StepFailed, all_steps
from provisioning.trust import read_fingerprint, read_server

Report = Callable[[dict[str, object]], None]


def run(steps: Iterable[Step], *, check_only: bool, report: Report) -> int:
    """Check, and unless only checking apply, each step in order; ends at the first failure."""
    status = 0
    for number, step in enumerate(steps, start=1):
        state, detail = "done", step.missing()
        if detail and check_only:
            state, status = "needed", 1
        elif detail:
            state, detail = _apply(step, detail)
        report({"step": number, "name": step.name, "state": state, "detail": detail})
        if state == "failed":
            return 1
    return status


def _apply(step: Step, missing: str) -> tuple[str, str]:
    try:
        step.apply()
    except StepFailed as error:
        return "failed", str(error)
    left = step.missing()
    return ("failed", left) if left else ("applied", missing)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; see the module's docstring."""
    parser = argparse.ArgumentParser(prog="python3 -m provisioning.install", description=__doc__)
    parser.add_argument("--check", action="store_true", help="report only, change nothing")
    parser.add_argument("--root", type=Path, default=Path("/"), help="install below this folder")
    parser.add_argument("--server", help="https://host:port of the fleet server")
    parser.add_argument("--ca-fingerprint", help="printed with the token")
    parser.add_argument("--token", help="one-time token from the console")
    parser.add_argument("--site", type=Path, help="place and devices; see site.example.toml")
    chosen = parser.parse_args(arguments)
    given = (chosen.server, chosen.ca_fingerprint, chosen.token)
    if any(given) and not all(given):
        parser.error("--server, --ca-fingerprint and --token belong together")
    if wrong := _without_sense(chosen):
        sys.stderr.write(wrong + "\n")
        return 2
    enrolment = Enrolment(*given, chosen.site) if all(given) else None
    return run(all_steps(Machine(chosen.root), enrolment), check_only=chosen.check, report=_print)


def _without_sense(chosen: argparse.Namespace) -> str:
    """What enrolment, the eighth step, would refuse after everything else was installed."""
    try:
        if chosen.server:
            read_server(chosen.server)
            read_fingerprint(chosen.ca_fingerprint)
        if chosen.site:
            read_toml(chosen.site)
    except ValueError as error:
        return str(error)
    return ""


def _print(line: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
