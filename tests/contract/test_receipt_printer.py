"""What every receipt printer promises; the same for the emulator and, on a bench, for hardware.

Each promise is held for both papers and for each way a printer can say how it is.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

import pytest

from device_drivers.ports import Port
from device_drivers.receipt_printer.emulator import ReceiptPrinterEmulator
from device_drivers.receipt_printer.emulator.condition import Breakage
from device_drivers.receipt_printer.interface import (
    CoverStatus,
    CutterStatus,
    NotPrinted,
    PaperStatus,
    Printed,
    PrintOutcome,
    PrintProgress,
    Receipt,
    ReceiptPrinter,
    TicketEnd,
)
from device_drivers.registry import make_device
from device_drivers.status import DeviceKind, DeviceStatus
from tests.conftest import Technician
from tests.device_drivers.receipt_printer.sample import ACCEPTANCE, LONG, SHORT

DEVICE: Final[Literal[DeviceKind.RECEIPT_PRINTER]] = DeviceKind.RECEIPT_PRINTER


@dataclass(frozen=True)
class Model:
    """One kind of printer: how the driver is told, and how the emulator is made to be one."""

    name: str
    width_mm: int
    driver: dict[str, object] = field(default_factory=dict)
    answers_real_time: bool = True
    clears_buffer: bool = True
    """It knows DLE DC4 8, so that nothing of a broken receipt is left in it."""
    latches_errors: bool = False
    """An error of the knife lasts until DLE ENQ, though the knife is free."""
    is_terse: bool = False
    """It has one place only to say a thing, where others have two."""
    has_flow_control: bool = False
    presenter: Literal["none", "custom"] = "none"
    ticket_ends: tuple[TicketEnd, ...] = (TicketEnd.UNKNOWN,)
    faults_of_the_knife: tuple[str, CutterStatus] = ("D203", CutterStatus.STUCK)
    """DLE EOT 20 says that a part is broken, and not which (DEVICES.md 4.4)."""
    tells_of: tuple[Breakage, ...] = ("mechanical", "unrecoverable")
    """What else may break in it, as far as it says so."""


MODELS = (
    Model("80 mm paper, DLE EOT 1 to 4", 80, latches_errors=True),
    Model(
        "58 mm paper, DLE EOT 1 to 4 without a bit twice, XON and XOFF",
        58,
        is_terse=True,
        has_flow_control=True,
        tells_of=("unnamed",),
    ),
    Model(
        "80 mm paper, GS a only",
        80,
        {"status_by": "automatic", "clear_by": "none"},
        answers_real_time=False,
        clears_buffer=False,
    ),
    *(
        Model(
            name,
            80,
            {"status_by": "custom", "clear_by": "none"},
            answers_real_time=False,
            clears_buffer=False,
            is_terse=is_terse,
            presenter="custom",
            faults_of_the_knife=("D205", CutterStatus.UNKNOWN),
            tells_of=("voltage", "unrecoverable"),
        )
        for name, is_terse in (
            ("80 mm paper, DLE EOT 20 only", False),
            ("80 mm paper, DLE EOT 20 only, its other bits", True),
        )
    ),
    Model(
        "80 mm paper, DLE EOT 1 to 4, a presenter of the Custom family",
        80,
        {"presenter": "custom", "taken_within_s": 0.3},
        presenter="custom",
        ticket_ends=(TicketEnd.TAKEN, TicketEnd.RETRACTED),
    ),
)


class Hand(Protocol):
    """Sees to the paper, the cover and the cable."""

    async def take_paper_out(self) -> None: ...
    async def put_paper_in(self) -> None: ...
    async def put_little_paper_in(self) -> None: ...
    async def block_the_knife(self, *, is_stuck: bool) -> None: ...
    async def heat_the_head(self, *, is_hot: bool) -> None: ...
    async def break_something(self, part: Breakage) -> None: ...
    async def open_the_cover(self) -> None: ...
    async def close_the_cover(self) -> None: ...
    async def pull_the_cable(self) -> None: ...
    async def put_the_cable_back(self) -> None: ...
    async def sees_receipts(self, count: int) -> None:
        """Fails where it is another number since the test began; a blank piece is none."""

    async def sees_paper_move(self) -> None:
        """Comes back in the middle of a receipt."""

    async def sees_a_torn_receipt_and(self, lines: Sequence[str]) -> None:
        """Fails where there is anything else, where the first is whole or they hang together."""


class EmulatorsHand:
    """The hand at the emulated printer."""

    def __init__(self, emulator: ReceiptPrinterEmulator) -> None:
        self._emulator = emulator

    async def take_paper_out(self) -> None:
        self._emulator.set_paper(left_mm=0)

    async def put_paper_in(self) -> None:
        self._emulator.refill()

    async def put_little_paper_in(self) -> None:
        self._emulator.set_paper(left_mm=1500)

    async def block_the_knife(self, *, is_stuck: bool) -> None:
        self._emulator.set_cutter(is_stuck=is_stuck)

    async def heat_the_head(self, *, is_hot: bool) -> None:
        self._emulator.set_head(is_hot=is_hot)

    async def break_something(self, part: Breakage) -> None:
        self._emulator.set_broken(part)

    async def open_the_cover(self) -> None:
        self._emulator.set_cover(is_open=True)

    async def close_the_cover(self) -> None:
        self._emulator.set_cover(is_open=False)

    async def pull_the_cable(self) -> None:
        await self._emulator.unplug()

    async def put_the_cable_back(self) -> None:
        await self._emulator.plug()

    async def sees_receipts(self, count: int) -> None:
        assert len([piece for piece in self._emulator.receipts if piece.lines]) == count
        assert self._emulator.unknown == []

    async def sees_paper_move(self) -> None:
        await self._emulator.has_moved()

    async def sees_a_torn_receipt_and(self, lines: Sequence[str]) -> None:
        torn, whole = [piece for piece in self._emulator.receipts if piece.lines]
        assert 0 < len(torn.lines) < len(LONG.blocks)
        assert whole.lines == tuple(lines)
        assert self._emulator.unknown == []


class TechniciansHand:
    """The hand of a person beside a real printer."""

    def __init__(self, technician: Technician) -> None:
        self._please = technician.please

    async def take_paper_out(self) -> None:
        await self._please("Take the paper out and close the cover")

    async def put_paper_in(self) -> None:
        await self._please("Put the paper in and close the cover")

    async def put_little_paper_in(self) -> None:
        await self._please("Put a roll in that the near-end sensor calls low")

    async def block_the_knife(self, *, is_stuck: bool) -> None:
        words = (
            "Block the knife, and print the printer's own test" if is_stuck else "Free the knife"
        )
        await self._please(words)

    async def heat_the_head(self, *, is_hot: bool) -> None:
        words = "Print black paper until the head stops for heat" if is_hot else "Let it cool"
        await self._please(words)

    async def break_something(self, part: Breakage) -> None:
        await self._please(f"Bring about an error of this kind: {part}" if part else "Mend it")

    async def open_the_cover(self) -> None:
        await self._please("Open the cover")

    async def close_the_cover(self) -> None:
        await self._please("Close the cover")

    async def pull_the_cable(self) -> None:
        await self._please("Pull the printer's data cable")

    async def put_the_cable_back(self) -> None:
        await self._please("Put the data cable back")

    async def sees_receipts(self, count: int) -> None:
        await self._please(f"Count the printed papers since the last count: it must be {count}")

    async def sees_paper_move(self) -> None:
        """The next prompt is for the middle of it."""

    async def sees_a_torn_receipt_and(self, lines: Sequence[str]) -> None:
        await self._please(f"There must be a torn receipt, and one of these lines: {lines}")


Stand = tuple[Port, Hand]


SOON = (MODELS[0], MODELS[-1])
"""By `make check`: the plainest, and the one that does most."""


@pytest.fixture(
    params=[
        pytest.param(model, marks=[] if model in SOON else pytest.mark.slow, id=model.name)
        for model in MODELS
    ]
)
def model(request: pytest.FixtureRequest) -> Model:
    named = {each.name: each for each in MODELS}
    return named[request.param.name]


@pytest.fixture
async def stand(
    stand_kind: str, model: Model, request: pytest.FixtureRequest
) -> AsyncIterator[Stand]:
    """A printer with paper in it, and the hand beside it."""
    async with STANDS[stand_kind](model, request) as standing:
        yield standing


@asynccontextmanager
async def emulated(model: Model, request: pytest.FixtureRequest) -> AsyncIterator[Stand]:
    emulator = ReceiptPrinterEmulator(
        width_mm=model.width_mm,
        mm_per_s=getattr(request.module, "MM_PER_S", None),
        presenter=model.presenter,
        answers_real_time=model.answers_real_time,
        clears_buffer=model.clears_buffer,
        latches_errors=model.latches_errors,
        flow_control=model.has_flow_control,
        is_terse=model.is_terse,
    )
    await emulator.start()
    yield Port.parse(emulator.port), EmulatorsHand(emulator)
    await emulator.stop()


@asynccontextmanager
async def real(model: Model, request: pytest.FixtureRequest) -> AsyncIterator[Stand]:
    technician: Technician = request.getfixturevalue("technician")
    await technician.please(f"This is for a printer with {model.name}: see that it has paper")
    yield request.getfixturevalue("hardware_port"), TechniciansHand(technician)


STANDS = {"emulator": emulated, "hardware": real}


@pytest.fixture
def hand(stand: Stand) -> Hand:
    return stand[1]


@pytest.fixture
async def printer(stand: Stand, model: Model) -> AsyncIterator[ReceiptPrinter]:
    made = make_device(DEVICE, "escpos", stand[0], width_mm=model.width_mm, **model.driver)
    await made.connect()
    yield made
    await made.close()


async def _print(printer: ReceiptPrinter, receipt: Receipt) -> PrintOutcome:
    return await printer.print_receipt(receipt, on_progress=lambda _: None)


async def test_prints_a_receipt_with_everything_on_it_and_says_so(
    printer: ReceiptPrinter, hand: Hand, model: Model
) -> None:
    progress: list[PrintProgress] = []
    outcome = await printer.print_receipt(ACCEPTANCE, on_progress=progress.append)
    assert isinstance(outcome, Printed)
    assert outcome.ticket in model.ticket_ends
    assert progress[0] is PrintProgress.SENT
    await hand.sees_receipts(1)


async def test_is_online_with_paper_and_a_closed_cover(printer: ReceiptPrinter) -> None:
    status = await printer.status()
    assert status.device is DeviceStatus.ONLINE
    assert (status.paper, status.cover) == (PaperStatus.FULL, CoverStatus.CLOSED)


async def test_without_paper_says_so_and_prints_nothing_later(
    printer: ReceiptPrinter, hand: Hand
) -> None:
    await hand.take_paper_out()
    assert (await printer.status()).paper is PaperStatus.OUT
    assert await _print(printer, SHORT) == NotPrinted("D301")
    await hand.put_paper_in()
    assert (await printer.status()).paper is PaperStatus.FULL
    await hand.sees_receipts(0)


async def test_with_its_cover_open_says_so_and_prints_again_when_it_is_closed(
    printer: ReceiptPrinter, hand: Hand
) -> None:
    await hand.open_the_cover()
    assert (await printer.status()).cover is CoverStatus.OPEN
    assert await _print(printer, SHORT) == NotPrinted("D302")
    await hand.close_the_cover()
    assert isinstance(await _print(printer, SHORT), Printed)
    await hand.sees_receipts(1)


async def test_with_little_paper_says_so_and_prints(printer: ReceiptPrinter, hand: Hand) -> None:
    await hand.put_little_paper_in()
    status = await printer.status()
    assert (status.device, status.paper) == (DeviceStatus.ONLINE, PaperStatus.LOW)
    assert isinstance(await _print(printer, SHORT), Printed)
    await hand.sees_receipts(1)


async def test_a_blocked_knife_is_told_and_prints_nothing_until_it_is_free(
    printer: ReceiptPrinter, hand: Hand, model: Model
) -> None:
    await hand.block_the_knife(is_stuck=True)
    status = await printer.status()
    assert status.device is DeviceStatus.HARDWARE_ERROR
    assert (status.fault, status.cutter) == model.faults_of_the_knife
    assert await _print(printer, SHORT) == NotPrinted(model.faults_of_the_knife[0])
    await hand.block_the_knife(is_stuck=False)
    assert isinstance(await _print(printer, SHORT), Printed)
    await hand.sees_receipts(1)


async def test_a_broken_part_is_told_until_it_is_mended(
    printer: ReceiptPrinter, hand: Hand, model: Model
) -> None:
    for part in model.tells_of:
        await hand.break_something(part)
        status = await printer.status()
        assert (status.device, status.fault) == (DeviceStatus.HARDWARE_ERROR, "D205")
        assert await _print(printer, SHORT) == NotPrinted("D205")
        await hand.break_something("")
    assert isinstance(await _print(printer, SHORT), Printed)
    await hand.sees_receipts(1)


async def test_a_hot_head_is_told_until_it_is_cool(printer: ReceiptPrinter, hand: Hand) -> None:
    await hand.heat_the_head(is_hot=True)
    status = await printer.status()
    assert (status.device, status.fault) == (DeviceStatus.HARDWARE_ERROR, "D204")
    await hand.heat_the_head(is_hot=False)
    status = await printer.status()
    assert (status.device, status.fault) == (DeviceStatus.ONLINE, None)


async def test_without_its_cable_is_no_device_until_it_is_back(
    printer: ReceiptPrinter, hand: Hand
) -> None:
    await hand.pull_the_cable()
    assert (await printer.status()).device is DeviceStatus.NO_DEVICE
    assert isinstance(await _print(printer, SHORT), NotPrinted)
    await hand.put_the_cable_back()
    assert (await printer.status()).device is DeviceStatus.ONLINE


async def test_closing_twice_does_no_harm_and_the_next_question_opens_it_again(
    printer: ReceiptPrinter,
) -> None:
    await printer.close()
    await printer.close()
    assert (await printer.status()).device is DeviceStatus.ONLINE
