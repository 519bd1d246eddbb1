"""A paper of an earlier life of ours, or one that was sent too late, never comes out."""

import asyncio
import re
import threading
import time
from collections.abc import Callable

import pytest

from device_drivers.document_printer.cups_queue import CupsQueue
from device_drivers.document_printer.driver import CupsDocumentPrinter
from device_drivers.document_printer.emulator import PrivatePrinting
from device_drivers.document_printer.interface import JobProgress, JobState, Printed, Unconfirmed
from device_drivers.document_printer.printer_link import PrinterLink
from device_drivers.document_printer.spooler import Job, Spooler
from device_drivers.errors import DeviceMissing, DeviceSilent
from device_drivers.status import DeviceStatus
from tests.device_drivers.document_printer.papers import blank_pdf, driver_at

pytestmark = pytest.mark.slow

_LOOK_S = 0.05
_FORMER = "yichuang-certificate-00000000"
_ANY_NAME = re.compile(".*")
_SUBMIT_S = 1.0
"""For CUPS to take a job, in place of the 15 s of a kiosk."""


def _ignore(progress: JobProgress) -> None:
    del progress


async def _until(is_so: Callable[[], bool]) -> None:
    while not await asyncio.to_thread(is_so):  # noqa: ASYNC110  nobody tells
        await asyncio.sleep(_LOOK_S)


def _spooled(printing: PrivatePrinting) -> set[str]:
    """The papers CUPS holds; a negative control leaves its own there."""
    return {path.name for path in (printing.directory / "spool").glob("d*-001")}


def _queue(printing: PrivatePrinting) -> CupsQueue:
    return CupsQueue("document_printer", server=printing.settings["server"], device="test")


def _printer(printing: PrivatePrinting) -> PrinterLink:
    return PrinterLink(printing.settings["printer"], device="test")


async def _leave_a_job_in_the_printer(printing: PrivatePrinting) -> None:
    """A process that is killed calls nothing after it has given the job away."""
    await asyncio.to_thread(printing.run_out_of_paper)
    await asyncio.to_thread(_queue(printing).submit, blank_pdf(), name=_FORMER)
    link = _printer(printing)

    def is_held() -> bool:
        seen = link.find_job(_FORMER)
        return seen is not None and seen.state in {JobState.PROCESSING, JobState.STOPPED}

    await _until(is_held)


async def _print_one(printer: CupsDocumentPrinter) -> None:
    outcome = await printer.print_document(blank_pdf(), title="certificate", on_progress=_ignore)
    assert outcome == Printed(1)


async def _cut_the_current_of_the_kiosk(printing: PrivatePrinting) -> None:
    """CUPS is gone with its spool; the printer, on a socket of its own, keeps what it holds."""
    await asyncio.to_thread(printing.stop_service, is_killed=True)
    await asyncio.to_thread(printing.start_service)


async def test_what_the_printer_alone_still_holds_is_ended_there(
    printing: PrivatePrinting,
) -> None:
    before = len(printing.papers())
    await _leave_a_job_in_the_printer(printing)
    await _cut_the_current_of_the_kiosk(printing)
    next_process = driver_at(printing, sweeps=True)
    await next_process.connect()
    await asyncio.to_thread(printing.put_paper)
    await _print_one(next_process)
    assert len(printing.papers()) == before + 1
    await next_process.close()


async def test_without_the_sweep_it_would_come_out(printing: PrivatePrinting) -> None:
    """The negative control: CUPS knows nothing of the job, and the printer prints it."""
    before = len(printing.papers())
    await _leave_a_job_in_the_printer(printing)
    await _cut_the_current_of_the_kiosk(printing)
    technicians = driver_at(printing)
    await technicians.connect()
    await asyncio.to_thread(printing.put_paper)
    await _until(lambda: len(printing.papers()) == before + 1)
    await technicians.close()


async def test_a_printer_that_answers_nothing_is_swept_when_it_answers_again(
    printing: PrivatePrinting,
) -> None:
    before = len(printing.papers())
    await _leave_a_job_in_the_printer(printing)
    await _cut_the_current_of_the_kiosk(printing)
    await asyncio.to_thread(printing.hang_printer)
    next_process = driver_at(printing, sweeps=True)
    for _ in range(2):  # as often as the app tries
        with pytest.raises(DeviceSilent):
            await next_process.connect()
    await asyncio.to_thread(printing.hang_printer, is_hanging=False)
    await next_process.connect()
    await asyncio.to_thread(printing.put_paper)
    await _print_one(next_process)
    assert len(printing.papers()) == before + 1
    await next_process.close()


async def test_a_printer_that_is_off_at_the_start_prints_nothing_old_when_it_is_on(
    printing: PrivatePrinting,
) -> None:
    before = len(printing.papers())
    await asyncio.to_thread(printing.unplug)
    await asyncio.to_thread(_queue(printing).submit, blank_pdf(), name=_FORMER)
    next_process = driver_at(printing, sweeps=True)
    with pytest.raises(DeviceMissing):
        await next_process.connect()
    assert not list((printing.directory / "spool").glob("d*-001"))
    await asyncio.to_thread(printing.plug)
    await next_process.connect()
    await _print_one(next_process)
    assert len(printing.papers()) == before + 1
    await next_process.close()


@pytest.fixture
def is_hung() -> threading.Event:
    """Set when `stalling` has brought CUPS to a halt."""
    return threading.Event()


@pytest.fixture
def stalling(
    printing: PrivatePrinting, is_hung: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> PrivatePrinting:
    """CUPS hangs at the moment the driver begins to give it a job, and for longer than it waits."""
    given = CupsQueue.submit

    def submit(queue: CupsQueue, pdf: bytes, *, name: str) -> int:
        printing.hang_service()
        is_hung.set()
        return given(queue, pdf, name=name)

    monkeypatch.setattr(CupsQueue, "submit", submit)
    monkeypatch.setattr("device_drivers.document_printer.driver._SUBMIT_S", _SUBMIT_S)
    return printing


async def _submit_too_late(stalling: PrivatePrinting, printer: CupsDocumentPrinter) -> None:
    """Returns when CUPS has gone on, and taken the job that nobody awaits."""
    asked_at = time.monotonic()
    outcome = await printer.print_document(blank_pdf(), title="late", on_progress=_ignore)
    took_s = time.monotonic() - asked_at
    assert outcome == Unconfirmed("D102")  # CUPS may have the last byte, and print it yet
    assert took_s < _SUBMIT_S + 1.5  # a look before it, and what a busy machine adds
    assert (await printer.status()).device is DeviceStatus.UNKNOWN
    await asyncio.to_thread(stalling.hang_service, is_hanging=False)


async def test_a_job_that_cups_takes_too_late_is_taken_back(
    stalling: PrivatePrinting, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = len(stalling.papers())
    await asyncio.to_thread(stalling.take_per_page, 2.0)
    printer = driver_at(stalling)
    await _submit_too_late(stalling, printer)
    await _is_back(printer)
    monkeypatch.undo()
    await asyncio.to_thread(stalling.take_per_page)
    await _print_one(printer)
    assert len(stalling.papers()) == before + 1
    assert not list((stalling.directory / "spool").glob("d*-001"))
    await printer.close()


async def test_a_late_job_that_nobody_took_back_would_come_out(
    stalling: PrivatePrinting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""

    def leave(spooler: Spooler, job: Job) -> None:
        del spooler, job

    monkeypatch.setattr(Spooler, "take_back", leave)
    before = len(stalling.papers())
    printer = driver_at(stalling)
    await _submit_too_late(stalling, printer)
    await _until(lambda: len(stalling.papers()) == before + 1)
    await printer.close()


async def test_a_print_cancelled_twice_while_cups_takes_it_is_taken_back(
    stalling: PrivatePrinting, is_hung: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller's limit runs out, and then the kiosk is stopped: both while CUPS hangs."""
    monkeypatch.setattr("device_drivers.document_printer.driver._SUBMIT_S", 60.0)
    before, spooled = len(stalling.papers()), _spooled(stalling)
    await asyncio.to_thread(stalling.take_per_page, 2.0)
    printer = driver_at(stalling)
    job = asyncio.create_task(
        printer.print_document(blank_pdf(), title="twice", on_progress=_ignore)
    )
    await _until(is_hung.is_set)
    for _ in range(2):
        job.cancel()
        await asyncio.sleep(0)
    await asyncio.to_thread(stalling.hang_service, is_hanging=False)
    with pytest.raises(asyncio.CancelledError):
        await job
    monkeypatch.undo()
    await asyncio.to_thread(stalling.take_per_page)
    await _print_one(printer)
    assert len(stalling.papers()) == before + 1
    assert _spooled(stalling) == spooled
    await printer.close()


@pytest.fixture
def hung_after(printing: PrivatePrinting, monkeypatch: pytest.MonkeyPatch) -> PrivatePrinting:
    """CUPS has taken the job, and hangs before it says another word; there is no paper either."""
    given = CupsQueue.submit

    def submit(queue: CupsQueue, pdf: bytes, *, name: str) -> int:
        printing.run_out_of_paper()
        number = given(queue, pdf, name=name)
        printing.hang_service()
        return number

    monkeypatch.setattr(CupsQueue, "submit", submit)
    monkeypatch.setattr("device_drivers.document_printer.driver._CALL_S", 1.0)
    monkeypatch.setattr("device_drivers.document_printer.driver._SETTLE_S", 1.0)
    return printing


async def _print_into_a_cups_that_hangs(
    printing: PrivatePrinting, printer: CupsDocumentPrinter
) -> None:
    """Returns when CUPS has gone on, and has been asked."""
    spooled = _spooled(printing)
    outcome = await printer.print_document(blank_pdf(), title="held", on_progress=_ignore)
    assert isinstance(outcome, Unconfirmed)
    assert len(_spooled(printing) - spooled) == 1
    await asyncio.to_thread(printing.hang_service, is_hanging=False)
    await _is_back(printer)


async def test_a_job_in_a_cups_that_hangs_is_taken_back_when_it_answers(
    hung_after: PrivatePrinting, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, spooled = len(hung_after.papers()), _spooled(hung_after)
    printer = driver_at(hung_after)
    await _print_into_a_cups_that_hangs(hung_after, printer)
    assert _spooled(hung_after) == spooled
    await _until(lambda: not _printer(hung_after).unfinished(_ANY_NAME))
    monkeypatch.undo()
    await asyncio.to_thread(hung_after.put_paper)
    await _print_one(printer)
    assert len(hung_after.papers()) == before + 1
    await printer.close()


async def test_a_job_in_a_cups_that_hung_would_come_out_if_nobody_noted_it(
    hung_after: PrivatePrinting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""

    def leave(spooler: Spooler, job: Job) -> None:
        del spooler, job

    monkeypatch.setattr(Spooler, "note_unwanted", leave)
    before = len(hung_after.papers())
    printer = driver_at(hung_after)
    await _print_into_a_cups_that_hangs(hung_after, printer)
    await asyncio.to_thread(hung_after.put_paper)
    await _until(lambda: len(hung_after.papers()) == before + 1)
    await printer.close()


async def _is_back(printer: CupsDocumentPrinter) -> None:
    """Nothing is owed any more by CUPS: the late job has come and has been taken back."""
    while (await printer.status()).device is DeviceStatus.UNKNOWN:  # noqa: ASYNC110  nobody tells
        await asyncio.sleep(_LOOK_S)
