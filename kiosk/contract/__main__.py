"""`python -m kiosk.contract`: check numbers and services from a shell, one JSON object a line."""

import argparse
import json
import sys
from pathlib import Path

import yaml
from pydantic import JsonValue

from kiosk.contract.assemble import Unassembled, assemble_service
from kiosk.contract.checks import check_service
from kiosk.contract.findings import Finding, FindingCode, Gate
from kiosk.contract.identifiers import NumberKind, check_number

_GATE_FILE = "publish_gate.yaml"
_SHIPPED_GATE = Path(__file__).resolve().parents[2] / "assets" / _GATE_FILE

_RESULT = 0
_BAD_ARGUMENTS = 2


def main(arguments: list[str] | None = None) -> int:
    """Exit 0 on a result (a refusal is a result), 2 on bad arguments (`DESIGN.md` section 8)."""
    parser = argparse.ArgumentParser(prog="python -m kiosk.contract", description=__doc__)
    commands = parser.add_subparsers(required=True)
    numbers = commands.add_parser(
        "check-number",
        help="official numbers: kind, valid, why not",
        description="One JSON object a number: its kind, whether it is valid, and why not.",
    )
    kinds = ", ".join(kind.value for kind in NumberKind if kind is not NumberKind.UNKNOWN)
    numbers.add_argument("texts", nargs="+", metavar="TEXT", help=f"a number of any kind: {kinds}")
    numbers.set_defaults(run=_check_numbers)
    services = commands.add_parser("check-service", help="every finding of the publish gate")
    services.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    services.add_argument(
        "--gate", type=Path, help=f"word lists; by default {_GATE_FILE} two folders above, or ours"
    )
    services.set_defaults(run=_check_services)
    chosen = parser.parse_args(arguments)
    code: int = chosen.run(chosen)
    return code


def _check_numbers(arguments: argparse.Namespace) -> int:
    for text in arguments.texts:
        check = check_number(text)
        _write(
            text=text, kind=check.kind.value, valid=check.valid, reason=check.reason.value or None
        )
    return _RESULT


def _check_services(arguments: argparse.Namespace) -> int:
    for folder in arguments.folders:
        if not folder.is_dir():
            print(f"{folder} is not a folder", file=sys.stderr)
            return _BAD_ARGUMENTS
    for folder in arguments.folders:
        try:
            gate = _read_gate(arguments.gate, folder)
        except (OSError, ValueError, yaml.YAMLError) as error:
            print(" ".join(f"gate: {error}".split()), file=sys.stderr)  # one line of several
            return _BAD_ARGUMENTS
        findings = _findings(folder, gate)
        for each in findings:
            _write(
                service=folder.name,
                code=each.code.value,
                where=each.where,
                clause=each.clause or None,
                detail=each.detail,
            )
        _write(service=folder.name, findings=len(findings), publishable=not findings)
    return _RESULT


def _findings(folder: Path, gate: Gate) -> tuple[Finding, ...]:
    files: dict[str, JsonValue] = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            files[path.name] = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            where = f"{folder.name}/{path.name}"
            return (Finding(code=FindingCode.MALFORMED, where=where, detail=str(error)),)
    try:
        return check_service(assemble_service(folder.name, files), gate)
    except Unassembled as error:
        return error.findings


def _read_gate(path: Path | None, folder: Path) -> Gate:
    beside = folder.resolve().parent.parent / _GATE_FILE
    default = beside if beside.exists() else _SHIPPED_GATE
    text = (path or default).read_text(encoding="utf-8")
    return Gate.model_validate(yaml.safe_load(text))


def _write(**fields: JsonValue) -> None:
    print(json.dumps(fields, ensure_ascii=False))


if __name__ == "__main__":
    sys.exit(main())
