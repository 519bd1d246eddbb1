"""What is left of a receipt that broke off never comes out for the next citizen.

For every printer that can be told to forget (DLE DC4 8). What becomes of it in one that cannot, and
of the torn piece in a presenter: `tests/device_drivers/receipt_printer/test_remains.py`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from device_drivers.receipt_printer.interface import (
    Printed,
    PrintOutcome,
    Receipt,
    ReceiptPrinter,
    Unconfirmed,
)
from device_drivers.status import DeviceStatus
from tests.contract.test_receipt_printer import DEVICE, MODELS, Hand, Model, hand, printer, stand
from tests.device_drivers.receipt_printer.sample import LONG, SHORT

__all__ = ["DEVICE", "hand", "printer", "stand"]

MM_PER_S = 400.0
"""Of the emulated paper: fast, and slow enough for a hand."""
FORGETTING = [model for model in MODELS if model.clears_buffer and model.presenter == "none"]
SHORT_LINES = ("取号凭条", "请妥善保管")


@pytest.fixture(params=FORGETTING, ids=lambda model: model.name)
def model(request: pytest.FixtureRequest) -> Model:
    named = {each.name: each for each in FORGETTING}
    return named[request.param.name]


async def _print(printer: ReceiptPrinter, receipt: Receipt) -> PrintOutcome:
    return await printer.print_receipt(receipt, on_progress=lambda _: None)


@dataclass(frozen=True)
class Stop:
    """What keeps a printer from going on, and how it is put right."""

    name: str
    happens: Callable[[Hand], Awaitable[None]]
    mended: Callable[[Hand], Awaitable[None]]
    code: str


STOPS = (
    Stop("no paper", lambda hand: hand.take_paper_out(), lambda hand: hand.put_paper_in(), "D301"),
    Stop("cover", lambda hand: hand.open_the_cover(), lambda hand: hand.close_the_cover(), "D302"),
    Stop(
        "knife",
        lambda hand: hand.block_the_knife(is_stuck=True),
        lambda hand: hand.block_the_knife(is_stuck=False),
        "D203",
    ),
)


@pytest.mark.parametrize("looks", [1, 0], ids=["seen on line before", "printed at once"])
@pytest.mark.parametrize("stop", STOPS, ids=lambda stop: stop.name)
async def test_of_a_receipt_that_broke_off_nothing_comes_out_when_the_printer_is_put_right(
    printer: ReceiptPrinter, hand: Hand, stop: Stop, looks: int
) -> None:
    printing = asyncio.create_task(_print(printer, LONG))
    await hand.sees_paper_move()
    await stop.happens(hand)
    assert await printing == Unconfirmed(stop.code)
    await stop.mended(hand)
    for _ in range(looks):
        await printer.status()
    assert isinstance(await _print(printer, SHORT), Printed)
    await hand.sees_a_torn_receipt_and(SHORT_LINES)


async def test_of_a_receipt_whose_cable_and_paper_were_gone_nothing_comes_out_later(
    printer: ReceiptPrinter, hand: Hand
) -> None:
    printing = asyncio.create_task(_print(printer, LONG))
    await hand.sees_paper_move()
    await hand.take_paper_out()
    await hand.pull_the_cable()
    assert isinstance(await printing, Unconfirmed)
    await hand.put_the_cable_back()
    assert (await printer.status()).device is DeviceStatus.USER_ERROR
    await hand.put_paper_in()
    assert isinstance(await _print(printer, SHORT), Printed)
    await hand.sees_a_torn_receipt_and(SHORT_LINES)
