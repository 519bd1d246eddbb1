"""The driver against the emulated scanner on a real pty: suffixes, encodings, noise, cables."""

import asyncio
import math
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from device_drivers.errors import DeviceGarbled, DeviceMissing, FaultCode
from device_drivers.ports import Port
from device_drivers.qr_scanner.emulator import LineScannerEmulator
from device_drivers.qr_scanner.framing.arrival import LONGEST_CODE, Arrival, FramingName
from device_drivers.qr_scanner.interface import NothingShown, Scan
from device_drivers.qr_scanner.serial_driver import SerialQrScanner
from device_drivers.status import DeviceStatus
from tests.device_drivers.qr_scanner.holding import Looking, hold_until_read, in_time

pytestmark = pytest.mark.slow
MORE_THAN_A_CODE = b"\x55" * (LONGEST_CODE + 4096)
"""At once: whoever reads late loses none of it, a pty's queue holds some 60 KiB."""


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[LineScannerEmulator]:
    with LineScannerEmulator(tmp_path / "qr_scanner", bytes_per_s=None) as running:
        yield running


@pytest.fixture
async def scanner(emulator: LineScannerEmulator) -> AsyncIterator[SerialQrScanner]:
    made = SerialQrScanner(Port.parse(emulator.port))
    await made.connect()
    yield made
    await made.close()


@pytest.fixture
async def looking(scanner: SerialQrScanner, monkeypatch: pytest.MonkeyPatch) -> Looking:
    return Looking(scanner, monkeypatch)


async def shown(scanner: SerialQrScanner, emulator: LineScannerEmulator, payload: bytes) -> Scan:
    """What the driver reads when these bytes are held in front of the scanner."""
    reading = asyncio.create_task(scanner.read_code(within_s=20))
    scan = await hold_until_read(reading, lambda: emulator.show_bytes(payload))
    assert isinstance(scan, Scan)
    return scan


@pytest.mark.parametrize("suffix", [b"\r", b"\n", b"\r\n", b""])
async def test_every_suffix_is_understood(suffix: bytes) -> None:
    with LineScannerEmulator(suffix=suffix) as emulator:
        scanner = SerialQrScanner(Port.parse(emulator.port))
        await scanner.connect()
        assert (await shown(scanner, emulator, b"SW370321")).raw == b"SW370321"
        await scanner.close()


async def test_a_long_code_at_9600_baud_is_one_code() -> None:
    with LineScannerEmulator(suffix=b"", bytes_per_s=960) as emulator:
        scanner = SerialQrScanner(Port.parse(emulator.port))
        await scanner.connect()
        payload = "长码".encode() * 50
        assert (await shown(scanner, emulator, payload)).raw == payload
        await scanner.close()


async def test_the_symbology_is_told_where_the_scanner_says_it() -> None:
    with LineScannerEmulator(identifies=True) as emulator:
        scanner = SerialQrScanner(Port.parse(emulator.port))
        await scanner.connect()
        assert await shown(scanner, emulator, b"x") == Scan(text="x", raw=b"x", symbology="qr")
        await scanner.close()


async def test_chinese_in_gbk_is_read(
    scanner: SerialQrScanner, emulator: LineScannerEmulator
) -> None:
    assert (await shown(scanner, emulator, "税务通知".encode("gbk"))).text == "税务通知"


async def test_listening_leaves_no_code_out(
    looking: Looking, emulator: LineScannerEmulator
) -> None:
    async with looking.listening() as codes:
        for number in range(5):
            emulator.show(f"code {number}")
        texts = [(await in_time(codes.get())).text for _ in range(5)]
    assert texts == [f"code {number}" for number in range(5)]


async def test_babble_without_end_is_garbled_and_the_next_code_is_read(
    scanner: SerialQrScanner, looking: Looking, emulator: LineScannerEmulator
) -> None:
    async with looking.reading(within_s=20) as reading:
        await asyncio.to_thread(emulator.babble, MORE_THAN_A_CODE)
        with pytest.raises(DeviceGarbled, match=str(LONGEST_CODE)):
            await in_time(reading)
    assert (await shown(scanner, emulator, b"after")).text == "after"


async def test_half_a_code_is_never_taken_for_one(
    emulator: LineScannerEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    scanner = SerialQrScanner(Port.parse(emulator.port), idle_s=2)
    await scanner.connect()
    half_taken = asyncio.Event()
    hear = scanner._hear

    async def spied(within_s: float) -> list[Arrival]:
        arrivals = await hear(within_s)
        half_taken.set()
        return arrivals

    monkeypatch.setattr(scanner, "_hear", spied)
    emulator.babble(b"SW3703")
    reading = asyncio.create_task(scanner.read_code(within_s=1))
    await in_time(half_taken.wait())
    emulator.babble(b"21202600001\r\n")
    assert await in_time(reading) == NothingShown()
    await scanner.close()


async def test_a_lone_line_end_is_no_code(looking: Looking, emulator: LineScannerEmulator) -> None:
    async with looking.reading(within_s=1) as reading:
        emulator.show_bytes(b"")
        assert await in_time(reading) == NothingShown()


async def test_a_cable_pulled_shows_at_once_and_plugged_in_again_it_reads(
    scanner: SerialQrScanner, looking: Looking, emulator: LineScannerEmulator
) -> None:
    async with looking.reading(within_s=60) as reading:
        emulator.unplug()
        with pytest.raises(DeviceMissing):
            await in_time(reading)
    status = await scanner.status()
    assert (status.device, status.fault) == (DeviceStatus.NO_DEVICE, FaultCode.DEVICE_MISSING)
    emulator.plug()
    assert (await scanner.status()).device is DeviceStatus.ONLINE
    assert (await shown(scanner, emulator, b"again")).text == "again"


async def test_status_sees_a_cable_pulled_while_nobody_reads(
    scanner: SerialQrScanner, emulator: LineScannerEmulator
) -> None:
    assert (await scanner.status()).device is DeviceStatus.ONLINE
    emulator.unplug()
    assert (await scanner.status()).device is DeviceStatus.NO_DEVICE


async def test_status_leaves_the_bytes_of_a_code_alone(
    emulator: LineScannerEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    scanner = SerialQrScanner(Port.parse(emulator.port), idle_s=2)
    await scanner.connect()
    expected = Scan(text="first half, second half", raw=b"first half, second half")
    async with Looking(scanner, monkeypatch).reading(within_s=20) as reading:
        emulator.babble(b"first half, ")
        await in_time(scanner.status())
        emulator.babble(b"second half\r\n")
        assert await in_time(reading) == expected
    await scanner.close()


async def test_a_scan_shows_nothing_of_its_text_when_printed(
    scanner: SerialQrScanner, emulator: LineScannerEmulator
) -> None:
    assert "370321" not in repr(await shown(scanner, emulator, b"370321"))


@pytest.fixture
async def by_line(emulator: LineScannerEmulator) -> AsyncIterator[SerialQrScanner]:
    # a silence this long would keep a driver that waits for it from answering in time
    made = SerialQrScanner(Port.parse(emulator.port), framing="line", idle_s=30)
    await made.connect()
    yield made
    await made.close()


@pytest.fixture
async def looking_by_line(by_line: SerialQrScanner, monkeypatch: pytest.MonkeyPatch) -> Looking:
    return Looking(by_line, monkeypatch)


async def test_by_line_a_line_end_is_enough_and_a_pause_inside_a_code_does_no_harm(
    looking_by_line: Looking, emulator: LineScannerEmulator
) -> None:
    expected = Scan(text="first half, second half", raw=b"first half, second half")
    async with looking_by_line.reading(within_s=20) as reading:
        emulator.babble(b"first half, ")
        await asyncio.sleep(0.3)
        emulator.babble(b"second half\r")
        assert await in_time(reading) == expected


async def test_by_silence_the_same_pause_parts_the_code_in_two(
    looking: Looking, emulator: LineScannerEmulator
) -> None:
    """The negative control of the test above: the two framings are not the same."""
    async with looking.reading(within_s=20) as reading:
        emulator.babble(b"first half, ")
        assert await in_time(reading) == Scan(text="first half, ", raw=b"first half, ")


async def test_by_line_a_code_without_a_line_end_is_none(
    looking_by_line: Looking, emulator: LineScannerEmulator
) -> None:
    async with looking_by_line.reading(within_s=1) as reading:
        emulator.babble(b"no end")
        assert await in_time(reading) == NothingShown()


async def test_by_line_listening_leaves_no_code_out_however_the_bytes_come(
    looking_by_line: Looking, emulator: LineScannerEmulator
) -> None:
    async with looking_by_line.listening() as codes:
        for piece in (b"a\r", b"\nb\r\nc", b"d\n", b"e\rf\r\n"):
            emulator.babble(piece)
            await asyncio.sleep(0.05)
        texts = [(await in_time(codes.get())).text for _ in range(5)]
    assert texts == ["a", "b", "cd", "e", "f"]


async def test_by_line_babble_without_a_line_end_is_garbled(
    looking_by_line: Looking, emulator: LineScannerEmulator
) -> None:
    async with looking_by_line.reading(within_s=20) as reading:
        await asyncio.to_thread(emulator.babble, MORE_THAN_A_CODE)
        with pytest.raises(DeviceGarbled):
            await in_time(reading)


@pytest.mark.parametrize("framing", ["line", "auto"])
async def test_the_tail_of_a_code_shown_while_the_port_is_opened_is_none(
    framing: FramingName, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its head went by before anybody listened; the next code is read whole."""
    with LineScannerEmulator(suffix=b"\r\n", bytes_per_s=40) as slow:
        showing = asyncio.create_task(asyncio.to_thread(slow.show, "TAX1:370321:20261100042317"))
        await asyncio.sleep(0.3)
        scanner = SerialQrScanner(Port.parse(slow.port), framing=framing, idle_s=0.4)
        assert await in_time(scanner.read_code(within_s=0.5)) == NothingShown()
        await in_time(showing)
        async with Looking(scanner, monkeypatch).reading(within_s=20) as reading:
            await asyncio.to_thread(slow.show, "SW370321")
            assert await in_time(reading) == Scan(text="SW370321", raw=b"SW370321")
        await scanner.close()


@asynccontextmanager
async def shown_for_ever(emulator: LineScannerEmulator) -> AsyncIterator[None]:
    """One code after the other before the scanner, faster than any hand."""

    async def go_on() -> None:
        while True:
            await asyncio.sleep(0.02)
            await asyncio.to_thread(emulator.show, "SW370321202600001")

    await asyncio.to_thread(emulator.show, "SW370321202600001")
    showing = asyncio.create_task(go_on())
    yield
    showing.cancel()
    await asyncio.wait([showing])


BURST = "device_drivers.qr_scanner.serial_driver.LONGEST_BURST_S"
NEVER_A_PAUSE_S = 2.0
"""Longer than a busy machine keeps the emulator from its next code."""


@pytest.mark.slow
async def test_codes_without_a_pause_are_a_fault_and_no_more_when_they_end(
    emulator: LineScannerEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BURST, 1.0)
    scanner = SerialQrScanner(Port.parse(emulator.port), framing="line", idle_s=NEVER_A_PAUSE_S)
    await scanner.connect()
    async with shown_for_ever(emulator):
        with pytest.raises(DeviceGarbled, match=r"codes without a pause for 1\.0 s"):
            await asyncio.wait_for(scanner.read_code(within_s=20), 30)
        assert (await scanner.status()).device is DeviceStatus.ONLINE
    assert await asyncio.wait_for(scanner.read_code(within_s=0.1), 30) == NothingShown()
    await scanner.close()


@pytest.mark.slow
async def test_without_their_limit_codes_without_a_pause_are_waited_for_as_long_as_they_come(
    emulator: LineScannerEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of the test above: nothing else would end that wait."""
    monkeypatch.setattr(BURST, math.inf)
    scanner = SerialQrScanner(Port.parse(emulator.port), framing="line", idle_s=NEVER_A_PAUSE_S)
    await scanner.connect()
    async with shown_for_ever(emulator):
        reading = asyncio.create_task(scanner.read_code(within_s=0.1))
        _, waiting = await asyncio.wait([reading], timeout=3)
        assert waiting
    assert await asyncio.wait_for(reading, 30) == NothingShown()
    await scanner.close()


def test_a_framing_nobody_speaks_is_refused() -> None:
    with pytest.raises(ValueError, match="auto, line, newland"):
        SerialQrScanner(Port.parse("serial:/dev/x"), framing="morse")  # type: ignore[arg-type]  # a configuration may hold anything
