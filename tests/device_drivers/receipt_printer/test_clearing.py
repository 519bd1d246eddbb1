"""The emulated printer's buffers, bytes written by hand from the Epson ESC/POS reference."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from device_drivers.receipt_printer.emulator import ReceiptPrinterEmulator

_CLEAR = bytes.fromhex("10140801031401060208")
_CUT = b"\x1dVB\x00"
_JOB = b"A\nB\nC\n" + _CUT


class _Line:
    """A connection to the printer, with no driver on it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    def say(self, data: bytes) -> None:
        self._writer.write(data)

    async def hear(self, count: int) -> bytes:
        return await asyncio.wait_for(self._reader.readexactly(count), 20)

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


@asynccontextmanager
async def _line_to(emulator: ReceiptPrinterEmulator) -> AsyncIterator[_Line]:
    await emulator.start()
    number = int(emulator.port.rpartition(":")[2])
    line = _Line(*await asyncio.open_connection("127.0.0.1", number))
    yield line
    await line.close()
    await emulator.stop()


def _lines(emulator: ReceiptPrinterEmulator) -> list[tuple[str, ...]]:
    return [piece.lines for piece in emulator.receipts]


async def _is_there(line: _Line) -> None:
    """What was sent has arrived: DLE EOT 1 is answered at once, and off line by 1A."""
    line.say(b"\x10\x04\x01")
    assert await line.hear(1) == b"\x1a"


async def test_what_it_has_not_printed_is_printed_when_paper_is_back() -> None:
    emulator = ReceiptPrinterEmulator(mm_per_s=None)
    async with _line_to(emulator) as line:
        emulator.set_paper(left_mm=0)
        line.say(_JOB)
        await _is_there(line)
        assert emulator.receipts == []
        emulator.refill()
        line.say(b"\x1dr\x01")
        assert await line.hear(1) == b"\x00"
    assert _lines(emulator) == [("A", "B", "C")]


@pytest.mark.parametrize("pieces", [(_CLEAR,), (_CLEAR[:3], _CLEAR[3:])], ids=["whole", "torn"])
async def test_what_was_cleared_is_never_printed_and_what_follows_is(
    pieces: tuple[bytes, ...],
) -> None:
    emulator = ReceiptPrinterEmulator(mm_per_s=None)
    async with _line_to(emulator) as line:
        emulator.set_paper(left_mm=0)
        line.say(_JOB + b"\x1dv0\x00\x48\x00\xff\x00 half a picture")
        await _is_there(line)
        for piece in pieces:
            line.say(piece)
            await asyncio.sleep(0.01)
        assert await line.hear(3) == b"\x37\x25\x00"
        emulator.refill()
        line.say(b"D\n" + _CUT + b"\x1dr\x01")
        assert await line.hear(1) == b"\x00"
    assert (_lines(emulator), emulator.unknown) == ([("D",)], [])


async def test_modes_stay_as_they_are() -> None:
    emulator = ReceiptPrinterEmulator(mm_per_s=None)
    async with _line_to(emulator) as line:
        line.say(b"\x1c.\x1bt\x00\x1dr\x01")  # code page 437 in place of Chinese
        assert await line.hear(1) == b"\x00"
        line.say(_CLEAR)
        assert await line.hear(3) == b"\x37\x25\x00"
        line.say(b"\x82\n" + _CUT + b"\x1dr\x01")
        assert await line.hear(1) == b"\x00"
    assert _lines(emulator) == [("é",)]


async def test_a_make_that_does_not_know_it_says_nothing_and_keeps_its_buffer() -> None:
    emulator = ReceiptPrinterEmulator(mm_per_s=None, clears_buffer=False)
    async with _line_to(emulator) as line:
        emulator.set_paper(left_mm=0)
        line.say(_JOB + _CLEAR)
        await _is_there(line)
        emulator.refill()
        line.say(b"\x1dr\x01")
        assert await line.hear(1) == b"\x00"
    assert _lines(emulator) == [("A", "B", "C")]
    assert b"".join(each.data for each in emulator.unknown) == _CLEAR


async def test_an_error_of_the_knife_lasts_until_dle_enq_and_only_2_clears() -> None:
    emulator = ReceiptPrinterEmulator(mm_per_s=None, latches_errors=True)
    async with _line_to(emulator) as line:
        emulator.set_cutter(is_stuck=True)
        line.say(b"A\n" + _CUT)
        emulator.set_cutter(is_stuck=False)
        await _is_there(line)
        line.say(b"\x10\x05\x01\x1dr\x01")
        assert await line.hear(1) == b"\x00"
        assert _lines(emulator) == [("A",)]
        emulator.set_cutter(is_stuck=True)
        line.say(b"B\n" + _CUT)
        emulator.set_cutter(is_stuck=False)
        await _is_there(line)
        line.say(b"\x10\x05\x02\x1dr\x01")
        assert await line.hear(1) == b"\x00"
    assert (_lines(emulator), emulator.unknown) == ([("A",)], [])


async def test_dle_enq_2_does_nothing_where_the_knife_is_well() -> None:
    emulator = ReceiptPrinterEmulator(mm_per_s=None)
    async with _line_to(emulator) as line:
        emulator.set_paper(left_mm=0)
        line.say(b"A\n" + _CUT + b"\x10\x05\x02")
        await _is_there(line)
        emulator.refill()
        line.say(b"\x1dr\x01")
        assert await line.hear(1) == b"\x00"
    assert (_lines(emulator), emulator.unknown) == ([("A",)], [])
