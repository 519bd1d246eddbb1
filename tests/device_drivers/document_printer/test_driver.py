"""The driver's traps: what CUPS tells wrongly, keeps too long, or never answers."""

import asyncio
import contextlib
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from device_drivers.document_printer.cups_queue import CupsQueue
from device_drivers.document_printer.driver import CupsDocumentPrinter
from device_drivers.document_printer.emulator import PrivatePrinting
from device_drivers.document_printer.emulator.room import UNASKED_QUEUE
from device_drivers.document_printer.interface import (
    JobProgress,
    JobState,
    PaperStatus,
    Printed,
    Unconfirmed,
)
from device_drivers.errors import FaultCode
from device_drivers.ports import Port
from device_drivers.status import DeviceStatus
from tests.device_drivers.document_printer.papers import Told, blank_pdf, driver_at

_LOOK_S = 0.05


def _ignore(progress: JobProgress) -> None:
    del progress


@contextlib.contextmanager
def _listener(answer: bytes) -> Iterator[str]:
    """A socket at which `answer` is all anybody ever hears; with none it takes and keeps silent."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listening:
        path = str(Path(folder) / "s")
        listening.bind(path)
        listening.listen(8)
        listening.setblocking(False)
        kept: list[socket.socket] = []

        def accept() -> None:
            connection, _ = listening.accept()
            connection.sendall(answer)
            kept.append(connection)

        loop = asyncio.get_running_loop()
        loop.add_reader(listening.fileno(), accept)
        try:
            yield path
        finally:
            loop.remove_reader(listening.fileno())
            for connection in kept:
                connection.close()


async def _until(is_so: Callable[[], bool]) -> None:
    while not await asyncio.to_thread(is_so):  # noqa: ASYNC110  nobody tells
        await asyncio.sleep(_LOOK_S)


async def test_a_print_service_that_hangs_is_unknown_within_a_second_and_asked_once() -> None:
    with _listener(b"") as path:
        printer = CupsDocumentPrinter(Port.parse("cups:a4"), server=path, printer=path)
        asked_at = time.monotonic()
        first = await printer.status()
        took_s = time.monotonic() - asked_at
        again = await printer.status()
        assert (first.device, first.paper) == (DeviceStatus.UNKNOWN, PaperStatus.UNKNOWN)
        assert took_s < 1.5  # 1 s, and what a busy machine adds
        assert "still owes" in again.detail
    await printer.close()


async def test_no_print_service_at_all_is_told_as_such() -> None:
    printer = CupsDocumentPrinter(Port.parse("cups:a4"), server="/nowhere/cups.sock")
    status = await printer.status()
    assert (status.device, status.fault) == (DeviceStatus.OFFLINE, FaultCode.SERVICE_DOWN)
    await printer.close()
    await printer.close()


@pytest.mark.parametrize(
    ("pdf", "title"),
    [(b"GIF89a", "certificate"), (blank_pdf(), "王小明"), (blank_pdf(), ""), (blank_pdf(), "a b")],
)
async def test_what_is_no_pdf_or_could_name_somebody_is_never_sent(pdf: bytes, title: str) -> None:
    printer = CupsDocumentPrinter(Port.parse("cups:a4"), server="/nowhere/cups.sock")
    with pytest.raises(ValueError, match=r"PDF|title"):
        await printer.print_document(pdf, title=title, on_progress=_ignore)


@pytest.mark.parametrize("server", ["nowhere", "host:", ":631", "host:port"])
def test_a_server_that_is_no_address_is_refused(server: str) -> None:
    with pytest.raises(ValueError, match="server"):
        CupsDocumentPrinter(Port.parse("cups:a4"), server=server)


@pytest.fixture
async def printer(printing: PrivatePrinting) -> AsyncIterator[CupsDocumentPrinter]:
    made = driver_at(printing)
    yield made
    await made.close()


@pytest.mark.slow
async def test_a_queue_that_does_not_exist_is_a_missing_device(printing: PrivatePrinting) -> None:
    printer = driver_at(printing, name="nobody")
    status = await printer.status()
    assert (status.device, status.fault) == (DeviceStatus.NO_DEVICE, FaultCode.DEVICE_MISSING)
    await printer.close()


@pytest.mark.slow
async def test_a_printer_that_answers_rubbish_is_told_as_garbled(printing: PrivatePrinting) -> None:
    rubbish = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n<html"
    with _listener(rubbish) as path:
        printer = CupsDocumentPrinter(
            Port.parse(printing.port), server=printing.settings["server"], printer=path
        )
        assert (await printer.status()).fault is FaultCode.DEVICE_GARBLED
        await printer.close()


@pytest.mark.slow
async def test_paper_that_came_back_is_seen_though_cups_repeats_the_old_complaint(
    printing: PrivatePrinting, printer: CupsDocumentPrinter
) -> None:
    await asyncio.to_thread(printing.put_paper, 1)
    await printer.print_document(blank_pdf(2), title="certificate", on_progress=_ignore)
    await asyncio.to_thread(printing.put_paper)
    queue = CupsQueue("document_printer", server=printing.settings["server"], device="test")
    assert any("media-empty" in reason for reason in queue.attributes().reasons)
    assert (await printer.status()).paper is PaperStatus.FULL


@pytest.mark.slow
async def test_no_citizens_paper_stays_in_the_spool(
    printing: PrivatePrinting, printer: CupsDocumentPrinter
) -> None:
    await printer.print_document(blank_pdf(), title="certificate", on_progress=_ignore)
    left = [path.name for path in (printing.directory / "spool").glob("d*-001")]
    assert left == []


@pytest.mark.slow
async def test_what_a_killed_process_left_in_the_spool_is_gone_when_the_next_one_connects(
    printing: PrivatePrinting,
) -> None:
    await asyncio.to_thread(printing.run_out_of_paper)
    before = len(printing.papers())
    queue = CupsQueue("document_printer", server=printing.settings["server"], device="test")
    # a process that is killed calls nothing after this
    number = await asyncio.to_thread(
        queue.submit, blank_pdf(), name="yichuang-certificate-00000000"
    )
    files = printing.directory / "spool"
    assert list(files.glob(f"d{number:05}-001"))
    technicians = driver_at(printing)  # a command beside the app that owns the queue
    await technicians.connect()
    await technicians.close()
    assert list(files.glob(f"d{number:05}-001"))
    next_process = driver_at(printing, sweeps=True)
    await next_process.connect()
    assert not list(files.glob(f"d{number:05}-001"))
    await asyncio.to_thread(printing.put_paper)
    assert await next_process.print_document(
        blank_pdf(1), title="certificate", on_progress=_ignore
    ) == Printed(1)
    assert len(printing.papers()) == before + 1
    await next_process.close()


@pytest.mark.slow
async def test_a_printer_that_cannot_be_asked_is_never_believed_to_have_printed(
    printing: PrivatePrinting,
) -> None:
    """CUPS calls a job completed when the cable has taken its last byte."""
    printer = driver_at(printing, name=UNASKED_QUEUE, printer="")
    told: list[JobProgress] = []
    outcome = await printer.print_document(
        blank_pdf(1), title="certificate", on_progress=told.append
    )
    assert told[-1] == JobProgress(JobState.COMPLETED, 0)
    assert outcome == Unconfirmed("D102")  # nobody can say; CUPS itself is well
    status = await printer.status()
    assert (status.device, status.paper) == (DeviceStatus.ONLINE, PaperStatus.UNKNOWN)
    await printer.close()


@pytest.mark.slow
async def test_a_print_service_killed_in_a_job_prints_nothing_twice_when_it_is_back(
    printing: PrivatePrinting, printer: CupsDocumentPrinter
) -> None:
    before = len(printing.papers())
    await asyncio.to_thread(printing.take_per_page, 1.0)
    told = Told()
    job = asyncio.create_task(
        printer.print_document(blank_pdf(2), title="certificate", on_progress=told)
    )
    await told.page_is_out.wait()
    await asyncio.to_thread(printing.stop_service, is_killed=True)
    outcome = await job
    assert outcome == Printed(2) or isinstance(outcome, Unconfirmed)
    await asyncio.to_thread(printing.start_service)
    assert await printer.print_document(
        blank_pdf(1), title="certificate", on_progress=_ignore
    ) == Printed(1)
    assert len(printing.papers()) == before + 2


@pytest.mark.slow
async def test_a_print_cancelled_twice_still_tells_how_it_stood_at_the_end(
    printing: PrivatePrinting, printer: CupsDocumentPrinter
) -> None:
    await asyncio.to_thread(printing.take_per_page, 1.0)
    told = Told()
    job = asyncio.create_task(
        printer.print_document(blank_pdf(20), title="certificate", on_progress=told)
    )
    await told.page_is_out.wait()
    for _ in range(2):
        job.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await job
    assert told.progress[-1].state is JobState.CANCELED


@pytest.mark.slow
async def test_a_job_somebody_cancels_at_cups_is_told_as_given_up(
    printing: PrivatePrinting, printer: CupsDocumentPrinter
) -> None:
    await asyncio.to_thread(printing.take_per_page, 1.0)
    told = Told()
    job = asyncio.create_task(
        printer.print_document(blank_pdf(20), title="certificate", on_progress=told)
    )
    await told.page_is_out.wait()
    queue = CupsQueue("document_printer", server=printing.settings["server"], device="test")
    spooled = next((printing.directory / "spool").glob("d*-001"))
    await asyncio.to_thread(queue.cancel, int(spooled.name[1:6]))
    outcome = await job
    assert isinstance(outcome, Unconfirmed)
    assert told.progress[-1] == JobProgress(JobState.CANCELED, outcome.pages)
    await _until(lambda: len(printing.papers()[-1].pages) == outcome.pages)


@pytest.mark.slow
async def test_where_no_server_is_named_the_one_that_libcups_would_take_is_asked(
    printing: PrivatePrinting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUPS_SERVER", printing.settings["server"])
    port = Port.parse("cups:document_printer")
    unnamed = CupsDocumentPrinter(port, printer=printing.settings["printer"])
    try:
        await unnamed.connect()
        assert (await unnamed.status()).device is DeviceStatus.ONLINE
    finally:
        await unnamed.close()
