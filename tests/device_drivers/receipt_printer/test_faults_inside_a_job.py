"""What happens in the middle of a job, for each source of status: how it ends, and that it is over.

Every test prints with the same driver again when the fault is gone: nothing is restarted.
"""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from device_drivers.ports import Port
from device_drivers.receipt_printer.driver import EscposReceiptPrinter
from device_drivers.receipt_printer.emulator import ReceiptPrinterEmulator
from device_drivers.receipt_printer.interface import (
    PaperStatus,
    Printed,
    PrintOutcome,
    Receipt,
    Text,
    Unconfirmed,
)
from device_drivers.receipt_printer.questions import StatusSource
from device_drivers.status import DeviceStatus
from tests.device_drivers.receipt_printer.sample import SHORT

_LONG = Receipt(tuple(Text(f"第{number}行") for number in range(40)))
_SOURCES: tuple[StatusSource, ...] = ("real_time", "automatic", "custom")

Hand = Callable[[ReceiptPrinterEmulator], None]


@pytest.fixture(params=_SOURCES)
def source(request: pytest.FixtureRequest) -> StatusSource:
    named: dict[str, StatusSource] = {each: each for each in _SOURCES}
    return named[request.param]


@pytest.fixture
async def emulator(source: StatusSource) -> AsyncIterator[ReceiptPrinterEmulator]:
    """A printer that answers this source and no other, and knows DLE DC4 8 whatever its make; slow
    enough for a hand in between."""
    made = ReceiptPrinterEmulator(
        mm_per_s=600,
        answers_real_time=source == "real_time",
        presenter="custom" if source == "custom" else "none",
    )
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def driver(
    emulator: ReceiptPrinterEmulator, source: StatusSource
) -> AsyncIterator[EscposReceiptPrinter]:
    made = EscposReceiptPrinter(
        Port.parse(emulator.port), status_by=source, clear_by="dle_dc4", cut_timeout_s=20
    )
    await made.connect()
    yield made
    await made.close()


async def _print(driver: EscposReceiptPrinter, receipt: Receipt) -> PrintOutcome:
    return await driver.print_receipt(receipt, on_progress=lambda _: None)


def _lengths(emulator: ReceiptPrinterEmulator) -> list[int]:
    """Lines of each piece; a blank one is cut after a line that was lost."""
    return [len(piece.lines) for piece in emulator.receipts if piece.lines]


def _is_torn_and_followed_by_a_whole_one(emulator: ReceiptPrinterEmulator) -> None:
    torn, whole = _lengths(emulator)
    assert torn < len(_LONG.blocks)
    assert whole == len(SHORT.blocks)


async def _print_and_meddle(
    driver: EscposReceiptPrinter, emulator: ReceiptPrinterEmulator, hand: Hand
) -> PrintOutcome:
    """Let a hand come in when the first paper has moved."""
    printing = asyncio.create_task(_print(driver, _LONG))
    await emulator.has_moved()
    hand(emulator)
    return await printing


@pytest.mark.slow
@pytest.mark.parametrize(
    ("break_it", "mend_it", "why"),
    [
        (lambda it: it.set_paper(0), lambda it: it.refill(), "D301"),
        (lambda it: it.set_cover(is_open=True), lambda it: it.set_cover(is_open=False), "D302"),
    ],
    ids=["paper", "cover"],
)
async def test_what_stops_the_paper_leaves_it_unconfirmed_and_what_follows_is_whole(
    driver: EscposReceiptPrinter,
    emulator: ReceiptPrinterEmulator,
    break_it: Hand,
    mend_it: Hand,
    why: str,
) -> None:
    assert await _print_and_meddle(driver, emulator, break_it) == Unconfirmed(why)
    assert (await driver.status()).device is DeviceStatus.USER_ERROR
    mend_it(emulator)
    assert await _print(driver, SHORT) == Printed()
    _is_torn_and_followed_by_a_whole_one(emulator)
    assert emulator.unknown == []


@pytest.mark.slow
async def test_a_cutter_that_sticks_leaves_it_unconfirmed_and_what_follows_is_whole(
    driver: EscposReceiptPrinter, emulator: ReceiptPrinterEmulator, source: StatusSource
) -> None:
    outcome = await _print_and_meddle(driver, emulator, lambda it: it.set_cutter(is_stuck=True))
    code = {"custom": "D205"}.get(source, "D203")  # the family's last byte differs by model
    assert outcome == Unconfirmed(code)
    assert (await driver.status()).device is DeviceStatus.HARDWARE_ERROR
    emulator.set_cutter(is_stuck=False)
    assert await _print(driver, SHORT) == Printed()
    _is_torn_and_followed_by_a_whole_one(emulator)


@pytest.mark.slow
async def test_a_hot_head_pauses_the_job_which_is_printed_when_it_has_cooled(
    driver: EscposReceiptPrinter, emulator: ReceiptPrinterEmulator
) -> None:
    printing = asyncio.create_task(_print(driver, _LONG))
    await emulator.has_moved()
    emulator.set_head(is_hot=True)
    assert (await asyncio.wait([printing], timeout=0.7))[0] == set()
    emulator.set_head(is_hot=False)
    assert await printing == Printed()
    assert _lengths(emulator) == [40]


@pytest.mark.slow
async def test_a_head_that_stays_hot_is_named_and_what_follows_is_whole(
    emulator: ReceiptPrinterEmulator, source: StatusSource
) -> None:
    driver = EscposReceiptPrinter(
        Port.parse(emulator.port), status_by=source, clear_by="dle_dc4", cooling_s=0.8
    )
    outcome = await _print_and_meddle(driver, emulator, lambda it: it.set_head(is_hot=True))
    assert outcome == Unconfirmed("D204")
    emulator.set_head(is_hot=False)
    assert await _print(driver, SHORT) == Printed()
    _is_torn_and_followed_by_a_whole_one(emulator)
    await driver.close()


@pytest.mark.slow
async def test_paper_that_gets_near_its_end_inside_the_job_is_told_after_it(
    driver: EscposReceiptPrinter, emulator: ReceiptPrinterEmulator
) -> None:
    outcome = await _print_and_meddle(driver, emulator, lambda it: it.set_paper(2_000))
    assert outcome == Printed()
    assert (await driver.status()).paper is PaperStatus.LOW


@pytest.mark.slow
async def test_a_cable_pulled_inside_the_job_leaves_it_unconfirmed_and_the_next_is_apart(
    driver: EscposReceiptPrinter, emulator: ReceiptPrinterEmulator
) -> None:
    printing = asyncio.create_task(_print(driver, _LONG))
    await emulator.has_moved()
    await emulator.unplug()
    assert await printing == Unconfirmed("D101")
    assert (await driver.status()).device is DeviceStatus.NO_DEVICE
    await emulator.plug()
    assert await _print(driver, SHORT) == Printed()
    assert emulator.receipts[-1].lines == ("取号凭条", "请妥善保管")
