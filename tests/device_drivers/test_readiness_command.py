"""`readiness` for a technician: what it says of files, and beside a kiosk that runs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import serial

from device_drivers.cabinet.emulator import CabinetEmulator
from device_drivers.ports import Port

pytestmark = pytest.mark.slow


def readiness(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "device_drivers", "readiness", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--config", "{folder}"), "{folder}: Is a directory"),
        (("--config", "{folder}/garbage"), "{folder}/garbage: not a text file in UTF-8"),
        (
            ("--config", "{folder}/kiosk.toml", "--pdf", "{folder}/no/sheet.pdf"),
            "cannot draw the sheet: {folder}/no/sheet.pdf: No such file or directory",
        ),
    ],
)
def test_files_that_cannot_be_read_or_written_are_named_in_one_line(
    tmp_path: Path, arguments: tuple[str, ...], complaint: str
) -> None:
    (tmp_path / "garbage").write_bytes(b"\xff\xfe\x00\xf6")
    (tmp_path / "kiosk.toml").write_text(
        '[devices.cabinet]\nmodel = "modbus_rtu"\nport = "serial:/dev/nothing"\n', encoding="utf-8"
    )
    given = [word.format(folder=tmp_path) for word in arguments]
    done = readiness(*given)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [complaint.format(folder=tmp_path)]


def test_readiness_beside_a_running_kiosk_says_that_its_lines_are_in_use(tmp_path: Path) -> None:
    with CabinetEmulator() as emulator:
        config = tmp_path / "kiosk.toml"
        config.write_text(
            f'[devices.cabinet]\nmodel = "modbus_rtu"\nport = "{emulator.port}"\n', encoding="utf-8"
        )
        kiosk = serial.Serial(Port.parse(emulator.port).address, exclusive=True)
        with kiosk:
            beside = json.loads(readiness("--config", str(config)).stdout)
        alone = json.loads(readiness("--config", str(config)).stdout)
    assert (beside["fault"], beside["why"]) == (
        "D101",
        f"{emulator.port}: in use by another program",
    )
    assert (alone["status"], alone["fault"]) == ("online", None)
