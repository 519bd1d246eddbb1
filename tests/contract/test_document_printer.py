"""What every document printer promises; the same for the emulator and, on a bench, for hardware."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Protocol

import pytest

from device_drivers.document_printer.emulator import PrivatePrinting
from device_drivers.document_printer.interface import (
    DocumentPrinter,
    DoorStatus,
    JobProgress,
    JobState,
    NotPrinted,
    PaperStatus,
    Printed,
    TonerStatus,
    Unconfirmed,
)
from device_drivers.errors import DeviceMissing, FaultCode, ServiceDown
from device_drivers.status import DeviceStatus
from tests.device_drivers.document_printer.papers import (
    Told,
    blank_pdf,
    driver_at,
    pages_of,
    printing,
    printing_of_module,
)

__all__ = ["printing", "printing_of_module"]

pytestmark = pytest.mark.slow

BACK_WITHIN_S = 10.0
"""Issue 3: a device that was unplugged is back in less."""


class Hand(Protocol):
    """Sees to paper, toner, door, cable and the print service."""

    async def put_paper_in(self, sheets: int) -> None: ...
    async def put_toner_in(self, percent: int) -> None: ...
    async def jam(self, is_jammed: bool) -> None: ...
    async def open_door(self, is_open: bool) -> None: ...
    async def make_fault(self, fault: str) -> None: ...
    async def slow_down(self, page_s: float) -> None: ...
    async def pull_the_cable(self) -> None: ...
    async def put_the_cable_back(self) -> None: ...
    async def stop_the_service(self) -> None: ...
    async def start_the_service(self) -> None: ...
    async def pages_seen(self) -> list[int]: ...


class EmulatorsHand:
    """The hand at the emulated printer."""

    def __init__(self, emulator: PrivatePrinting) -> None:
        self._emulator = emulator

    async def put_paper_in(self, sheets: int) -> None:
        await asyncio.to_thread(self._emulator.put_paper, sheets)

    async def put_toner_in(self, percent: int) -> None:
        await asyncio.to_thread(self._emulator.set_toner, percent)

    async def jam(self, is_jammed: bool) -> None:
        await asyncio.to_thread(self._emulator.jam, is_jammed=is_jammed)

    async def open_door(self, is_open: bool) -> None:
        await asyncio.to_thread(self._emulator.open_door, is_open=is_open)

    async def make_fault(self, fault: str) -> None:
        await asyncio.to_thread(self._emulator.set_fault, fault)

    async def slow_down(self, page_s: float) -> None:
        await asyncio.to_thread(self._emulator.take_per_page, page_s)

    async def pull_the_cable(self) -> None:
        await asyncio.to_thread(self._emulator.unplug)

    async def put_the_cable_back(self) -> None:
        await asyncio.to_thread(self._emulator.plug)

    async def stop_the_service(self) -> None:
        await asyncio.to_thread(self._emulator.stop_service)

    async def start_the_service(self) -> None:
        await asyncio.to_thread(self._emulator.start_service)

    async def pages_seen(self) -> list[int]:
        papers = await asyncio.to_thread(self._emulator.papers)
        return [pages_of(paper.pdf) for paper in papers]


@pytest.fixture
def hand(printing: PrivatePrinting) -> Hand:
    return EmulatorsHand(printing)


@pytest.fixture
async def printer(printing: PrivatePrinting) -> AsyncIterator[DocumentPrinter]:
    made = driver_at(printing)
    await made.connect()
    yield made
    await made.close()


def _ignore(progress: JobProgress) -> None:
    del progress


async def _until_busy(printer: DocumentPrinter) -> None:
    """The printer itself has the job by now."""
    while (await printer.status()).device is not DeviceStatus.DEVICE_BUSY:  # noqa: ASYNC110
        await asyncio.sleep(0.05)


async def test_prints_a_document_and_tells_each_page(printer: DocumentPrinter, hand: Hand) -> None:
    before = await hand.pages_seen()
    told = Told()
    outcome = await printer.print_document(blank_pdf(2), title="certificate", on_progress=told)
    assert outcome == Printed(2)
    assert told.progress[-1] == JobProgress(JobState.COMPLETED, 2)
    pages = [progress.pages for progress in told.progress]
    assert pages == sorted(pages)
    assert await hand.pages_seen() == [*before, 2]


async def test_tells_paper_toner_and_door_while_nothing_is_printed(
    printer: DocumentPrinter, hand: Hand
) -> None:
    await hand.put_paper_in(20)
    await hand.put_toner_in(5)
    low = await printer.status()
    assert (low.device, low.paper, low.toner) == (
        DeviceStatus.ONLINE,
        PaperStatus.LOW,
        TonerStatus.LOW,
    )
    assert low.toner_percent is not None
    assert low.toner_percent <= 20  # whatever that printer calls low
    await hand.put_toner_in(0)
    assert (await printer.status()).fault is FaultCode.TONER_OUT
    await hand.put_toner_in(75)
    await hand.put_paper_in(0)
    assert (await printer.status()).fault is FaultCode.PAPER_OUT
    await hand.open_door(True)
    opened = await printer.status()
    assert (opened.fault, opened.door) == (FaultCode.DOOR_OPEN, DoorStatus.OPEN)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("tray", (DeviceStatus.USER_ERROR, FaultCode.PAPER_OUT, PaperStatus.OUT, TonerStatus.FULL)),
        (
            "cartridge",
            (DeviceStatus.USER_ERROR, FaultCode.TONER_OUT, PaperStatus.FULL, TonerStatus.OUT),
        ),
        ("pause", (DeviceStatus.OFFLINE, None, PaperStatus.FULL, TonerStatus.FULL)),
        ("pausing", (DeviceStatus.OFFLINE, None, PaperStatus.FULL, TonerStatus.FULL)),
    ],
)
async def test_tells_what_else_keeps_the_printer_from_printing(
    printer: DocumentPrinter,
    hand: Hand,
    fault: str,
    told: tuple[DeviceStatus, FaultCode | None, PaperStatus, TonerStatus],
) -> None:
    await hand.make_fault(fault)
    status = await printer.status()
    assert (status.device, status.fault, status.paper, status.toner) == told


async def test_says_that_the_paper_is_out_and_prints_nothing_when_it_is_back(
    printer: DocumentPrinter, hand: Hand
) -> None:
    before = await hand.pages_seen()
    await hand.put_paper_in(0)
    outcome = await printer.print_document(blank_pdf(), title="certificate", on_progress=_ignore)
    assert outcome == NotPrinted("D301")
    await hand.put_paper_in(250)
    assert (await printer.status()).device is DeviceStatus.ONLINE
    assert await hand.pages_seen() == before


async def test_paper_that_ends_after_the_first_page_leaves_the_job_unconfirmed(
    printer: DocumentPrinter, hand: Hand
) -> None:
    before = await hand.pages_seen()
    await hand.put_paper_in(1)
    outcome = await printer.print_document(blank_pdf(2), title="certificate", on_progress=_ignore)
    assert outcome == Unconfirmed("D301", 1)
    await hand.put_paper_in(250)
    again = await printer.print_document(blank_pdf(2), title="certificate", on_progress=_ignore)
    assert again == Printed(2)
    assert await hand.pages_seen() == [*before, 1, 2]


async def test_a_jam_before_the_first_page_is_told_as_not_printed(
    printer: DocumentPrinter, hand: Hand
) -> None:
    before = await hand.pages_seen()
    await hand.slow_down(2.0)
    printing = asyncio.create_task(
        printer.print_document(blank_pdf(), title="certificate", on_progress=_ignore)
    )
    await _until_busy(printer)
    await hand.jam(True)
    assert await printing == NotPrinted("D303")
    assert (await printer.status()).paper is PaperStatus.JAMMED
    await hand.jam(False)
    assert await hand.pages_seen() == before


async def test_cancelling_withdraws_the_job_and_leaves_the_printer_idle(
    printer: DocumentPrinter, hand: Hand
) -> None:
    before = await hand.pages_seen()
    await hand.slow_down(1.0)
    told = Told()
    printing = asyncio.create_task(
        printer.print_document(blank_pdf(20), title="certificate", on_progress=told)
    )
    await told.page_is_out.wait()
    printing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await printing
    assert told.progress[-1].state is JobState.CANCELED
    assert (await printer.status()).device is DeviceStatus.ONLINE
    assert await hand.pages_seen() == [*before, told.progress[-1].pages]
    assert told.progress[-1].pages < 20


async def test_an_unplugged_printer_is_a_status_and_back_within_ten_seconds(
    printer: DocumentPrinter, hand: Hand
) -> None:
    await hand.pull_the_cable()
    gone = await printer.status()
    assert (gone.device, gone.fault) == (DeviceStatus.NO_DEVICE, FaultCode.DEVICE_MISSING)
    with pytest.raises(DeviceMissing):
        await printer.connect()
    outcome = await printer.print_document(blank_pdf(), title="certificate", on_progress=_ignore)
    assert outcome == NotPrinted("D101")
    await hand.put_the_cable_back()
    plugged_at = time.monotonic()
    assert (await printer.status()).device is DeviceStatus.ONLINE
    assert time.monotonic() - plugged_at < BACK_WITHIN_S
    assert await printer.print_document(
        blank_pdf(), title="certificate", on_progress=_ignore
    ) == Printed(1)


async def test_a_cable_pulled_after_the_first_page_leaves_the_job_unconfirmed(
    printer: DocumentPrinter, hand: Hand
) -> None:
    await hand.slow_down(1.0)
    told = Told()
    printing = asyncio.create_task(
        printer.print_document(blank_pdf(20), title="certificate", on_progress=told)
    )
    await told.page_is_out.wait()
    await hand.pull_the_cable()
    outcome = await printing
    assert isinstance(outcome, Unconfirmed)
    assert outcome.pages >= 1


async def test_a_stopped_print_service_is_told_and_comes_back_by_itself(
    printer: DocumentPrinter, hand: Hand
) -> None:
    await hand.stop_the_service()
    down = await printer.status()
    assert (down.device, down.fault) == (DeviceStatus.OFFLINE, FaultCode.SERVICE_DOWN)
    with pytest.raises(ServiceDown):
        await printer.connect()
    outcome = await printer.print_document(blank_pdf(), title="certificate", on_progress=_ignore)
    assert outcome == NotPrinted("D104")
    await hand.start_the_service()
    assert (await printer.status()).device is DeviceStatus.ONLINE


async def test_status_answers_within_a_second_also_while_a_job_runs(
    printer: DocumentPrinter, hand: Hand
) -> None:
    await hand.slow_down(0.5)
    told = Told()
    printing = asyncio.create_task(
        printer.print_document(blank_pdf(3), title="certificate", on_progress=told)
    )
    await told.begun.wait()
    asked_at = time.monotonic()
    status = await printer.status()
    assert time.monotonic() - asked_at < 1.5  # 1 s, and what a busy machine adds
    assert status.device in {DeviceStatus.ONLINE, DeviceStatus.DEVICE_BUSY}
    assert await printing == Printed(3)
