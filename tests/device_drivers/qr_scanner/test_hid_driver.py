"""The driver on an input device of its own: grabbed, so that no key reaches anybody else."""

import asyncio
import errno
import fcntl
import math
import os
import struct
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import evdev
import pytest

from device_drivers.errors import DeviceGarbled, DeviceMissing, DeviceSilent
from device_drivers.ports import Port
from device_drivers.qr_scanner.emulator.keyboard import KeyboardScannerEmulator
from device_drivers.qr_scanner.hid_driver import HidQrScanner
from device_drivers.qr_scanner.interface import NothingShown, Scan
from device_drivers.status import DeviceStatus
from tests.device_drivers.qr_scanner.holding import Looking, hold_until_read, in_time, until

pytestmark = pytest.mark.skipif(
    not KeyboardScannerEmulator.is_possible(), reason="needs root and /dev/fuse"
)
_EVIOCGRAB = 0x40044590  # linux/input.h


@pytest.fixture
def emulator() -> Iterator[KeyboardScannerEmulator]:
    with KeyboardScannerEmulator() as running:
        yield running


@pytest.fixture
async def scanner(emulator: KeyboardScannerEmulator) -> AsyncIterator[HidQrScanner]:
    made = HidQrScanner(Port.parse(emulator.port))
    await made.connect()
    yield made
    await made.close()


@pytest.fixture
async def looking(scanner: HidQrScanner, monkeypatch: pytest.MonkeyPatch) -> Looking:
    return Looking(scanner, monkeypatch)


def node_of(emulator: KeyboardScannerEmulator) -> str:
    return emulator.port.removeprefix("evdev:")


async def test_the_keyboard_is_ours_from_connect_to_close(
    scanner: HidQrScanner, emulator: KeyboardScannerEmulator
) -> None:
    grabbed = [emulator.is_grabbed]
    await scanner.close()
    assert [*grabbed, emulator.is_grabbed] == [True, False]


async def test_no_key_reaches_another_reader_while_it_is_ours_and_every_key_does_afterwards(
    scanner: HidQrScanner, emulator: KeyboardScannerEmulator
) -> None:
    other = os.open(node_of(emulator), os.O_RDONLY | os.O_NONBLOCK)
    try:
        reading = asyncio.create_task(scanner.read_code(within_s=20))
        assert await hold_until_read(reading, lambda: emulator.show("secret")) == Scan(
            text="secret", raw=b"secret"
        )
        emulator.show("shown to nobody")
        assert emulator.openers == 2
        with pytest.raises(BlockingIOError):
            os.read(other, 4096)
        await scanner.close()
        emulator.show("to the text field")
        assert emulator.openers == 1
        assert os.read(other, 4096)
    finally:
        os.close(other)


async def test_a_keyboard_somebody_else_has_grabbed_is_said_to_be_busy(
    emulator: KeyboardScannerEmulator,
) -> None:
    other = os.open(node_of(emulator), os.O_RDONLY)
    try:
        fcntl.ioctl(other, _EVIOCGRAB, struct.pack("i", 1))
        scanner = HidQrScanner(Port.parse(emulator.port))
        with pytest.raises(DeviceMissing, match=os.strerror(errno.EBUSY)):
            await scanner.connect()
        assert (await scanner.status()).device is DeviceStatus.NO_DEVICE
        await scanner.close()
    finally:
        os.close(other)


@pytest.mark.slow
async def test_what_a_hand_types_is_no_code(
    looking: Looking, emulator: KeyboardScannerEmulator
) -> None:
    async with looking.reading(within_s=2.5) as reading:
        await asyncio.to_thread(emulator.type, "password", key_s=0.2)
        assert await in_time(reading) == NothingShown()


@pytest.mark.slow
@pytest.mark.parametrize("is_open_before", [True, False])
async def test_half_a_code_is_never_taken_for_one_however_slowly_it_is_typed(
    emulator: KeyboardScannerEmulator, *, is_open_before: bool
) -> None:
    scanner = HidQrScanner(Port.parse(emulator.port), key_gap_s=2)
    if is_open_before:
        await scanner.connect()
    emulator.type("SW3703", key_s=0.004, enters=False)
    reading = asyncio.create_task(scanner.read_code(within_s=1))
    await until(lambda: emulator.is_grabbed)
    emulator.type("21202600001", key_s=0.004)
    assert await in_time(reading) == NothingShown()
    await scanner.close()


async def test_with_a_shorter_gap_the_same_rest_is_a_code_of_its_own(
    scanner: HidQrScanner, emulator: KeyboardScannerEmulator
) -> None:
    """The negative control of the test above: it is the gap that joins the halves."""
    emulator.type("SW3703", key_s=0.004, enters=False)
    reading = asyncio.create_task(scanner.read_code(within_s=20))
    rest = await hold_until_read(reading, lambda: emulator.type("21202600001", key_s=0.004))
    assert rest == Scan(text="21202600001", raw=b"21202600001")


STUCK = "device_drivers.qr_scanner.hid_driver.STUCK_S"
NEVER_A_PAUSE_S = 2.0
"""Longer than a busy machine keeps the emulator from its next key."""


@pytest.mark.slow
async def test_a_stuck_key_is_a_fault_and_no_more_when_it_is_free(
    emulator: KeyboardScannerEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(STUCK, 1.0)
    scanner = HidQrScanner(Port.parse(emulator.port), key_gap_s=NEVER_A_PAUSE_S)
    await scanner.connect()
    emulator.stick("w")
    with pytest.raises(DeviceGarbled, match=r"without a pause for 1\.0 s"):
        await asyncio.wait_for(scanner.read_code(within_s=0.1), 30)
    assert (await scanner.status()).device is DeviceStatus.ONLINE
    emulator.free()
    assert await scanner.read_code(within_s=0.1) == NothingShown()
    await scanner.close()


@pytest.mark.slow
async def test_without_its_limit_a_stuck_key_is_waited_for_as_long_as_it_is_stuck(
    emulator: KeyboardScannerEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of the test above: nothing else would end that wait."""
    monkeypatch.setattr(STUCK, math.inf)
    scanner = HidQrScanner(Port.parse(emulator.port), key_gap_s=NEVER_A_PAUSE_S)
    await scanner.connect()
    emulator.stick("w")
    reading = asyncio.create_task(scanner.read_code(within_s=0.1))
    _, waiting = await asyncio.wait([reading], timeout=3)
    assert waiting
    emulator.free()
    assert await asyncio.wait_for(reading, 30) == NothingShown()
    await scanner.close()


@pytest.mark.slow
async def test_a_key_stuck_while_a_code_is_waited_for_ends_no_later_than_the_wait(
    scanner: HidQrScanner, looking: Looking, emulator: KeyboardScannerEmulator
) -> None:
    async with looking.reading(within_s=1) as reading:
        emulator.stick("w")
        assert await in_time(reading) == NothingShown()
    emulator.free()
    again = asyncio.create_task(scanner.read_code(within_s=20))
    assert isinstance(await hold_until_read(again, lambda: emulator.show("after")), Scan)


async def test_listening_leaves_no_code_out(
    looking: Looking, emulator: KeyboardScannerEmulator
) -> None:
    async with looking.listening() as codes:
        for number in range(5):
            emulator.show(f"{number}：税")
        texts = [(await in_time(codes.get())).text for _ in range(5)]
    assert texts == [f"{number}：税" for number in range(5)]


async def test_pulled_out_while_reading_it_is_missing(
    looking: Looking, emulator: KeyboardScannerEmulator
) -> None:
    async with looking.reading(within_s=60) as reading:
        await asyncio.to_thread(emulator.unplug)
        with pytest.raises(DeviceMissing):
            await in_time(reading)


@pytest.fixture
def hang(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Opening an input device hangs in the kernel until this is set."""
    is_let_go = threading.Event()
    open_device = evdev.InputDevice

    def open_late(path: str) -> "evdev.InputDevice[str]":
        is_let_go.wait(120)
        return open_device(path)

    monkeypatch.setattr(evdev, "InputDevice", open_late)
    yield is_let_go
    is_let_go.set()


async def test_a_keyboard_whose_opening_hangs_is_told_in_time_and_collects_nothing(
    emulator: KeyboardScannerEmulator, hang: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device_drivers.qr_scanner.hid_driver.CONNECT_S", 0.05)
    scanner = HidQrScanner(Port.parse(emulator.port))
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(10):
        with pytest.raises(DeviceSilent, match="hangs"):
            await in_time(scanner.connect())
    assert (await in_time(scanner.status())).device is DeviceStatus.OFFLINE
    assert len(os.listdir("/proc/self/fd")) <= before + 2  # the wake pipe of the one that hangs
    monkeypatch.undo()
    hang.set()
    await in_time(scanner.connect())
    assert emulator.is_grabbed
    await scanner.close()


@pytest.mark.usefixtures("hang")
async def test_status_answers_within_its_second_while_the_keyboard_hangs(
    emulator: KeyboardScannerEmulator,
) -> None:
    scanner = HidQrScanner(Port.parse(emulator.port))
    report = await in_time(scanner.status())
    assert (report.device, report.detail) == (DeviceStatus.UNKNOWN, "the port hangs")
    await scanner.close()


async def test_a_file_that_is_no_keyboard_is_missing(tmp_path: Path) -> None:
    (tmp_path / "event0").touch()
    scanner = HidQrScanner(Port.parse(f"evdev:{tmp_path / 'event0'}"))
    with pytest.raises(DeviceMissing):
        await scanner.connect()


@pytest.mark.parametrize("settings", [{"layout": "klingon"}, {"alt_codes": "runes"}])
def test_a_setting_nobody_knows_is_refused(settings: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="layout must be one of us, de"):
        HidQrScanner(Port.parse("evdev:/dev/input/event0"), **settings)  # type: ignore[arg-type]  # a configuration may hold anything
