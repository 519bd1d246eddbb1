"""GS a of the emulated printer on its own TCP port, bytes written by hand from DEVICES.md 4.3."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from device_drivers.receipt_printer.emulator import ReceiptPrinterEmulator

_CLOSED, _OPEN, _OUT = b"\x10\x00\x00\x00", b"\x38\x00\x00\x00", b"\x18\x00\x0f\x00"


class _Line:
    """A connection to the printer, with no driver on it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def ask(self, data: bytes, count: int) -> bytes:
        self._writer.write(data)
        return await self.hear(count)

    async def hear(self, count: int) -> bytes:
        return await asyncio.wait_for(self._reader.readexactly(count), 20)

    async def hears_nothing(self) -> bool:
        """GS r 1 is answered after whatever was to be said before it."""
        return await self.ask(b"\x1dr\x01", 1) in (b"\x00", b"\x03")

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


@pytest.fixture
async def emulator() -> AsyncIterator[ReceiptPrinterEmulator]:
    made = ReceiptPrinterEmulator(mm_per_s=None)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def line(emulator: ReceiptPrinterEmulator) -> AsyncIterator[_Line]:
    number = int(emulator.port.rpartition(":")[2])
    made = _Line(*await asyncio.open_connection("127.0.0.1", number))
    yield made
    await made.close()


async def test_it_says_how_it_is_at_once_and_then_each_change(
    line: _Line, emulator: ReceiptPrinterEmulator
) -> None:
    assert await line.ask(b"\x1da\x0f", 4) == _CLOSED
    emulator.set_cover(is_open=True)
    assert await line.hear(4) == _OPEN
    emulator.set_cover(is_open=True)
    emulator.set_cover(is_open=False)
    assert await line.hear(4) == _CLOSED
    emulator.set_cutter(is_stuck=True)
    assert await line.hear(4) == b"\x18\x08\x00\x00"
    emulator.set_cutter(is_stuck=False)
    assert await line.hear(4) == _CLOSED
    emulator.set_paper(left_mm=1_000)
    assert await line.hear(4) == b"\x10\x00\x03\x00"


async def test_a_drawer_is_told_of_to_who_asks_for_it(
    line: _Line, emulator: ReceiptPrinterEmulator
) -> None:
    assert await line.ask(b"\x1da\x01", 4) == _CLOSED
    emulator.set_drawer(is_open=True)
    assert await line.hear(4) == b"\x14\x00\x00\x00"
    assert emulator.drawer_reports == 1
    assert await line.ask(b"\x1da\x0e", 4) == b"\x14\x00\x00\x00"
    emulator.set_drawer(is_open=False)
    assert await line.hears_nothing()
    assert emulator.drawer_reports == 1


async def test_paper_that_ends_while_it_prints_is_a_change(
    line: _Line, emulator: ReceiptPrinterEmulator
) -> None:
    emulator.set_paper(left_mm=20)
    assert await line.ask(b"\x1da\x08", 4) == b"\x10\x00\x03\x00"
    assert await line.ask(b"\x1bJ\xff", 4) == _OUT


async def test_it_says_nothing_unless_told_to_nor_of_what_was_not_chosen(
    line: _Line, emulator: ReceiptPrinterEmulator
) -> None:
    emulator.set_cover(is_open=True)
    emulator.set_cover(is_open=False)
    assert await line.hears_nothing()
    assert await line.ask(b"\x1da\x08", 4) == _CLOSED  # paper only
    emulator.set_cover(is_open=True)
    emulator.set_cover(is_open=False)
    assert await line.hears_nothing()
    emulator.set_paper(left_mm=1_000)
    assert await line.hear(4) == b"\x10\x00\x03\x00"


@pytest.mark.parametrize("command", [b"\x1da\x00", b"\x1b@"])
async def test_it_is_silenced_by_gs_a_0_and_by_a_reset(
    line: _Line, emulator: ReceiptPrinterEmulator, command: bytes
) -> None:
    assert await line.ask(b"\x1da\x0f", 4) == _CLOSED
    assert await line.ask(command + b"\x1dr\x01", 1) == b"\x00"
    emulator.set_cover(is_open=True)
    emulator.set_cover(is_open=False)
    assert await line.hears_nothing()


async def test_a_reset_brings_back_what_it_was_switched_on_with() -> None:
    emulator = ReceiptPrinterEmulator(mm_per_s=None, automatic_status=0x02)
    await emulator.start()
    line = _Line(*await asyncio.open_connection("127.0.0.1", int(emulator.port.rpartition(":")[2])))
    assert await line.ask(b"\x1da\x00\x1dr\x01", 1) == b"\x00"
    emulator.set_cover(is_open=True)
    emulator.set_cover(is_open=False)
    assert await line.ask(b"\x1b@\x1dr\x01", 1) == b"\x00"
    emulator.set_cover(is_open=True)
    assert await line.hear(4) == _OPEN
    await line.close()
    await emulator.stop()
