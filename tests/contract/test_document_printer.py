"""What every document printer promises; the same for the emulator and, on a bench, for hardware."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Final, Literal, Protocol

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
from device_drivers.registry import make_device
from device_drivers.status import DeviceKind, DeviceStatus
from tests.conftest import Technician
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

DEVICE: Final[Literal[DeviceKind.DOCUMENT_PRINTER]] = DeviceKind.DOCUMENT_PRINTER

BACK_WITHIN_S = 10.0
"""Issue 3: a device that was unplugged is back in less."""


class Hand(Protocol):
    """Sees to paper, toner, door, cable and the print service."""

    async def put_paper_in(self, sheets: int) -> None: ...
    async def put_toner_in(self, percent: int) -> None: ...
    async def prepare_a_jam(self) -> None:
        """See to it that there will be time, or a sheet, for the next job to jam."""

    async def jam(self) -> None:
        """Let the job that has begun jam before its first page is out."""

    async def free_the_jam(self) -> None: ...
    async def make_fault(self, fault: str) -> None: ...
    async def slow_down(self, page_s: float) -> None: ...
    async def pull_the_cable(self) -> None: ...
    async def put_the_cable_back(self) -> None: ...
    async def stop_the_service(self) -> None: ...
    async def start_the_service(self) -> None: ...
    async def sees_papers(self, *pages: int) -> None:
        """Fails where other papers, of other numbers of pages, came out since the test began."""


class EmulatorsHand:
    """The hand at the emulated printer."""

    def __init__(self, emulator: PrivatePrinting) -> None:
        self._emulator = emulator
        self._papers_before = len(emulator.printed())

    async def put_paper_in(self, sheets: int) -> None:
        await asyncio.to_thread(self._emulator.put_paper, sheets)

    async def put_toner_in(self, percent: int) -> None:
        await asyncio.to_thread(self._emulator.set_toner, percent)

    async def prepare_a_jam(self) -> None:
        await self.slow_down(2.0)

    async def jam(self) -> None:
        await asyncio.to_thread(self._emulator.jam)

    async def free_the_jam(self) -> None:
        await asyncio.to_thread(self._emulator.jam, is_jammed=False)

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

    async def sees_papers(self, *pages: int) -> None:
        papers = await asyncio.to_thread(self._emulator.papers)
        assert tuple(pages_of(paper.pdf) for paper in papers[self._papers_before :]) == pages


class TechniciansHand:
    """The hand of a person beside a real printer, at a CUPS of the system."""

    PAPER: Final = {
        0: "Take all paper out of the tray, and close it",
        1: "Leave one sheet in the tray",
        20: "Leave so few sheets in the tray that the printer calls its paper low",
        250: "Fill the tray",
    }
    TONER: Final = {
        0: "Put a cartridge in that the printer calls empty",
        5: "Put a cartridge in that the printer calls low",
        75: "Put a good cartridge in",
    }
    FAULTS: Final = {
        "door": "Open the front door",
        "tray": "Pull the paper tray out",
        "cartridge": "Take the toner cartridge out and close the door",
        "pause": "Pause the printer at its panel",
        "pausing": "Have the printer say that it is about to pause",
    }

    def __init__(self, technician: Technician) -> None:
        self._please = technician.please

    async def put_paper_in(self, sheets: int) -> None:
        await self._please(self.PAPER[sheets])

    async def put_toner_in(self, percent: int) -> None:
        await self._please(self.TONER[percent])

    async def prepare_a_jam(self) -> None:
        await self._please("Lay a sheet on top that is sure to jam, such as one glued to the next")

    async def jam(self) -> None:
        """It jams by itself."""

    async def free_the_jam(self) -> None:
        await self._please("Take the jammed sheet out, close every door, wait for the printer")

    async def make_fault(self, fault: str) -> None:
        await self._please(self.FAULTS[fault])

    async def slow_down(self, page_s: float) -> None:
        """A real printer takes its time by itself."""

    async def pull_the_cable(self) -> None:
        await self._please("Pull the printer's data cable, at once")

    async def put_the_cable_back(self) -> None:
        await self._please("Put the data cable back and wait until the printer is ready")

    async def stop_the_service(self) -> None:
        await self._please("Stop CUPS (systemctl stop cups.socket cups.path cups.service)")

    async def start_the_service(self) -> None:
        await self._please("Start CUPS (systemctl start cups.socket cups.path cups.service)")

    async def sees_papers(self, *pages: int) -> None:
        papers = " and ".join(f"one of {count}" for count in pages) or "none"
        await self._please(f"Count the pages of each paper since the tray was empty: {papers}")


Stand = tuple[DocumentPrinter, Hand]


@pytest.fixture
async def stand(stand_kind: str, request: pytest.FixtureRequest) -> Stand:
    """A printer with all it needs, not connected yet, and the hand beside it."""
    return await STANDS[stand_kind](request)


async def emulated(request: pytest.FixtureRequest) -> Stand:
    printing: PrivatePrinting = request.getfixturevalue("printing")
    return driver_at(printing), EmulatorsHand(printing)


async def real(request: pytest.FixtureRequest) -> Stand:
    technician: Technician = request.getfixturevalue("technician")
    port = request.getfixturevalue("hardware_port")
    await technician.please(
        "See that CUPS runs, cable and paper and good toner are in, every door is closed, "
        "no pause is on, and the output tray is empty"
    )
    return make_device(DEVICE, "cups", port), TechniciansHand(technician)


STANDS = {"emulator": emulated, "hardware": real}


@pytest.fixture
def hand(stand: Stand) -> Hand:
    return stand[1]


@pytest.fixture
async def printer(stand: Stand) -> AsyncIterator[DocumentPrinter]:
    made, _ = stand
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
    told = Told()
    outcome = await printer.print_document(blank_pdf(2), title="certificate", on_progress=told)
    assert outcome == Printed(2)
    assert told.progress[-1] == JobProgress(JobState.COMPLETED, 2)
    pages = [progress.pages for progress in told.progress]
    assert pages == sorted(pages)
    await hand.sees_papers(2)


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
    await hand.make_fault("door")
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
    await hand.put_paper_in(0)
    outcome = await printer.print_document(blank_pdf(), title="certificate", on_progress=_ignore)
    assert outcome == NotPrinted("D301")
    await hand.put_paper_in(250)
    assert (await printer.status()).device is DeviceStatus.ONLINE
    await hand.sees_papers()


async def test_paper_that_ends_after_the_first_page_leaves_the_job_unconfirmed(
    printer: DocumentPrinter, hand: Hand
) -> None:
    await hand.put_paper_in(1)
    outcome = await printer.print_document(blank_pdf(2), title="certificate", on_progress=_ignore)
    assert outcome == Unconfirmed("D301", 1)
    await hand.put_paper_in(250)
    again = await printer.print_document(blank_pdf(2), title="certificate", on_progress=_ignore)
    assert again == Printed(2)
    await hand.sees_papers(1, 2)


async def test_a_jam_before_the_first_page_is_told_as_not_printed(
    printer: DocumentPrinter, hand: Hand
) -> None:
    await hand.prepare_a_jam()
    printing = asyncio.create_task(
        printer.print_document(blank_pdf(), title="certificate", on_progress=_ignore)
    )
    await _until_busy(printer)
    await hand.jam()
    assert await printing == NotPrinted("D303")
    assert (await printer.status()).paper is PaperStatus.JAMMED
    await hand.free_the_jam()
    await hand.sees_papers()


async def test_cancelling_withdraws_the_job_and_leaves_the_printer_idle(
    printer: DocumentPrinter, hand: Hand
) -> None:
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
    await hand.sees_papers(told.progress[-1].pages)
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
