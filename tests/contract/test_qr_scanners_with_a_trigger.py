"""Scanners with a trigger: on while somebody listens and at no other time, and what goes wrong."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing

import pytest

from device_drivers.errors import DeviceBroken, DeviceFault, DeviceSilent, FaultCode
from device_drivers.ports import Port
from device_drivers.qr_scanner.emulator import (
    HoneywellScannerEmulator,
    LineScannerEmulator,
    NewlandScannerEmulator,
    ScannerEmulator,
    SsiScannerEmulator,
)
from device_drivers.qr_scanner.framing.arrival import FramingName
from device_drivers.qr_scanner.interface import NothingShown, Scan
from device_drivers.qr_scanner.serial_driver import SerialQrScanner
from device_drivers.status import DeviceStatus
from tests.device_drivers.qr_scanner.holding import hold_until_read, until

pytestmark = pytest.mark.slow

TRIGGERED: list[tuple[Callable[[], ScannerEmulator], FramingName]] = [
    (NewlandScannerEmulator, "newland"),
    (HoneywellScannerEmulator, "honeywell"),
    (SsiScannerEmulator, "ssi"),
    (SsiScannerEmulator, "auto"),
]
each_with_a_trigger = pytest.mark.parametrize(("make", "framing"), TRIGGERED)


def driver(emulator: ScannerEmulator, framing: FramingName) -> SerialQrScanner:
    return SerialQrScanner(Port.parse(emulator.port), framing=framing)


@each_with_a_trigger
async def test_looks_while_reading_and_not_after(
    make: Callable[[], ScannerEmulator], framing: FramingName
) -> None:
    with make() as emulator:
        scanner = driver(emulator, framing)
        await scanner.connect()
        assert not emulator.is_looking
        reading = asyncio.create_task(scanner.read_code(within_s=0.5))
        await until(lambda: emulator.is_looking)
        assert await reading == NothingShown()
        await until(lambda: not emulator.is_looking)
        assert emulator.begun == 1
        assert emulator.unknown == []
        await scanner.close()


@each_with_a_trigger
async def test_cancelled_it_looks_away(
    make: Callable[[], ScannerEmulator], framing: FramingName
) -> None:
    with make() as emulator:
        scanner = driver(emulator, framing)
        reading = asyncio.create_task(scanner.read_code(within_s=30))
        await until(lambda: emulator.is_looking)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        await until(lambda: not emulator.is_looking)
        await scanner.close()


@each_with_a_trigger
async def test_listening_looks_again_after_each_code_and_not_after_the_last(
    make: Callable[[], ScannerEmulator], framing: FramingName
) -> None:
    with make() as emulator:
        scanner = driver(emulator, framing)
        texts: list[str] = []
        async with aclosing(scanner.listen()) as scans:
            for text in ("一", "二", "三"):
                following = asyncio.ensure_future(anext(scans))
                await until(lambda: emulator.is_looking)
                await asyncio.to_thread(emulator.show, text)
                texts.append((await asyncio.wait_for(following, 20)).text)
        assert texts == ["一", "二", "三"]
        await until(lambda: not emulator.is_looking)
        await scanner.close()


async def test_a_reading_that_ends_by_itself_is_begun_again() -> None:
    with NewlandScannerEmulator() as emulator:
        scanner = driver(emulator, "newland")
        reading = asyncio.create_task(scanner.read_code(within_s=60))
        await until(lambda: emulator.begun >= 3)
        scan = await hold_until_read(reading, lambda: emulator.show("late"))
        assert isinstance(scan, Scan)
        assert scan.text == "late"
        await scanner.close()


@pytest.mark.parametrize("framing", ["newland", "ssi"])
async def test_a_scanner_that_does_not_acknowledge_is_silent(framing: FramingName) -> None:
    with LineScannerEmulator() as deaf:
        scanner = driver(deaf, framing)
        await scanner.connect()
        status = await scanner.status()
        assert (status.device, status.fault) == (DeviceStatus.OFFLINE, FaultCode.DEVICE_SILENT)
        with pytest.raises(DeviceSilent):
            await scanner.read_code(within_s=5)
        await scanner.close()


async def test_a_honeywell_that_answers_no_question_is_offline() -> None:
    with HoneywellScannerEmulator() as emulator:
        scanner = driver(emulator, "honeywell")
        assert (await scanner.status()).device is DeviceStatus.ONLINE
        emulator.is_mute = True
        assert (await scanner.status()).fault is FaultCode.DEVICE_SILENT
        assert emulator.flash_writes == 0
        assert emulator.unknown == []  # it is asked for something it has
        await scanner.close()


async def test_a_scanner_that_refuses_its_trigger_is_broken_and_said_to_be() -> None:
    with NewlandScannerEmulator() as emulator:
        emulator.refuses = True
        scanner = driver(emulator, "newland")
        with pytest.raises(DeviceBroken, match="1b 31"):
            await scanner.read_code(within_s=5)
        await scanner.close()


async def test_an_ssi_scanner_that_was_left_disabled_is_enabled() -> None:
    with SsiScannerEmulator() as emulator:
        emulator.disable()
        scanner = driver(emulator, "ssi")
        reading = asyncio.create_task(scanner.read_code(within_s=20))
        assert isinstance(await hold_until_read(reading, lambda: emulator.show("x")), Scan)
        await scanner.close()


@pytest.mark.parametrize(("spoilt", "deaf"), [(1, 0), (0, 1), (1, 1)])
async def test_spoilt_packets_and_lost_acknowledgements_cost_no_code_and_double_none(
    spoilt: int, deaf: int
) -> None:
    with SsiScannerEmulator(answer_s=0.5) as emulator:
        scanner = driver(emulator, "ssi")
        scans: asyncio.Queue[str] = asyncio.Queue()

        async def listen() -> None:
            async for scan in scanner.listen():
                await scans.put(scan.text)

        listening = asyncio.create_task(listen())
        for text in ("first", "second"):
            await until(lambda: emulator.is_looking)
            emulator.spoilt, emulator.deaf = spoilt, deaf
            await asyncio.to_thread(emulator.show, text)
            assert await asyncio.wait_for(scans.get(), 20) == text
        assert scans.empty()
        listening.cancel()
        await asyncio.wait([listening])
        assert emulator.lost == []
        await scanner.close()


@each_with_a_trigger
async def test_babble_is_a_fault_and_the_next_code_is_read(
    make: Callable[[], ScannerEmulator], framing: FramingName
) -> None:
    with make() as emulator:
        scanner = driver(emulator, framing)
        await scanner.connect()
        reading = asyncio.create_task(scanner.read_code(within_s=60))
        await until(lambda: emulator.is_looking)
        while not reading.done():
            await asyncio.to_thread(emulator.babble, b"\x55" * 3000)
        with pytest.raises(DeviceFault, match="D103"):
            await reading
        again = asyncio.create_task(scanner.read_code(within_s=30))
        assert isinstance(await hold_until_read(again, lambda: emulator.show("x")), Scan)
        await scanner.close()
