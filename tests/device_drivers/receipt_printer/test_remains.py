"""What a broken receipt leaves in printers of several makes, and what becomes of it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from device_drivers.ports import Port
from device_drivers.receipt_printer.driver import EscposReceiptPrinter
from device_drivers.receipt_printer.emulator import ReceiptPrinterEmulator
from device_drivers.receipt_printer.interface import (
    Printed,
    PrintOutcome,
    Receipt,
    Text,
    TicketEnd,
    Unconfirmed,
)
from device_drivers.status import DeviceStatus
from tests.device_drivers.receipt_printer.sample import SHORT

_OLD = Receipt(tuple(Text(f"第{number}行") for number in range(30)))
_SHORT_LINES = ("取号凭条", "请妥善保管")
_CLEAR = bytes.fromhex("10140801031401060208")
_CUT = b"\n\x1dVB\x28"
_MM_PER_S = 600.0

Hand = Callable[[ReceiptPrinterEmulator], None]


@asynccontextmanager
async def _at(
    emulator: ReceiptPrinterEmulator, **settings: object
) -> AsyncIterator[EscposReceiptPrinter]:
    await emulator.start()
    driver = _driver_of(emulator, **settings)
    try:
        yield driver
    finally:
        await driver.close()
        await emulator.stop()


def _driver_of(emulator: ReceiptPrinterEmulator, **settings: object) -> EscposReceiptPrinter:
    return EscposReceiptPrinter(Port.parse(emulator.port), **settings)  # type: ignore[arg-type]


async def _print(driver: EscposReceiptPrinter, receipt: Receipt) -> PrintOutcome:
    return await driver.print_receipt(receipt, on_progress=lambda _: None)


async def _break(
    driver: EscposReceiptPrinter, emulator: ReceiptPrinterEmulator, hand: Hand
) -> PrintOutcome:
    printing = asyncio.create_task(_print(driver, _OLD))
    await emulator.has_moved()
    hand(emulator)
    return await printing


def _take_paper(emulator: ReceiptPrinterEmulator) -> None:
    emulator.set_paper(left_mm=0)


def _stick(emulator: ReceiptPrinterEmulator) -> None:
    emulator.set_cutter(is_stuck=True)


def _printed(emulator: ReceiptPrinterEmulator) -> list[tuple[str, ...]]:
    return [piece.lines for piece in emulator.receipts if piece.lines]


async def test_a_make_that_cannot_forget_prints_the_rest_alone_and_no_byte_of_the_question() -> (
    None
):
    """Also the control: with a printer that was not cleared, the tests here would see it."""
    emulator = ReceiptPrinterEmulator(mm_per_s=_MM_PER_S, clears_buffer=False)
    async with _at(emulator) as driver:
        assert await _break(driver, emulator, _take_paper) == Unconfirmed("D301")
        emulator.refill()
        assert await _print(driver, SHORT) == Printed()
    assert b"".join(each.data for each in emulator.unknown) == _CLEAR
    assert _printed(emulator) == [tuple(f"第{number}行" for number in range(30)), _SHORT_LINES]


async def test_a_printer_that_is_not_to_be_asked_hears_neither_of_the_two_requests() -> None:
    emulator = ReceiptPrinterEmulator(mm_per_s=_MM_PER_S)
    async with _at(emulator, clear_by="none") as driver:
        assert await _break(driver, emulator, _stick) == Unconfirmed("D203")
        emulator.set_cutter(is_stuck=False)
        assert await _print(driver, SHORT) == Printed()
    assert [len(lines) for lines in _printed(emulator)] == [30, 2]
    assert {command[:2] for command in emulator.overheard} == {b"\x10\x04"}


@pytest.mark.parametrize(
    "settings", [{"presenter": "custom"}, {"status_by": "automatic"}, {"status_by": "custom"}]
)
async def test_a_make_of_which_nobody_says_that_it_can_be_asked_is_not(
    settings: dict[str, object],
) -> None:
    emulator = ReceiptPrinterEmulator(mm_per_s=_MM_PER_S, presenter="custom")
    async with _at(emulator, **settings) as driver:
        assert await _break(driver, emulator, _take_paper) == Unconfirmed("D301")
    assert driver.capabilities["clear_by"] == "none"
    assert {command[:2] for command in emulator.overheard} <= {b"\x10\x04"}


async def test_a_make_that_forgets_only_after_an_error_of_its_knife_does() -> None:
    emulator = ReceiptPrinterEmulator(mm_per_s=_MM_PER_S, clears_buffer=False, latches_errors=True)
    async with _at(emulator, cut_timeout_s=1.5) as driver:
        assert await _break(driver, emulator, _stick) == Unconfirmed("D203")
        emulator.set_cutter(is_stuck=False)
        assert await _print(driver, SHORT) == Printed()
        assert await _print(driver, SHORT) == Printed()
    torn, *whole = _printed(emulator)
    assert len(torn) < len(_OLD.blocks)
    assert whole == [_SHORT_LINES, _SHORT_LINES]


async def test_a_kiosk_that_was_started_anew_has_what_it_knows_nothing_of_cleared() -> None:
    emulator = ReceiptPrinterEmulator(mm_per_s=_MM_PER_S)
    async with _at(emulator, clear_by="none") as before:
        assert await _break(before, emulator, _take_paper) == Unconfirmed("D301")
        await before.close()
        after = _driver_of(emulator)
        assert (await after.status()).device is DeviceStatus.USER_ERROR
        emulator.refill()
        assert await _print(after, SHORT) == Printed()
        await after.close()
    torn, whole = _printed(emulator)
    assert 0 < len(torn) < len(_OLD.blocks)
    assert whole == _SHORT_LINES


async def test_a_kiosk_started_anew_lets_a_make_that_cannot_forget_print_the_rest_alone() -> None:
    emulator = ReceiptPrinterEmulator(mm_per_s=_MM_PER_S, clears_buffer=False)
    async with _at(emulator) as before:
        assert await _break(before, emulator, _take_paper) == Unconfirmed("D301")
        await before.close()
        after = _driver_of(emulator, cut_timeout_s=2.0)
        assert (await after.status()).device is DeviceStatus.USER_ERROR
        emulator.refill()
        assert await _print(after, SHORT) == Printed()
        await after.close()
    assert _printed(emulator) == [tuple(f"第{number}行" for number in range(30)), _SHORT_LINES]


async def test_the_torn_piece_is_cut_off_when_the_printer_is_put_right_and_not_with_the_next() -> (
    None
):
    emulator = ReceiptPrinterEmulator(mm_per_s=_MM_PER_S)
    async with _at(emulator) as driver:
        assert await _break(driver, emulator, _take_paper) == Unconfirmed("D301")
        emulator.refill()
        assert (await driver.status()).device is DeviceStatus.ONLINE
        async with asyncio.timeout(20):
            while not emulator.receipts:  # noqa: ASYNC110 - the emulator has nothing to await
                await asyncio.sleep(0.01)
        assert (await driver.status()).device is DeviceStatus.ONLINE
        assert await _print(driver, SHORT) == Printed()
    assert len(emulator.receipts) == 2


async def test_an_idle_printer_whose_paper_was_changed_cuts_nothing() -> None:
    """The negative control of the test above."""
    emulator = ReceiptPrinterEmulator(mm_per_s=_MM_PER_S)
    async with _at(emulator) as driver:
        assert await _print(driver, SHORT) == Printed()
        _take_paper(emulator)
        assert (await driver.status()).device is DeviceStatus.USER_ERROR
        emulator.refill()
        assert (await driver.status()).device is DeviceStatus.ONLINE
        assert await _print(driver, SHORT) == Printed()
    assert len(emulator.receipts) == 2


async def test_a_printer_found_without_paper_before_the_first_receipt_cuts_one_blank_piece() -> (
    None
):
    """The price of not knowing what a kiosk that has ended has left on it; paid once."""
    emulator = ReceiptPrinterEmulator(mm_per_s=_MM_PER_S)
    async with _at(emulator) as driver:
        _take_paper(emulator)
        assert (await driver.status()).device is DeviceStatus.USER_ERROR
        assert (await driver.status()).device is DeviceStatus.USER_ERROR
        emulator.refill()
        assert await _print(driver, SHORT) == Printed()
        assert await _print(driver, SHORT) == Printed()
    assert [piece.lines for piece in emulator.receipts] == [(), _SHORT_LINES, _SHORT_LINES]


async def test_a_presenter_draws_the_torn_piece_back_before_the_next_ticket() -> None:
    emulator = ReceiptPrinterEmulator(mm_per_s=_MM_PER_S, presenter="custom")
    async with _at(emulator, presenter="custom", taken_within_s=0.2, clear_by="dle_dc4") as driver:
        assert await _break(driver, emulator, _take_paper) == Unconfirmed("D301")
        emulator.refill()
        assert await _print(driver, SHORT) == Printed(TicketEnd.RETRACTED)
    torn, whole = emulator.retracted
    assert 0 < len(torn.lines) < len(_OLD.blocks)
    assert whole.lines == _SHORT_LINES


async def test_a_job_whose_waiting_was_cancelled_is_cleared_when_its_paper_ends() -> None:
    emulator = ReceiptPrinterEmulator(mm_per_s=_MM_PER_S)
    async with _at(emulator) as driver:
        printing = asyncio.create_task(_print(driver, _OLD))
        await emulator.has_moved()
        _take_paper(emulator)
        printing.cancel()
        await asyncio.gather(printing, return_exceptions=True)
        assert (await driver.status()).device is DeviceStatus.USER_ERROR
        emulator.refill()
        assert await _print(driver, SHORT) == Printed()
    torn, whole = _printed(emulator)
    assert len(torn) < len(_OLD.blocks)
    assert whole == _SHORT_LINES


class _SlowToForget:
    """Out of paper as soon as a job has come; says that its buffers are clear when a test does."""

    def __init__(self) -> None:
        self.is_out = False
        self.received = b""
        self._writer: asyncio.StreamWriter | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        while data := await reader.read(4096):
            self.received += data
            self.is_out = self.is_out or b"\x1dr\x01" in data
            if data[:2] == b"\x10\x04":
                stopped = {1: 0x1A, 2: 0x32, 3: 0x12, 4: 0x7E}
                writer.write(bytes([stopped[data[2]] if self.is_out else 0x12]))
        writer.close()

    def say_cleared(self) -> None:
        assert self._writer is not None
        self._writer.write(b"\x37\x25\x00")
        self.is_out = False


async def test_an_answer_that_comes_late_counts_and_is_no_end_of_a_job() -> None:
    printer = _SlowToForget()
    server = await asyncio.start_server(printer.serve, "127.0.0.1", 0)
    number = server.sockets[0].getsockname()[1]
    driver = EscposReceiptPrinter(Port.parse(f"tcp:127.0.0.1:{number}"))
    assert await _print(driver, SHORT) == Unconfirmed("D301")
    assert printer.received.endswith(_CLEAR)
    printer.say_cleared()
    assert (await driver.status()).device is DeviceStatus.ONLINE
    async with asyncio.timeout(20):
        while not printer.received.endswith(_CUT):  # noqa: ASYNC110 - nothing to await
            await asyncio.sleep(0.01)
    assert printer.received.count(_CLEAR) == 1
    await driver.close()
    server.close()
    await server.wait_closed()
