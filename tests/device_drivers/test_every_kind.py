"""What lists devices by hand lists all of them: walls between files, rigs, contracts, decoders."""

import ast
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest

from device_drivers.status import DeviceKind
from tests.device_drivers.rigs import RIGS

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = ROOT / "tests/contract"
KINDS = sorted(kind.value for kind in DeviceKind)


def wall(name: str, which: str) -> list[str]:
    """The modules an import contract of this name lists as source, forbidden or independent."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    return [module for each in contracts if each["name"] == name for module in each.get(which, [])]


def forgotten(kinds: Iterable[str], listed: Iterable[str]) -> list[str]:
    """The kinds that nothing in a list is named after."""
    names = list(listed)
    return [kind for kind in kinds if not any(name.startswith(kind) for name in names)]


def parts_of(modules: Iterable[str]) -> list[str]:
    """`cabinet.emulator` for `device_drivers.cabinet.emulator`."""
    return [module.removeprefix("device_drivers.") for module in modules]


def stand_on_hardware(source: str) -> str | None:
    """The kind whose real device a contract is run on too; None where it is for emulators only.

    It names the kind in `DEVICE`, and a fixture or a test asks for `stand_kind`.
    """
    nodes = list(ast.walk(ast.parse(source)))
    asked = {node.arg for node in nodes if isinstance(node, ast.arg)}
    named = [
        node.value.attr.lower()
        for node in nodes
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and node.target.id == "DEVICE"
        and isinstance(node.value, ast.Attribute)
    ]
    return named[0] if named and "stand_kind" in asked else None


EMULATORS = "Emulators are written from the document, not from the driver"


@pytest.mark.parametrize(
    ("name", "which", "part"),
    [
        ("No device imports another", "modules", ""),
        (EMULATORS, "source_modules", ".emulator"),
        (EMULATORS, "forbidden_modules", "."),
        ("Screens see the flow only", "forbidden_modules", "."),
    ],
)
def test_no_device_is_outside_the_walls(name: str, which: str, part: str) -> None:
    assert forgotten([kind + part for kind in KINDS], parts_of(wall(name, which))) == []


def test_every_device_is_opened_ten_thousand_times_and_unplugged_a_hundred_times() -> None:
    assert forgotten(KINDS, RIGS) == []


def test_every_device_has_a_contract() -> None:
    contracts = [path.stem.removeprefix("test_") for path in CONTRACTS.glob("*.py")]
    assert forgotten(KINDS, contracts) == []


def test_every_device_has_a_contract_for_hardware() -> None:
    stands = {stand_on_hardware(file.read_text("utf-8")) for file in CONTRACTS.glob("test_*.py")}
    assert [kind for kind in KINDS if kind not in stands] == []


def test_a_contract_for_emulators_only_would_be_seen() -> None:
    whole = (CONTRACTS / "test_qr_scanner.py").read_text("utf-8")
    assert stand_on_hardware(whole) == "qr_scanner"
    assert stand_on_hardware(whole.replace("stand_kind", "name")) is None
    assert stand_on_hardware(whole.replace("DEVICE: ", "OTHER: ")) is None
    assert stand_on_hardware((CONTRACTS / "test_qr_scanners_habits.py").read_text("utf-8")) is None


def test_a_device_nobody_listed_would_be_seen() -> None:
    listed = parts_of(wall("No device imports another", "modules"))
    assert forgotten(["cabinet", "a_new_kind"], listed) == ["a_new_kind"]
    assert forgotten(["cabinet.emulator"], ["cabinet.driver"]) == ["cabinet.emulator"]
