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
A_FEW = 1

PROTOCOLS = {
    "id_card_reader/frames.py": "device_drivers/id_card_reader/test_frames.py",
    "id_card_reader/usb_frames.py": "device_drivers/id_card_reader/test_usb_pipes.py",
    "id_card_reader/card_text.py": "device_drivers/id_card_reader/test_card_text.py",
    "social_security_card/apdu.py": "device_drivers/social_security_card/test_apdu.py",
    "qr_scanner/framing/arrival.py": "device_drivers/qr_scanner/framing/test_line.py",
    "qr_scanner/framing/automatic.py": "device_drivers/qr_scanner/framing/test_automatic.py",
    "qr_scanner/framing/honeywell.py": "device_drivers/qr_scanner/framing/test_honeywell.py",
    "qr_scanner/framing/line.py": "device_drivers/qr_scanner/framing/test_line.py",
    "qr_scanner/framing/newland.py": "device_drivers/qr_scanner/framing/test_newland.py",
    "qr_scanner/framing/ssi.py": "device_drivers/qr_scanner/framing/test_ssi.py",
    "qr_scanner/keys.py": "device_drivers/qr_scanner/test_keys.py",
    "qr_scanner/payload.py": "device_drivers/qr_scanner/test_payload.py",
    "receipt_printer/code_128.py": "device_drivers/receipt_printer/test_code_128.py",
    "receipt_printer/escpos.py": "device_drivers/receipt_printer/test_escpos.py",
    "receipt_printer/status_bytes.py": "device_drivers/receipt_printer/test_status_bytes.py",
    "document_printer/ipp.py": "device_drivers/document_printer/test_ipp.py",
    "document_printer/states.py": "device_drivers/document_printer/test_states.py",
    "cabinet/frames.py": "device_drivers/cabinet/test_frames.py",
    "cabinet/register_map.py": "device_drivers/cabinet/test_board_sheet.py",
    "power_supply/variables.py": "device_drivers/power_supply/test_variables.py",
}
"""A module of frames, and who is asked first whether its constants are right: the golden bytes,
which are quick. Then every test of the device is, and its contract."""
COMMANDS_OF_A_READ = {"PREAMBLE", "FIND_CARD", "SELECT_CARD", "READ_CARD"}
NOTICED = {pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED}
"""The latter where the broken module cannot even be imported."""


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


def commands_of_a_read() -> list[Mutant]:
    """What no card can be read without; by day the last of them."""
    mutants = [
        each
        for each in mutants_of(DRIVERS / "id_card_reader/frames.py")
        if each.name in COMMANDS_OF_A_READ
    ]
    return mutants if IS_NIGHT else mutants[-1:]


@pytest.mark.parametrize(("module", "mutant"), chosen())
def test_a_broken_constant_is_noticed(module: str, mutant: Mutant, tmp_path: Path) -> None:
    device = module.partition("/")[0]
    tree = copy_of_the_tree(tmp_path)
    broken = tree / "device_drivers" / module
    broken.write_text(mutant.applied_to(broken.read_text("utf-8")), "utf-8")
    golden = (f"tests/{PROTOCOLS[module]}",)
    the_rest = (f"tests/device_drivers/{device}", f"tests/contract/test_{device}.py")
    # one after the other: asked at once, pytest would import everything before it tries the first
    assert any(tried(tree, *asked).returncode in NOTICED for asked in (golden, the_rest)), (
        f"nobody noticed {mutant.title}"
    )


@pytest.mark.parametrize("mutant", commands_of_a_read(), ids=lambda mutant: mutant.title)
def test_a_contract_alone_notices_too(mutant: Mutant, tmp_path: Path) -> None:
    """It knows the emulator, which was written from the document, and no byte of the driver's."""
    tree = copy_of_the_tree(tmp_path)
    broken = tree / "device_drivers/id_card_reader/frames.py"
    broken.write_text(mutant.applied_to(broken.read_text("utf-8")), "utf-8")
    done = tried(tree, "tests/contract/test_id_card_reader.py")
    assert done.returncode in NOTICED, done.stdout[-2000:]


@pytest.mark.parametrize(
    "asked", sorted(set(PROTOCOLS.values())) if IS_NIGHT else [PROTOCOLS["cabinet/frames.py"]]
)
def test_the_copy_passes_when_nothing_is_broken(asked: str, tmp_path: Path) -> None:
    tree = copy_of_the_tree(tmp_path)
    done = tried(tree, f"tests/{asked}")
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
