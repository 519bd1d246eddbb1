"""What is left of a receipt that broke off never comes out for the next citizen.

For every printer that can be told to forget (DLE DC4 8). What becomes of it in one that cannot, and
of the torn piece in a presenter: `tests/device_drivers/receipt_printer/test_remains.py`.
"""

import asyncio
from collections.abc import AsyncIterator

import pytest

from device_drivers.receipt_printer.interface import (
    Printed,
    PrintOutcome,
    Receipt,
    ReceiptPrinter,
    Unconfirmed,
)
from device_drivers.registry import make_device
from device_drivers.status import DeviceStatus
from tests.contract.test_receipt_printer import DEVICE, MODELS, STANDS, Hand, Model, Stand
from tests.device_drivers.receipt_printer.sample import LONG, SHORT

MM_PER_S = 400.0
"""Of the emulated paper: fast, and slow enough for a hand."""
FORGETTING = [model for model in MODELS if model.clears_buffer and model.presenter == "none"]
SHORT_LINES = ("取号凭条", "请妥善保管")


@pytest.fixture(params=FORGETTING, ids=lambda model: model.name)
def model(request: pytest.FixtureRequest) -> Model:
    named = {each.name: each for each in FORGETTING}
    return named[request.param.name]


@pytest.fixture
async def stand(
    stand_kind: str, model: Model, request: pytest.FixtureRequest
) -> AsyncIterator[Stand]:
    async with STANDS[stand_kind](model, request) as standing:
        yield standing


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


async def test_of_a_receipt_that_ran_out_of_paper_nothing_comes_out_when_there_is_some(
    printer: ReceiptPrinter, hand: Hand
) -> None:
    printing = asyncio.create_task(_print(printer, LONG))
    await hand.sees_paper_move()
    await hand.take_paper_out()
    assert await printing == Unconfirmed("D301")
    await hand.put_paper_in()
    assert (await printer.status()).device is DeviceStatus.ONLINE
    assert isinstance(await _print(printer, SHORT), Printed)
    await hand.sees_a_torn_receipt_and(SHORT_LINES)


async def test_of_a_receipt_whose_cover_was_opened_nothing_comes_out_when_it_is_closed(
    printer: ReceiptPrinter, hand: Hand
) -> None:
    printing = asyncio.create_task(_print(printer, LONG))
    await hand.sees_paper_move()
    await hand.open_the_cover()
    assert await printing == Unconfirmed("D302")
    await hand.close_the_cover()
    assert isinstance(await _print(printer, SHORT), Printed)
    await hand.sees_a_torn_receipt_and(SHORT_LINES)


async def test_of_a_receipt_whose_knife_stuck_nothing_comes_out_when_it_is_free(
    printer: ReceiptPrinter, hand: Hand
) -> None:
    printing = asyncio.create_task(_print(printer, LONG))
    await hand.sees_paper_move()
    await hand.block_the_knife(is_stuck=True)
    assert await printing == Unconfirmed("D203")
    await hand.block_the_knife(is_stuck=False)
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
