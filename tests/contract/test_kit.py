"""The kit itself: a contract run on a device named on the command line, with a person's hands.

The "hardware" is an emulated device behind a port of its own, and this test is the person.
"""

import os
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from device_drivers.document_printer.emulator import PrivatePrinting
from device_drivers.document_printer.emulator.room import CUPS
from device_drivers.id_card_reader.emulator import SamVEmulator
from device_drivers.qr_scanner.decode import decode_image
from device_drivers.qr_scanner.emulator import LineScannerEmulator
from tests.device_drivers.id_card_reader.people import RESIDENT
from tests.device_drivers.qr_scanner.pictures import in_colour

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[2]
CONTRACT = "tests/contract/test_id_card_reader.py"
PATIENCE_S = 60.0


def run(*arguments: str, contract: str = CONTRACT) -> list[str]:
    return [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", contract, *arguments]


class Session:
    """One run of a contract, and what it has told the person so far."""

    def __init__(self, running: "subprocess.Popen[str]") -> None:
        self._running = running
        self.told = ""

    def is_told(self, words: str) -> str:
        """Wait for the prompt with these words; the whole of it. Fails where the run ends first."""
        assert self._running.stdout is not None
        begun_at = len(self.told)
        while words not in self.told[begun_at:] or not self.told.endswith("here) "):
            heard = self._running.stdout.read(1)
            assert heard, self.told
            self.told += heard
        return self.told[begun_at:]

    def presses_enter(self) -> None:
        assert self._running.stdin is not None
        self._running.stdin.write("\n")
        self._running.stdin.flush()

    def does_until_the_end(self, act: Callable[[], None]) -> None:
        """Do it again and again, as a person does who is not seen."""
        deadline = time.monotonic() + PATIENCE_S
        while self._running.poll() is None and time.monotonic() < deadline:
            act()
            time.sleep(0.2)

    def ends(self) -> None:
        """Fails where a test did."""
        assert self._running.stdout is not None
        self.told += self._running.stdout.read()
        assert self._running.wait(PATIENCE_S) == 0, self.told


@contextmanager
def session(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[Session]:
    with subprocess.Popen(
        command,
        cwd=PROJECT,
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            yield Session(running)
        finally:
            running.kill()


def test_a_person_is_told_what_to_do_and_the_device_is_tested() -> None:
    with SamVEmulator() as device:
        hardware = f"id_card_reader={device.port}"
        with session(run("-k", "hardware and sees_a_card", "--hardware", hardware), {}) as kit:
            kit.is_told("Take every card away")
            kit.presses_enter()
            kit.is_told("Lay a card of the kind resident")
            device.lay(RESIDENT)
            kit.presses_enter()
            kit.ends()
    assert "1 passed" in kit.told


def test_a_person_holds_the_picture_of_a_code_before_a_scanner(tmp_path: Path) -> None:
    with LineScannerEmulator() as device:
        command = run(
            *("-k", "hardware and address", "--hardware", f"qr_scanner={device.port}"),
            *("--basetemp", str(tmp_path / "session")),
            contract="tests/contract/test_qr_scanner.py",
        )
        with session(command, {}) as kit:
            kit.is_told("nothing is before it")
            kit.presses_enter()
            prompt = kit.is_told("Hold the code of ")
            picture = Path(prompt.partition("the code of ")[2].partition(" before")[0])
            (code,) = decode_image(in_colour(picture.read_bytes()))
            kit.presses_enter()
            kit.does_until_the_end(lambda: device.show(code.text))
            kit.ends()
    assert "1 passed" in kit.told


def inside(printing: PrivatePrinting) -> list[str]:
    """What a command begins with, to run where that CUPS and its printer can be reached."""
    with socket.socket(socket.AF_UNIX) as asking:
        asking.connect(printing.settings["server"])
        peer = asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    cupsd, _, _ = struct.unpack("3i", peer)
    spaces = ["--net", "--mount", *(["--user", "--preserve-credentials"] * bool(os.geteuid()))]
    return ["nsenter", "--target", str(cupsd), *spaces, f"--wd={PROJECT}", "--"]


def test_a_person_stands_beside_a_printer_of_the_systems_cups() -> None:
    with PrivatePrinting() as device:
        command = run(
            *("-k", "hardware and says_that_the_paper_is_out"),
            *("--hardware", f"document_printer={device.port}"),
            contract="tests/contract/test_document_printer.py",
        )
        with session([*inside(device), *command], {"CUPS_SERVER": str(CUPS)}) as kit:
            kit.is_told("See that CUPS runs")
            kit.presses_enter()
            kit.is_told("Take all paper out of the tray")
            device.put_paper(0)
            kit.presses_enter()
            kit.is_told("Fill the tray")
            device.put_paper()
            kit.presses_enter()
            kit.is_told("Count the pages of each paper since the tray was empty: none")
            assert device.printed() == {}
            kit.presses_enter()
            kit.ends()
    assert "1 passed" in kit.told


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


@pytest.mark.parametrize(
    ("named", "why"),
    [
        ("toaster=tcp:127.0.0.1:1", "--hardware toaster=tcp:127.0.0.1:1"),
        ("id_card_reader=ttyUSB0", "--hardware id_card_reader=ttyUSB0"),
        ("x", "--hardware x"),
        ("cabinet=tcp:127.0.0.1:1", "--hardware: no contract of cabinet is chosen"),
    ],
)
def test_a_device_that_cannot_be_is_refused(named: str, why: str) -> None:
    done = subprocess.run(
        run("--hardware", named), cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 4
    assert why in done.stdout + done.stderr
