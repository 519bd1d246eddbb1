"""`qr-scanner listen` and `decode` as a technician runs them."""

import json
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
from tests.device_drivers.qr_scanner.listening import Listening
from tests.device_drivers.qr_scanner.pictures import drawn

pytestmark = pytest.mark.slow
COMMAND = (sys.executable, "-m", "device_drivers", "qr-scanner")


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
    text = "完税 SW370321"
    with emulator, Listening(emulator.port, "--framing", framing) as listening:
        scan = listening.read_when_held(lambda: emulator.show(text))
        assert listening.interrupted() == 130
        assert not emulator.is_looking
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
