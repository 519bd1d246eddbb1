"""The installer's step for the A4 printer, at a real CUPS with a real IPP printer behind it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from device_drivers.document_printer.emulator import PrivatePrinting
from device_drivers.document_printer.emulator.room import IPP_PORT
from provisioning.print_service import (
    DROP_IN,
    NoPrintService,
    make_print_service,
    missing_print_service,
)

NO_CUPS = "/nowhere/cups.sock"


@pytest.fixture(scope="module")
def cups() -> Iterator[str]:
    """Where a CUPS of our own listens."""
    with PrivatePrinting() as printing:
        yield printing.settings["server"]


def config_with(folder: Path, device: str) -> Path:
    config = folder / "kiosk.toml"
    config.write_text(device, encoding="utf-8")
    return config


def printer(queue: str, settings: str) -> str:
    return f"""\
[devices.document_printer]
model = "cups"
port = "cups:{queue}"
settings = {settings}
"""


def test_nothing_is_missing_where_nothing_is_enrolled_or_no_printer_is_named(
    tmp_path: Path,
) -> None:
    assert missing_print_service(tmp_path / "kiosk.toml", tmp_path, NO_CUPS) == ""
    config = config_with(tmp_path, "[devices.cabinet]\n")
    assert missing_print_service(config, tmp_path, NO_CUPS) == ""
    make_print_service(config, tmp_path, NO_CUPS)
    assert not (tmp_path / DROP_IN).exists()


def test_a_printer_nobody_says_the_place_of_is_asked_for(tmp_path: Path) -> None:
    config = config_with(tmp_path, printer("a4", "{}"))
    assert "spool" in missing_print_service(config, tmp_path, NO_CUPS)
    with pytest.raises(NoPrintService, match="where the A4 printer is"):
        make_print_service(config, tmp_path, NO_CUPS)


def test_a_print_service_that_is_away_is_told_in_its_own_words(tmp_path: Path) -> None:
    config = config_with(tmp_path, printer("a4", '{printer = "192.0.2.8:631"}'))
    with pytest.raises(NoPrintService, match="lpadmin says"):
        make_print_service(config, tmp_path, NO_CUPS)
    assert "no queue a4" in missing_print_service(config, tmp_path, NO_CUPS)


@pytest.mark.slow
def test_the_queue_is_made_of_the_printer_named_and_only_once(tmp_path: Path, cups: str) -> None:
    named = f'{{printer = "localhost:{IPP_PORT}"}}'
    config = config_with(tmp_path, printer("hall_printer", named))
    make_print_service(config, tmp_path, cups)
    assert missing_print_service(config, tmp_path, cups) == ""
    assert "rm -f /var/spool/cups/" in (tmp_path / DROP_IN).read_text(encoding="utf-8")
    make_print_service(config, tmp_path, cups)
    listed = subprocess.run(
        ["lpstat", "-h", cups, "-v"], capture_output=True, text=True, check=True
    )
    assert listed.stdout.count("hall_printer") == 1


@pytest.mark.slow
def test_a_queue_of_another_printer_is_noticed_and_one_made_by_hand_is_left_alone(
    tmp_path: Path, cups: str
) -> None:
    by_hand = config_with(tmp_path, printer("unasked_printer", "{}"))
    make_print_service(by_hand, tmp_path, cups)
    assert missing_print_service(by_hand, tmp_path, cups) == ""
    other = config_with(tmp_path, printer("unasked_printer", '{printer = "192.0.2.8:631"}'))
    assert "another printer" in missing_print_service(other, tmp_path, cups)
