"""The driver against the emulated printer over TCP: how each job ends, and that it knows."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from device_drivers.emulation.wire_fault import WireFault
from device_drivers.errors import DeviceMissing, DeviceSilent
from device_drivers.ports import Port
from device_drivers.receipt_printer.driver import EscposReceiptPrinter
from device_drivers.receipt_printer.emulator import ReceiptPrinterEmulator
from device_drivers.receipt_printer.interface import (
    CoverStatus,
    CutterStatus,
    Image,
    NotPrinted,
    PaperStatus,
    Printed,
    PrintProgress,
    Receipt,
    Text,
    Unconfirmed,
)
from device_drivers.status import DeviceStatus
from tests.device_drivers.receipt_printer.sample import ACCEPTANCE, QR_CONTENT, SHORT, picture

_LONG = Receipt(tuple(Text(f"第{number}行") for number in range(60)))


@asynccontextmanager
async def _printer(
    emulator: ReceiptPrinterEmulator, *, cut_timeout_s: float = 20.0
) -> AsyncIterator[EscposReceiptPrinter]:
    await emulator.start()
    driver = EscposReceiptPrinter(Port.parse(emulator.port), cut_timeout_s=cut_timeout_s)
    try:
        await driver.connect()
        yield driver
    finally:
        await driver.close()
        await emulator.stop()


@pytest.fixture
def emulator() -> ReceiptPrinterEmulator:
    return ReceiptPrinterEmulator(mm_per_s=None)


@pytest.fixture
async def driver(emulator: ReceiptPrinterEmulator) -> AsyncIterator[EscposReceiptPrinter]:
    async with _printer(emulator) as made:
        yield made


async def _print(
    driver: EscposReceiptPrinter, receipt: Receipt
) -> tuple[object, list[PrintProgress]]:
    progress: list[PrintProgress] = []
    outcome = await driver.print_receipt(receipt, on_progress=progress.append)
    return outcome, progress


async def test_a_printed_receipt_is_confirmed_and_lies_in_the_mouth_whole(
    driver: EscposReceiptPrinter, emulator: ReceiptPrinterEmulator
) -> None:
    assert await _print(driver, ACCEPTANCE) == (Printed(), [PrintProgress.SENT])
    assert emulator.unknown == []
    (receipt,) = emulator.receipts
    assert receipt.codes == (QR_CONTENT,)
    assert "受理编号：37032120261123000417" in receipt.lines
    assert emulator.tear_off() is receipt
    assert emulator.tear_off() is None


async def test_an_idle_printer_is_online_with_every_part_known_but_the_mouth(
    driver: EscposReceiptPrinter,
) -> None:
    status = await driver.status()
    assert status.device is DeviceStatus.ONLINE
    assert status.parts() == {
        "paper": "full",
        "cover": "closed",
        "cutter": "ok",
        "ticket": "unknown",
    }


async def test_low_paper_is_said_and_still_prints(
    driver: EscposReceiptPrinter, emulator: ReceiptPrinterEmulator
) -> None:
    emulator.set_paper(left_mm=2_000)
    assert (await driver.status()).paper is PaperStatus.LOW
    assert (await _print(driver, SHORT))[0] == Printed()


async def test_without_paper_nothing_is_sent_and_after_a_refill_nothing_comes_out(
    driver: EscposReceiptPrinter, emulator: ReceiptPrinterEmulator
) -> None:
    emulator.set_paper(left_mm=0)
    assert (await driver.status()).paper is PaperStatus.OUT
    assert await _print(driver, SHORT) == (NotPrinted("D301"), [])
    emulator.refill()
    await asyncio.sleep(0.1)
    assert emulator.receipts == []
    assert (await _print(driver, SHORT))[0] == Printed()


async def test_with_the_cover_open_nothing_is_sent(
    driver: EscposReceiptPrinter, emulator: ReceiptPrinterEmulator
) -> None:
    emulator.set_cover(is_open=True)
    assert (await driver.status()).cover is CoverStatus.OPEN
    assert await _print(driver, SHORT) == (NotPrinted("D302"), [])


async def test_a_stuck_cutter_is_said(
    driver: EscposReceiptPrinter, emulator: ReceiptPrinterEmulator
) -> None:
    emulator.set_cutter(is_stuck=True)
    assert (await driver.status()).cutter is CutterStatus.STUCK
    assert await _print(driver, SHORT) == (NotPrinted("D203"), [])


async def test_paper_that_ends_inside_the_job_leaves_it_unconfirmed(
    driver: EscposReceiptPrinter, emulator: ReceiptPrinterEmulator
) -> None:
    emulator.set_paper(left_mm=60)
    assert await _print(driver, _LONG) == (Unconfirmed("D301"), [PrintProgress.SENT])
    assert emulator.receipts == []


@pytest.mark.slow
async def test_the_late_end_of_an_unconfirmed_job_does_not_confirm_the_next() -> None:
    emulator = ReceiptPrinterEmulator(mm_per_s=400, clears_buffer=False)
    async with _printer(emulator) as driver:
        emulator.set_paper(left_mm=60)
        assert (await _print(driver, _LONG))[0] == Unconfirmed("D301")
        emulator.set_paper(left_mm=300)  # enough for the rest of the old job, not for a new one
        assert (await _print(driver, _LONG))[0] == Unconfirmed("D301")
        assert len(emulator.receipts) == 1
        emulator.refill()
        assert (await _print(driver, SHORT))[0] == Printed()
        assert [len(receipt.lines) for receipt in emulator.receipts] == [60, 60, 2]


async def test_a_cable_cut_inside_the_job_leaves_it_unconfirmed() -> None:
    emulator = ReceiptPrinterEmulator(mm_per_s=150)
    async with _printer(emulator) as driver:
        printing = asyncio.create_task(_print(driver, _LONG))
        await emulator.has_moved()
        await emulator.unplug()
        assert (await printing)[0] == Unconfirmed("D101")
        assert (await driver.status()).device is DeviceStatus.NO_DEVICE
        assert await _print(driver, SHORT) == (NotPrinted("D101"), [])


async def test_a_printer_plugged_in_again_is_found_by_asking_again(
    driver: EscposReceiptPrinter, emulator: ReceiptPrinterEmulator
) -> None:
    await emulator.unplug()
    assert (await driver.status()).device is DeviceStatus.NO_DEVICE
    await emulator.plug()
    assert (await driver.status()).device is DeviceStatus.ONLINE
    assert (await _print(driver, SHORT))[0] == Printed()


@pytest.mark.slow
@pytest.mark.parametrize("clears_buffer", [True, False], ids=["cleared", "NULs"])
async def test_half_a_receipt_is_never_joined_to_the_next_citizens(clears_buffer: bool) -> None:
    emulator = ReceiptPrinterEmulator(mm_per_s=60, clears_buffer=clears_buffer)
    async with _printer(emulator, cut_timeout_s=8.0) as driver:
        half = Receipt((Text("前一位"), *(Image(picture(), width_share=1.0) for _ in range(12))))
        printing = asyncio.create_task(_print(driver, half))
        await emulator.has_moved()
        await emulator.unplug()
        assert (await printing)[0] == Unconfirmed("D101")
        await emulator.plug()
        assert (await _print(driver, SHORT))[0] == Printed()
        first, second = emulator.receipts
        assert first.lines == ("前一位",)
        assert second.lines == ("取号凭条", "请妥善保管")
        assert emulator.unknown == []


async def test_a_receipt_that_cannot_be_laid_out_sends_nothing(
    driver: EscposReceiptPrinter, emulator: ReceiptPrinterEmulator
) -> None:
    with pytest.raises(ValueError, match="PNG"):
        await _print(driver, Receipt((Text("甲"), Image(b"\x89PNG rubbish"))))
    assert (await _print(driver, SHORT))[0] == Printed()
    assert [receipt.lines for receipt in emulator.receipts] == [("取号凭条", "请妥善保管")]


@pytest.mark.slow
async def test_cancelling_ends_the_waiting_and_the_next_receipt_is_whole() -> None:
    emulator = ReceiptPrinterEmulator(mm_per_s=600)
    async with _printer(emulator) as driver:
        printing = asyncio.create_task(_print(driver, _LONG))
        await emulator.has_moved()
        printing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await printing
        assert (await _print(driver, SHORT))[0] == Printed()
        assert [len(receipt.lines) for receipt in emulator.receipts] == [60, 2]


async def test_the_proof_waits_for_the_paper_and_not_for_the_buffer() -> None:
    emulator = ReceiptPrinterEmulator(mm_per_s=150)
    async with _printer(emulator) as driver:
        printing = asyncio.create_task(_print(driver, SHORT))
        await asyncio.sleep(0.1)
        assert (await asyncio.wait([printing], timeout=0.1))[0] == set()
        assert emulator.receipts == []
        assert (await printing)[0] == Printed()
        assert len(emulator.receipts) == 1


async def test_while_a_receipt_is_printed_it_is_busy_and_says_so_without_waiting() -> None:
    emulator = ReceiptPrinterEmulator(mm_per_s=150)
    async with _printer(emulator) as driver:
        printing = asyncio.create_task(_print(driver, SHORT))
        await emulator.has_moved()
        emulator.set_head(is_hot=True)  # it cannot end before it is asked
        assert (await driver.status()).device is DeviceStatus.DEVICE_BUSY
        assert not printing.done()
        emulator.set_head(is_hot=False)
        assert (await printing)[0] == Printed()
        assert (await driver.status()).device is DeviceStatus.ONLINE


async def _silent_printer(answer: bytes) -> asyncio.Server:
    """Takes everything; answers each arrival with the same bytes, or with none."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(4096):
            writer.write(answer)
        writer.close()

    return await asyncio.start_server(serve, "127.0.0.1", 0)


@pytest.mark.parametrize("answer", [b"", b"\x14\x00\x00\x0f", b"\x00"])
async def test_a_printer_that_says_nothing_sensible_is_unknown_and_gets_no_job(
    answer: bytes,
) -> None:
    server = await _silent_printer(answer)
    number = server.sockets[0].getsockname()[1]
    driver = EscposReceiptPrinter(Port.parse(f"tcp:127.0.0.1:{number}"))
    with pytest.raises(DeviceSilent):
        await driver.connect()
    status = await driver.status()
    assert status.device is DeviceStatus.UNKNOWN
    assert status.paper is PaperStatus.UNKNOWN
    assert await _print(driver, SHORT) == (NotPrinted("D102"), [])
    await driver.close()
    server.close()
    await server.wait_closed()


class _ScriptedPrinter:
    """Answers DLE EOT, says what it is told to, and executes nothing: neither GS a nor GS r."""

    def __init__(self) -> None:
        self.received = b""
        self.on_job = b""
        """Sent when a job arrives."""
        self.is_out_after_job = False
        self._has_job = False
        self._writer: asyncio.StreamWriter | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        while data := await reader.read(4096):
            self.received += data
            if not self._has_job and b"\x1dr\x01" in self.received:
                self._has_job = True
                writer.write(self.on_job)
            for question in re.finditer(rb"\x10\x04([\x01-\x04])", data):
                writer.write(self._answer(question.group(1)[0]))
        writer.close()

    def say(self, data: bytes) -> None:
        assert self._writer is not None
        self._writer.write(data)

    def _answer(self, n: int) -> bytes:
        is_out = self.is_out_after_job and self._has_job
        return bytes([{1: 0x1A, 2: 0x32, 3: 0x12, 4: 0x7E}[n] if is_out else 0x12])


@asynccontextmanager
async def _scripted(printer: _ScriptedPrinter) -> AsyncIterator[EscposReceiptPrinter]:
    server = await asyncio.start_server(printer.serve, "127.0.0.1", 0)
    number = server.sockets[0].getsockname()[1]
    driver = EscposReceiptPrinter(Port.parse(f"tcp:127.0.0.1:{number}"), cut_timeout_s=0.6)
    try:
        await driver.connect()
        yield driver
    finally:
        await driver.close()
        server.close()
        await server.wait_closed()


async def test_automatic_status_is_switched_off_before_anything_is_asked() -> None:
    printer = _ScriptedPrinter()
    async with _scripted(printer) as driver:
        assert printer.received.startswith(b"\x1da\x00\x10\x04\x01")
        await driver.status()
        assert printer.received.count(b"\x1da\x00") == 1


@pytest.mark.parametrize("report", ["18000f00", "1000030018000f0f", "10000000"])
async def test_automatic_status_inside_a_job_is_never_taken_for_its_end(report: str) -> None:
    printer = _ScriptedPrinter()
    printer.on_job = bytes.fromhex(report)
    printer.is_out_after_job = True
    async with _scripted(printer) as driver:
        assert (await _print(driver, SHORT))[0] == Unconfirmed("D301")


async def test_the_end_of_a_job_is_still_heard_behind_automatic_status() -> None:
    """The negative control of the test above."""
    printer = _ScriptedPrinter()
    printer.on_job = bytes.fromhex("10000300 03")
    async with _scripted(printer) as driver:
        assert (await _print(driver, SHORT))[0] == Printed()


@pytest.mark.parametrize("stray", [b"\x00", b"\x0f\x00"])
async def test_an_answer_nobody_asked_for_does_not_confirm_the_next_job(stray: bytes) -> None:
    printer = _ScriptedPrinter()
    async with _scripted(printer) as driver:
        printer.say(stray)
        await asyncio.sleep(0.05)
        assert (await driver.status()).device is DeviceStatus.ONLINE
        assert (await _print(driver, SHORT))[0] == Unconfirmed("D102")


async def test_a_printer_switched_on_to_report_by_itself_is_understood() -> None:
    emulator = ReceiptPrinterEmulator(mm_per_s=None, automatic_status=0x0F)
    async with _printer(emulator) as driver:
        emulator.set_paper(left_mm=2_000)
        emulator.set_cover(is_open=True)
        assert (await driver.status()).cover is CoverStatus.OPEN
        emulator.set_cover(is_open=False)
        emulator.set_paper(left_mm=60)
        assert (await _print(driver, _LONG))[0] == Unconfirmed("D301")
        assert [piece for piece in emulator.receipts if piece.lines] == []


async def test_an_end_of_job_among_noise_proves_nothing() -> None:
    printer = _ScriptedPrinter()
    printer.on_job = bytes.fromhex("c3 00 ff")
    async with _scripted(printer) as driver:
        assert (await _print(driver, SHORT))[0] == Unconfirmed("D103")


async def test_flow_control_around_the_end_of_a_job_is_no_noise() -> None:
    """The negative control of the test above."""
    printer = _ScriptedPrinter()
    printer.on_job = bytes.fromhex("13 11 00")
    async with _scripted(printer) as driver:
        assert (await _print(driver, SHORT))[0] == Printed()


@pytest.mark.slow
@pytest.mark.parametrize("fault", [WireFault.SLOW, WireFault.NOISY, WireFault.SILENT])
async def test_whatever_is_wrong_with_the_wire_it_works_again_when_that_is_over(
    driver: EscposReceiptPrinter, emulator: ReceiptPrinterEmulator, fault: WireFault
) -> None:
    emulator.disturb_wire(fault)
    began = time.monotonic()
    await driver.status()
    assert time.monotonic() - began < 1.5
    assert (await _print(driver, SHORT))[0] != Printed()
    emulator.disturb_wire(WireFault.NONE)
    assert (await driver.status()).device is DeviceStatus.ONLINE
    assert (await _print(driver, SHORT))[0] == Printed()
    assert emulator.unknown == []


async def test_a_printer_that_is_not_there_is_missing(unused_tcp_port: int) -> None:
    driver = EscposReceiptPrinter(Port.parse(f"tcp:127.0.0.1:{unused_tcp_port}"))
    with pytest.raises(DeviceMissing):
        await driver.connect()
    await driver.close()
    await driver.close()


@pytest.mark.parametrize("width_mm", [0, 57, 112])
def test_an_unknown_paper_width_is_refused(width_mm: int) -> None:
    with pytest.raises(ValueError, match="58"):
        EscposReceiptPrinter(Port.parse("tcp:127.0.0.1:9100"), width_mm=width_mm)
