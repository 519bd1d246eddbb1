"""Every constant of every protocol, broken one at a time in a copy of the tree.

The emulators are written from the documents and share no line with the drivers, so a constant that
is wrong on one side only must fail a test. `make test` tries a few of each device, the same ones
until the file changes; `make nightly` all of them.
"""

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

from tests.mutations.mutants import Mutant, mutants_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
DRIVERS = ROOT / "device_drivers"
IS_NIGHT = os.environ.get("NIGHTLY") == "1"
A_FEW = 2

PROTOCOLS = {
    "id_card_reader/frames.py": ("id_card_reader", "contract/test_id_card_reader.py"),
    "id_card_reader/usb_frames.py": ("id_card_reader", "contract/test_id_card_reader.py"),
    "social_security_card/apdu.py": (
        "social_security_card",
        "contract/test_social_security_card.py",
    ),
}
"""A module of frames, the device whose tests must notice, and its contract, tried first."""


def chosen() -> list[ParameterSet]:
    """The mutants of this run."""
    picked: list[ParameterSet] = []
    for module in PROTOCOLS:
        mutants = mutants_of(DRIVERS / module)
        few = random.Random(module).sample(mutants, min(A_FEW, len(mutants)))  # noqa: S311
        picked += [
            pytest.param(module, each, id=f"{module}-{each.title}")
            for each in (mutants if IS_NIGHT else few)
        ]
    return picked


@pytest.mark.parametrize(("module", "mutant"), chosen())
def test_a_broken_constant_is_noticed(module: str, mutant: Mutant, tmp_path: Path) -> None:
    device, contract = PROTOCOLS[module]
    tree = copy_of_the_tree(tmp_path)
    broken = tree / "device_drivers" / module
    broken.write_text(mutant.applied_to(broken.read_text("utf-8")), "utf-8")
    done = tried(tree, f"tests/{contract}", f"tests/device_drivers/{device}")
    assert done.returncode == 1, f"nobody noticed {mutant.title}:\n{done.stdout[-2000:]}"


def test_the_copy_passes_when_nothing_is_broken(tmp_path: Path) -> None:
    tree = copy_of_the_tree(tmp_path)
    done = tried(tree, "tests/device_drivers/id_card_reader/test_frames.py")
    assert done.returncode == 0, done.stdout[-2000:]


def test_every_protocol_has_constants_to_break() -> None:
    assert [module for module in PROTOCOLS if not mutants_of(DRIVERS / module)] == []


def copy_of_the_tree(folder: Path) -> Path:
    """What the drivers and their tests need, for this mutant alone."""
    tree = folder / "tree"
    for name in ("device_drivers", "tests", "kiosk", "assets/text"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    fonts = ROOT / "assets" / "fonts"
    (tree / "assets" / "fonts").symlink_to(fonts)
    shutil.copyfile(ROOT / "pyproject.toml", tree / "pyproject.toml")
    return tree


def tried(tree: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    """The tests in that tree, until the first that fails."""
    return subprocess.run(
        [sys.executable, "-B", "-m", "pytest", "-q", "-x", "-p", "no:xdist", "-p", "no:randomly"]
        + ["-o", "filterwarnings=default", *tests],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(tree), "NIGHTLY": "0"},
    )
