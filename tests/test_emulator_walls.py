"""The import contract of the emulators names every module there is, on either side of the wall.

An emulator's side is derived from the folder of its device: what is called so, what imports such a
module, and what nobody but these imports. Everything else in the folder is the driver's, and
`commands.py` may show both to a technician.
"""

import ast
import functools
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAMED = re.compile(r"\.(\w+_)?emulator(\.|$)|\.emulated_\w+$")
CONTRACT = "Emulators are written from the document, not from the driver"
NO_DEVICES = {"bench", "emulation", "transport"}
SHARED = ("device_drivers.transport",)
"""Forbidden to emulators as well, though it is no device's."""

Imports = Mapping[str, frozenset[str]]
"""Each module of one device, and what it imports of the others."""


def devices() -> list[Path]:
    return sorted(
        each.parent
        for each in (ROOT / "device_drivers").glob("*/interface.py")
        if each.parent.name not in NO_DEVICES
    )


@functools.cache
def imports_of(device: Path) -> Imports:
    paths = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in device.rglob("*.py")
    }
    return {
        name: frozenset(asked_for(ast.parse(path.read_text("utf-8"))) & set(paths))
        for name, path in paths.items()
        if path.parent != device or path.name != "__init__.py"
    }


def asked_for(tree: ast.Module) -> set[str]:
    """Every module named by an import, wherever it stands."""
    names: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(module)):
                names |= {module, *(f"{module}.{each.name}" for each in node.names)}
            case ast.Import():
                names |= {each.name for each in node.names}
            case _:
                pass
    return names


def emulator_side(imports: Imports) -> set[str]:
    side = {name for name in imports if NAMED.search(name)}
    while True:
        more = {
            name
            for name in set(imports) - side
            if not name.endswith(".commands")
            and (imports[name] & side or is_wanted_only_by(side, name, imports))
        }
        if not more:
            return side
        side |= more


def is_wanted_only_by(side: set[str], name: str, imports: Imports) -> bool:
    importers = {each for each, asked in imports.items() if name in asked}
    return bool(importers) and importers <= side


def uncovered(names: Iterable[str], entries: Iterable[str]) -> list[str]:
    """Which of the modules no entry names, nor the package of an entry holds."""
    known = tuple(entries)
    return sorted(
        name
        for name in names
        if not any(name == entry or name.startswith(f"{entry}.") for entry in known)
    )


def contract() -> tuple[list[str], list[str]]:
    """The sources and the forbidden modules."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (found,) = (
        each for each in settings["tool"]["importlinter"]["contracts"] if each["name"] == CONTRACT
    )
    return found["source_modules"], found["forbidden_modules"]


def test_every_module_of_an_emulator_is_held_by_the_contract() -> None:
    sources, forbidden = contract()
    side = [name for device in devices() for name in emulator_side(imports_of(device))]
    assert len(side) > 30
    assert uncovered(side, sources) == []
    assert [name for name in side if not uncovered([name], forbidden)] == []


def test_every_module_of_a_driver_is_forbidden_to_emulators() -> None:
    sources, forbidden = contract()
    every = [imports_of(device) for device in devices()]
    drivers = [name for imports in every for name in set(imports) - emulator_side(imports)]
    assert len(drivers) > 60
    assert uncovered([*drivers, *SHARED], forbidden) == []
    assert [name for name in drivers if not uncovered([name], sources)] == []


def test_the_contract_names_nothing_that_is_not_there() -> None:
    sources, forbidden = contract()
    paths = [ROOT.joinpath(*name.split(".")) for name in (*sources, *forbidden)]
    assert [
        str(path) for path in paths if not (path.is_dir() or path.with_suffix(".py").exists())
    ] == []


def test_an_emulator_that_takes_from_its_driver_does_not_pull_that_to_its_own_side() -> None:
    imports = {
        "d.emulator": frozenset({"d.frames", "d.paper"}),
        "d.server": frozenset({"d.emulator"}),
        "d.driver": frozenset({"d.frames"}),
        "d.commands": frozenset({"d.driver", "d.emulator"}),
        "d.frames": frozenset[str](),
        "d.paper": frozenset[str](),
    }
    assert emulator_side(imports) == {"d.emulator", "d.server", "d.paper"}
    assert uncovered(["d.emulator", "d.server"], ["d.emulator"]) == ["d.server"]
