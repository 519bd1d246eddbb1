"""Ends of jobs that are noise, late, or of another job, and what may still be in the printer."""

import asyncio

from device_drivers.ports import Port
from device_drivers.receipt_printer.driver import EscposReceiptPrinter
from device_drivers.receipt_printer.interface import Printed, PrintOutcome, Unconfirmed
from device_drivers.receipt_printer.questions import Questions
from device_drivers.receipt_printer.remains import Remains
from device_drivers.status import DeviceStatus
from device_drivers.transport.serial_port import SerialPort
from tests.device_drivers.receipt_printer.one_channel import (
    CLEAR,
    CUT_OFF,
    OneChannelPrinter,
    driver_at,
    port_of,
)
from tests.device_drivers.receipt_printer.sample import SHORT

_CLEARED = b"\x37\x25\x00"
_END = b"\x00"
_NOISE = b"\xff"


async def _print(driver: EscposReceiptPrinter) -> PrintOutcome:
    return await driver.print_receipt(SHORT, on_progress=lambda _: None)


async def test_what_an_end_among_noise_left_on_paper_is_cut_off() -> None:
    printer = OneChannelPrinter()
    printer.says_at_job = {1: _NOISE + _END}
    printer.says_at_clear = _CLEARED
    async with driver_at(printer) as driver:
        assert await _print(driver) == Unconfirmed("D103")
        assert (await driver.status()).device is DeviceStatus.ONLINE  # all before it has arrived
    assert CUT_OFF in printer.after_clear


async def test_after_a_clean_end_nothing_is_cleared_or_cut_off() -> None:
    """The negative control of the test above."""
    printer = OneChannelPrinter()
    printer.says_at_job = {1: _END}
    async with driver_at(printer) as driver:
        assert await _print(driver) == Printed()
        assert (await driver.status()).device is DeviceStatus.ONLINE
    assert CLEAR not in printer.received
    assert printer.received.count(CUT_OFF) == 1  # its own


async def test_the_true_end_behind_one_that_was_noise_does_not_confirm_the_next_job() -> None:
    printer = OneChannelPrinter()
    printer.says_at_job = {1: _NOISE + _END}
    printer.says_late, printer.late_from_round = _END, 4
    printer.out_of_paper_from_job = 2
    async with driver_at(printer, clear_by="none") as driver:
        assert await _print(driver) == Unconfirmed("D103")
        assert await _print(driver) == Unconfirmed("D301")


async def test_the_end_of_a_job_lost_with_its_line_does_not_confirm_the_next() -> None:
    printer = OneChannelPrinter()
    printer.hangs_up_at_job = 1
    printer.says_late, printer.late_from_round = _END, 4
    printer.out_of_paper_from_job = 2
    async with driver_at(printer, clear_by="none") as driver:
        assert await _print(driver) == Unconfirmed("D101")
        assert await _print(driver) == Unconfirmed("D301")


async def test_a_printer_that_never_ends_the_job_lost_with_its_line_prints_the_next_in_time() -> (
    None
):
    """What it says of one end is then said of the next job's."""
    printer = OneChannelPrinter()
    printer.hangs_up_at_job = 1
    printer.says_at_job = {2: _END}
    async with driver_at(printer, clear_by="none", cut_timeout_s=0.6) as driver:
        assert await _print(driver) == Unconfirmed("D101")
        assert await _print(driver) == Printed()


async def test_a_printer_that_forgot_the_job_lost_with_its_line_prints_the_next_at_once() -> None:
    printer = OneChannelPrinter()
    printer.hangs_up_at_job = 1
    printer.says_at_clear = _CLEARED
    printer.says_at_job = {2: _END}
    async with driver_at(printer, cut_timeout_s=3600) as driver:
        assert await _print(driver) == Unconfirmed("D101")
        async with asyncio.timeout(20):
            assert await _print(driver) == Printed()


async def test_an_end_that_the_answer_to_the_clearing_has_overtaken_is_an_end() -> None:
    printer = OneChannelPrinter()
    printer.out_of_paper_from_job = 1
    printer.says_at_clear = _CLEARED + _END
    async with driver_at(printer) as driver:
        assert await _print(driver) == Printed()


class _HeldLine(SerialPort):
    """A line whose first request to clear does not get away."""

    def __init__(self, port: Port) -> None:
        super().__init__(port, device="receipt_printer")
        self.holds = asyncio.Event()

    async def write(self, data: bytes, *, within_s: float) -> None:
        while data == CLEAR and not self.holds.is_set():
            self.holds.set()
            await asyncio.Event().wait()
        await super().write(data, within_s=within_s)


async def test_a_request_to_clear_that_never_left_is_made_again() -> None:
    printer = OneChannelPrinter()
    printer.says_at_clear = _CLEARED
    async with port_of(printer) as port:
        line = _HeldLine(port)
        remains = Remains(line, Questions(line, source="real_time"), is_clearing=True)
        await line.open()
        remains.begin_job()
        first = asyncio.create_task(remains.clear())
        await line.holds.wait()
        first.cancel()
        await asyncio.wait([first])
        await remains.clear()
        await line.close()
    assert printer.received == CLEAR
    assert not remains.are_there
