"""Scanners that pretend to be keyboards, in every way they are set to type; on emulators only."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from device_drivers.ports import Port
from device_drivers.qr_scanner.emulator.keyboard import KeyboardScannerEmulator
from device_drivers.qr_scanner.emulator.keyboard_layouts import Typing
from device_drivers.qr_scanner.hid_driver import HidQrScanner
from device_drivers.qr_scanner.interface import Scan, ScanReading
from device_drivers.qr_scanner.keys import AltCodes, LayoutName
from tests.device_drivers.qr_scanner.holding import Looking, in_time

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not KeyboardScannerEmulator.is_possible(), reason="needs root and /dev/fuse"
    ),
]

PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))
GS1 = "0106901234567892\x1d10SW3703\x1d17291231"
"""FNC1 of a GS1 code comes as the control character GS."""
CODE_POINTS = "完税\U0002cc56\ud7ff\ue000\U0010ffff"
"""A character beyond the first plane, those on either side of the surrogates, and the last."""


@pytest.fixture(scope="module")
def emulator() -> Iterator[KeyboardScannerEmulator]:
    with KeyboardScannerEmulator() as running:
        yield running


class Desk:
    """A scanner in keyboard mode, the driver that listens to it, and a hand that shows codes."""

    def __init__(self, emulator: KeyboardScannerEmulator, monkeypatch: pytest.MonkeyPatch) -> None:
        self._emulator = emulator
        self._monkeypatch = monkeypatch
        self._scanner: HidQrScanner | None = None

    async def set_up(
        self, typing: Typing, *, layout: LayoutName = "us", alt_codes: AltCodes = "bytes"
    ) -> None:
        """Set the scanner to it, and the driver as the technician would."""
        self._emulator.typing = typing
        self._scanner = HidQrScanner(
            Port.parse(self._emulator.port), layout=layout, alt_codes=alt_codes
        )
        await self._scanner.connect()

    async def read(self, text: str, *, after: str | None = None, is_busy: bool = False) -> Scan:
        """What is read first when these are shown, the one before perhaps to a busy host."""
        assert self._scanner is not None
        before = self._emulator.show_to_a_busy_host if is_busy else self._emulator.show
        async with Looking(self._scanner, self._monkeypatch).reading(within_s=20) as reading:
            if after is not None:
                await asyncio.to_thread(before, after)
            await asyncio.to_thread(self._emulator.show, text)
            return scan_of(await in_time(reading))

    async def close(self) -> None:
        if self._scanner is not None:
            await self._scanner.close()


def scan_of(reading: ScanReading) -> Scan:
    assert isinstance(reading, Scan)
    return reading


@pytest.fixture
async def desk(
    emulator: KeyboardScannerEmulator, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Desk]:
    made = Desk(emulator, monkeypatch)
    yield made
    await made.close()


@pytest.mark.parametrize(
    ("typing", "text"),
    [
        (Typing(), GS1),
        (Typing(side="right"), f"{PRINTABLE}{GS1}件民是"),
        (Typing(uses_keypad=True), f"{PRINTABLE}件民是"),
        (Typing(presses_locks=True), "SW3703-完税"),
    ],
    ids=["control characters", "right-hand keys", "keypad", "locks pressed before"],
)
async def test_a_code_is_read_whichever_keys_it_is_typed_with(
    desk: Desk, typing: Typing, text: str
) -> None:
    await desk.set_up(typing)
    assert (await desk.read(text)).text == text


async def test_a_code_is_read_from_a_german_keyboard(desk: Desk) -> None:
    await desk.set_up(Typing(country="de"), layout="de")
    text = f"{PRINTABLE}äöüÄÖÜß§°€µ²³´完税"
    assert (await desk.read(text)).text == text


async def test_a_code_is_read_that_is_typed_as_code_points(desk: Desk) -> None:
    await desk.set_up(Typing(encoding="utf-32-be"), alt_codes="unicode")
    assert (await desk.read(CODE_POINTS)).text == CODE_POINTS


async def test_bytes_that_are_no_text_are_read_as_they_are(desk: Desk) -> None:
    await desk.set_up(Typing(encoding="latin-1"))
    assert (await desk.read("\x80ÿ1")).raw == b"\x80\xff1"


async def test_half_a_character_is_no_code_and_the_next_is_read(desk: Desk) -> None:
    await desk.set_up(Typing(encoding="utf-32-be"), alt_codes="unicode")
    assert (await desk.read("mine", after="SW3703\ud800")).text == "mine"


async def test_a_code_whose_keys_the_kernel_lost_is_no_code_and_the_next_is_read(
    desk: Desk,
) -> None:
    await desk.set_up(Typing())
    assert (await desk.read("mine", after="2" * 60, is_busy=True)).text == "mine"
