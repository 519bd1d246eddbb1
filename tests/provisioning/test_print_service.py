"""The installer's step for the A4 printer, at a real CUPS with a real IPP printer behind it."""

import shlex
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from cups import Connection as CUPS

from device_drivers.document_printer.cups_queue import CupsQueue
from device_drivers.document_printer.emulator import PrivatePrinting
from device_drivers.document_printer.emulator.room import EMPTY_SPOOL, IPP_PORT
from provisioning.print_service import (
    DROP_IN,
    ERROR_POLICY,
    SPOOL_EMPTIED,
    NoPrintService,
    make_print_service,
    missing_print_service,
)
from tests.device_drivers.document_printer.papers import blank_pdf

NO_CUPS = "/nowhere/cups.sock"


@pytest.fixture(scope="module")
def printing() -> Iterator[PrivatePrinting]:
    """A CUPS of our own."""
    with PrivatePrinting() as started:
        yield started


@pytest.fixture(scope="module")
def cups(printing: PrivatePrinting) -> str:
    """Where it listens."""
    return printing.settings["server"]


@pytest.fixture
def whole(printing: PrivatePrinting) -> Iterator[PrivatePrinting]:
    """Its printer is on, and its CUPS runs, before and after a test."""
    yield printing
    printing.start_service()
    printing.plug()


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


def policy_of(queue: str, server: str) -> str:
    """What CUPS does with that queue's failed jobs, by its own library."""
    name = "printer-error-policy"
    asked = CUPS(server, 0).getPrinterAttributes(queue, requested_attributes=[name])
    return str(asked[name])


@pytest.mark.slow
@pytest.mark.parametrize("wrong", ["retry-job", "retry-current-job", "stop-printer"])
def test_a_queue_that_keeps_failed_jobs_is_noticed_and_mended(
    tmp_path: Path, cups: str, wrong: str
) -> None:
    config = config_with(tmp_path, printer("unasked_printer", "{}"))
    make_print_service(config, tmp_path, cups)
    subprocess.run(
        ["lpadmin", "-h", cups, "-p", "unasked_printer", "-o", f"printer-error-policy={wrong}"],
        check=True,
    )
    assert wrong in missing_print_service(config, tmp_path, cups)
    make_print_service(config, tmp_path, cups)
    assert missing_print_service(config, tmp_path, cups) == ""
    assert policy_of("unasked_printer", cups) == ERROR_POLICY


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "complaint"),
    [("cupsdisable", "is stopped"), ("cupsreject", "takes no jobs")],
)
def test_a_queue_that_prints_nothing_is_noticed_and_mended(
    tmp_path: Path, cups: str, command: str, complaint: str
) -> None:
    """One it made itself, and somebody stopped: by hand, or CUPS of its own."""
    config = config_with(tmp_path, printer("unasked_printer", "{}"))
    make_print_service(config, tmp_path, cups)
    subprocess.run([command, "-h", cups, "unasked_printer"], check=True)
    assert complaint in missing_print_service(config, tmp_path, cups)
    make_print_service(config, tmp_path, cups)
    assert missing_print_service(config, tmp_path, cups) == ""


@pytest.mark.slow
def test_a_server_named_in_the_devices_settings_is_the_one_that_is_asked(
    tmp_path: Path, cups: str
) -> None:
    named = f'{{server = "{cups}", printer = "localhost:{IPP_PORT}"}}'
    config = config_with(tmp_path, printer("named_printer", named))
    make_print_service(config, tmp_path)
    assert missing_print_service(config, tmp_path) == ""
    assert policy_of("named_printer", cups) == ERROR_POLICY


def until(is_so: Callable[[], bool]) -> None:
    """Nobody tells when a sheet comes out."""
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def before_cups_starts() -> list[str]:
    """The one command of the drop-in."""
    (command,) = [
        line.partition("=")[2]
        for line in SPOOL_EMPTIED.splitlines()
        if line.startswith("ExecStartPre=")
    ]
    return shlex.split(command)


def restart_with_a_job_that_waits(printing: PrivatePrinting, *, before: Sequence[str]) -> None:
    """CUPS ends with a paper in its spool, for the printer is off; then both are on again.

    In order, so that CUPS writes its jobs down; cut off, it has them on the disk within 30 s.
    """
    queue = CupsQueue("document_printer", server=printing.settings["server"], device="test")
    printing.unplug()
    queue.submit(blank_pdf(), name="certificate-00000000")
    printing.stop_service()
    left = {path.name[0] for path in (printing.directory / "spool").glob("[cd]*")}
    assert left == {"c", "d"}
    printing.start_service(before=before)
    printing.plug()


@pytest.mark.slow
def test_after_the_drop_ins_command_cups_prints_nothing_old(whole: PrivatePrinting) -> None:
    sheets = whole.printed()
    restart_with_a_job_that_waits(whole, before=before_cups_starts())
    assert not list((whole.directory / "spool").glob("[cd]*"))
    queue = CupsQueue("document_printer", server=whole.settings["server"], device="test")
    queue.submit(blank_pdf(2), name="certificate-00000001")
    until(lambda: 2 in list(whole.printed().values())[len(sheets) :])
    assert list(whole.printed().values())[len(sheets) :] == [2]


@pytest.mark.slow
def test_without_the_drop_in_cups_prints_what_it_had(whole: PrivatePrinting) -> None:
    """The negative control."""
    sheets = whole.printed()
    restart_with_a_job_that_waits(whole, before=())
    until(lambda: len(whole.printed()) == len(sheets) + 1)


def test_the_emulators_cups_starts_as_the_drop_in_says() -> None:
    assert before_cups_starts() == list(EMPTY_SPOOL)
