"""`qr-scanner listen` and `decode` as a technician runs them."""

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from device_drivers.qr_scanner.emulator import (
    HoneywellScannerEmulator,
    NewlandScannerEmulator,
    ScannerEmulator,
    SsiScannerEmulator,
)
from tests.device_drivers.qr_scanner.holding import until
from tests.device_drivers.qr_scanner.pictures import drawn

pytestmark = pytest.mark.slow
COMMAND = (sys.executable, "-m", "device_drivers", "qr-scanner")


class Shown:
    """Shows a code once somebody looks."""

    def __init__(self, emulator: ScannerEmulator) -> None:
        self._emulator = emulator

    def __call__(self) -> None:
        asyncio.run(until(lambda: self._emulator.is_looking))
        self._emulator.show("完税 SW370321")


def first_scan(port: str, *options: str, shown: Shown) -> dict[str, object]:
    listening = subprocess.Popen(
        [*COMMAND, "listen", "--port", port, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with listening:
        assert listening.stdout is not None
        assert listening.stderr is not None
        assert listening.stderr.readline()
        shown()
        line = listening.stdout.readline()
        listening.send_signal(signal.SIGINT)
        assert listening.wait(30) == 130
        assert b"Traceback" not in listening.stderr.read()
    scan = json.loads(line)
    assert isinstance(scan, dict)
    return scan


@pytest.mark.parametrize(
    ("emulator", "framing", "symbology"),
    [
        (NewlandScannerEmulator(), "newland", "unknown"),
        (HoneywellScannerEmulator(), "honeywell", "unknown"),
        (SsiScannerEmulator(), "ssi", "qr"),
        (SsiScannerEmulator(), "auto", "qr"),
    ],
)
def test_every_framing_is_listened_to(
    emulator: ScannerEmulator, framing: str, symbology: str
) -> None:
    with emulator:
        scan = first_scan(emulator.port, "--framing", framing, shown=Shown(emulator))
        assert not emulator.is_looking
    text = "完税 SW370321"
    assert scan == {"text": text, "symbology": symbology, "raw_hex": text.encode().hex()}


def test_pictures_are_decoded_with_their_quad_and_time(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "code.png"), drawn("完税通知".encode("gbk")))
    done = subprocess.run(
        [*COMMAND, "decode", "--budget-ms", "400", str(tmp_path / "code.png")],
        capture_output=True,
        check=True,
    )
    line = json.loads(done.stdout)
    assert line["file"].endswith("code.png")
    assert isinstance(line["ms"], float)
    (code,) = line["codes"]
    assert (code["format"], code["text"]) == ("qr", "完税通知")
    assert code["raw_hex"] == "完税通知".encode("gbk").hex()
    assert len(code["quad"]) == 4
