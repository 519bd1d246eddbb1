"""What every receipt printer promises; the same for the emulator and, on a bench, for hardware."""

from collections.abc import AsyncIterator
from typing import Protocol

import pytest

from device_drivers.ports import Port
from device_drivers.receipt_printer.driver import EscposReceiptPrinter
from device_drivers.receipt_printer.emulator import ReceiptPrinterEmulator
from device_drivers.receipt_printer.interface import (
    NotPrinted,
    PaperStatus,
    Printed,
    PrintProgress,
    ReceiptPrinter,
)
from device_drivers.status import DeviceStatus
from tests.device_drivers.receipt_printer.sample import ACCEPTANCE, SHORT


class Hand(Protocol):
    """Sees to the paper, the cover and the cable."""

    async def take_paper_out(self) -> None: ...
    async def put_paper_in(self) -> None: ...
    async def pull_the_cable(self) -> None: ...
    async def put_the_cable_back(self) -> None: ...
    async def receipts_seen(self) -> int: ...


class EmulatorsHand:
    """The hand at the emulated printer."""

    def __init__(self, emulator: ReceiptPrinterEmulator) -> None:
        self._emulator = emulator

    async def take_paper_out(self) -> None:
        self._emulator.set_paper(left_mm=0)

    async def put_paper_in(self) -> None:
        self._emulator.refill()

    async def pull_the_cable(self) -> None:
        await self._emulator.unplug()

    async def put_the_cable_back(self) -> None:
        await self._emulator.plug()

    async def receipts_seen(self) -> int:
        return len(self._emulator.receipts)


@pytest.fixture
async def emulator() -> AsyncIterator[ReceiptPrinterEmulator]:
    running = ReceiptPrinterEmulator(mm_per_s=None)
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
def hand(emulator: ReceiptPrinterEmulator) -> Hand:
    return EmulatorsHand(emulator)


@pytest.fixture
async def printer(emulator: ReceiptPrinterEmulator) -> AsyncIterator[ReceiptPrinter]:
    made = EscposReceiptPrinter(Port.parse(emulator.port))
    await made.connect()
    yield made
    await made.close()


async def test_prints_a_receipt_with_everything_on_it_and_says_so(
    printer: ReceiptPrinter, hand: Hand
) -> None:
    progress: list[PrintProgress] = []
    assert await printer.print_receipt(ACCEPTANCE, on_progress=progress.append) == Printed()
    assert progress[0] is PrintProgress.SENT
    assert await hand.receipts_seen() == 1


async def test_without_paper_says_so_and_prints_nothing_later(
    printer: ReceiptPrinter, hand: Hand
) -> None:
    await hand.take_paper_out()
    assert (await printer.status()).paper is PaperStatus.OUT
    outcome = await printer.print_receipt(SHORT, on_progress=lambda _: None)
    assert outcome == NotPrinted("D301")
    await hand.put_paper_in()
    assert (await printer.status()).paper is PaperStatus.FULL
    assert await hand.receipts_seen() == 0


async def test_without_its_cable_is_no_device_until_it_is_back(
    printer: ReceiptPrinter, hand: Hand
) -> None:
    await hand.pull_the_cable()
    assert (await printer.status()).device is DeviceStatus.NO_DEVICE
    assert isinstance(await printer.print_receipt(SHORT, on_progress=lambda _: None), NotPrinted)
    await hand.put_the_cable_back()
    assert (await printer.status()).device is DeviceStatus.ONLINE


async def test_closing_twice_does_no_harm_and_the_next_question_opens_it_again(
    printer: ReceiptPrinter,
) -> None:
    await printer.close()
    await printer.close()
    assert (await printer.status()).device is DeviceStatus.ONLINE
