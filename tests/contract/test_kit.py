"""The kit itself: a contract run on a device named on the command line, with a person's hands.

The "hardware" is an emulated reader behind a port of its own, and this test is the person.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from device_drivers.id_card_reader.emulator import SamVEmulator
from tests.device_drivers.id_card_reader.people import RESIDENT

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[2]
CONTRACT = "tests/contract/test_id_card_reader.py"


def run(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", CONTRACT, *arguments]


def test_a_person_is_told_what_to_do_and_the_device_is_tested() -> None:
    with (
        SamVEmulator() as device,
        subprocess.Popen(
            run("-k", "hardware and sees_a_card", "--hardware", f"id_card_reader={device.port}"),
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as session,
    ):
        assert session.stdin is not None
        assert session.stdout is not None
        told = ""
        while "Take every card away" not in told:
            told += session.stdout.read(1)
        session.stdin.write("\n")
        session.stdin.flush()
        while "Lay a card of the kind resident" not in told:
            told += session.stdout.read(1)
        device.lay(RESIDENT)
        session.stdin.write("\n")
        session.stdin.flush()
        told += session.stdout.read()
        assert session.wait(60) == 0
    assert "1 passed" in told


def test_what_cannot_be_done_here_is_skipped_by_name() -> None:
    with SamVEmulator() as device:
        done = subprocess.run(
            run("-k", "hardware and sees_a_card", "--hardware", f"id_card_reader={device.port}"),
            cwd=PROJECT,
            input="\ns\n",
            capture_output=True,
            text=True,
            check=True,
        )
    assert "1 skipped" in done.stdout
    assert "the technician could not: Lay a card" in done.stdout


@pytest.mark.parametrize("named", ["toaster=tcp:127.0.0.1:1", "id_card_reader=ttyUSB0", "x"])
def test_a_device_that_cannot_be_is_refused(named: str) -> None:
    done = subprocess.run(
        run("--hardware", named), cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 4
    assert f"--hardware {named}" in done.stdout + done.stderr
