"""What every QR scanner promises; the same for the emulator and, on a bench, for hardware."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Protocol

import pytest

from device_drivers.errors import DeviceMissing
from device_drivers.ports import Port
from device_drivers.qr_scanner.emulator import (
    HoneywellScannerEmulator,
    LineScannerEmulator,
    NewlandScannerEmulator,
    ScannerEmulator,
    SsiScannerEmulator,
)
from device_drivers.qr_scanner.framing.arrival import FramingName
from device_drivers.qr_scanner.interface import NothingShown, QrScanner, Scan, ScanReading
from device_drivers.qr_scanner.serial_driver import SerialQrScanner
from device_drivers.status import DeviceStatus
from tests.device_drivers.qr_scanner.holding import hold_until_read

LONGEST_CHINESE = "税" * 984
"""As much as a version 40 code of level L holds in UTF-8: 2952 of its 2953 bytes."""


class Hand(Protocol):
    """Holds a QR code in front of the scanner."""

    async def show(self, text: str) -> None: ...
    async def hold(self, text: str, reading: "asyncio.Task[ScanReading]") -> ScanReading: ...


class EmulatorsHand:
    """The hand in front of the emulated scanner."""

    def __init__(self, emulator: ScannerEmulator) -> None:
        self._emulator = emulator

    async def show(self, text: str) -> None:
        await asyncio.to_thread(self._emulator.show, text)

    async def hold(self, text: str, reading: "asyncio.Task[ScanReading]") -> ScanReading:
        return await hold_until_read(reading, lambda: self._emulator.show(text))


EVERY_SCANNER: dict[str, tuple[Callable[[], ScannerEmulator], FramingName]] = {
    "lines, told by silence": (LineScannerEmulator, "auto"),
    "no suffix": (lambda: LineScannerEmulator(suffix=b""), "auto"),
    "STX … ETX": (lambda: LineScannerEmulator(prefix=b"\x02", suffix=b"\x03"), "auto"),
    "lines": (LineScannerEmulator, "line"),
    "STX … ETX by line": (lambda: LineScannerEmulator(prefix=b"\x02", suffix=b"\x03"), "line"),
    "Newland": (NewlandScannerEmulator, "newland"),
    "old Newland": (lambda: NewlandScannerEmulator(is_old=True), "newland"),
    "Honeywell": (HoneywellScannerEmulator, "honeywell"),
    "SSI": (lambda: SsiScannerEmulator(answer_s=0.5), "ssi"),
    "Newland found out": (NewlandScannerEmulator, "auto"),
    "old Newland found out": (lambda: NewlandScannerEmulator(is_old=True), "auto"),
    "Honeywell found out": (HoneywellScannerEmulator, "auto"),
    "SSI found out": (lambda: SsiScannerEmulator(answer_s=0.5), "auto"),
}


@pytest.fixture(params=EVERY_SCANNER)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def emulator(name: str) -> Iterator[ScannerEmulator]:
    make, _ = EVERY_SCANNER[name]
    with make() as running:
        yield running


@pytest.fixture
def hand(emulator: ScannerEmulator) -> Hand:
    return EmulatorsHand(emulator)


@pytest.fixture
async def scanner(name: str, emulator: ScannerEmulator) -> AsyncIterator[QrScanner]:
    _, framing = EVERY_SCANNER[name]
    made = SerialQrScanner(Port.parse(emulator.port), framing=framing)
    await made.connect()
    yield made
    await made.close()


async def test_says_so_when_nothing_is_shown(scanner: QrScanner) -> None:
    assert await scanner.read_code(within_s=0.2) == NothingShown()
    assert (await scanner.status()).device is DeviceStatus.ONLINE


@pytest.mark.parametrize("text", ["https://example.cn/t?n=1&m=完税", LONGEST_CHINESE])
async def test_reads_what_is_shown(scanner: QrScanner, hand: Hand, text: str) -> None:
    reading = asyncio.create_task(scanner.read_code(within_s=30))
    scan = await hand.hold(text, reading)
    assert isinstance(scan, Scan)
    assert scan.text == text


async def test_what_was_shown_before_is_discarded(scanner: QrScanner, hand: Hand) -> None:
    await hand.show("of the citizen before")
    reading = asyncio.create_task(scanner.read_code(within_s=20))
    scan = await hand.hold("mine", reading)
    assert isinstance(scan, Scan)
    assert scan.text == "mine"


async def test_cancelling_leaves_the_scanner_idle(scanner: QrScanner, hand: Hand) -> None:
    cancelled = asyncio.create_task(scanner.read_code(within_s=30))
    await asyncio.sleep(0.02)
    cancelled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cancelled
    await hand.show("shown to nobody")
    assert await scanner.read_code(within_s=0.2) == NothingShown()


async def test_works_again_after_close_and_connect(scanner: QrScanner, hand: Hand) -> None:
    await scanner.close()
    await scanner.close()
    await scanner.connect()
    reading = asyncio.create_task(scanner.read_code(within_s=20))
    scan = await hand.hold("again", reading)
    assert isinstance(scan, Scan)
    assert scan.raw == b"again"


async def test_a_cable_pulled_and_plugged_in_again_is_read_from_within_ten_seconds(
    scanner: QrScanner, hand: Hand, emulator: ScannerEmulator
) -> None:
    emulator.unplug()
    assert (await scanner.status()).device is DeviceStatus.NO_DEVICE
    with pytest.raises(DeviceMissing):
        await scanner.read_code(within_s=1)
    emulator.plug()
    assert (await scanner.status()).device is DeviceStatus.ONLINE
    reading = asyncio.create_task(scanner.read_code(within_s=10))
    assert isinstance(await hand.hold("again", reading), Scan)
