"""Ends of jobs that are noise, late, or of another job, and what may still be in the printer."""

from device_drivers.receipt_printer.driver import EscposReceiptPrinter
from device_drivers.receipt_printer.interface import Printed, PrintOutcome, Unconfirmed
from device_drivers.status import DeviceStatus
from tests.device_drivers.receipt_printer.one_channel import (
    CLEAR,
    CUT_OFF,
    OneChannelPrinter,
    driver_at,
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
