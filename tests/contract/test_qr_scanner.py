"""What every QR scanner promises; the same for the emulator and, on a bench, for hardware."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final, Literal, Protocol, Self

import pytest
import segno

from device_drivers.errors import DeviceFault, DeviceMissing
from device_drivers.ports import Port
from device_drivers.qr_scanner.camera_driver import CameraQrScanner
from device_drivers.qr_scanner.emulator import (
    HoneywellScannerEmulator,
    LineScannerEmulator,
    NewlandScannerEmulator,
    ScannerEmulator,
    SsiScannerEmulator,
)
from device_drivers.qr_scanner.emulator.camera import CameraScannerEmulator
from device_drivers.qr_scanner.emulator.keyboard import KeyboardScannerEmulator
from device_drivers.qr_scanner.framing.arrival import FramingName
from device_drivers.qr_scanner.hid_driver import HidQrScanner
from device_drivers.qr_scanner.interface import NothingShown, QrScanner, Scan, ScanReading
from device_drivers.qr_scanner.serial_driver import SerialQrScanner
from device_drivers.registry import MODELS, make_device
from device_drivers.status import DeviceKind, DeviceStatus
from tests.conftest import Technician
from tests.device_drivers.qr_scanner.holding import Looking, ended, hold_until_read, in_time, until

DEVICE: Final[Literal[DeviceKind.QR_SCANNER]] = DeviceKind.QR_SCANNER

LONGEST_CHINESE = "税" * 984
"""As much as a version 40 code of level L holds in UTF-8: 2952 of its 2953 bytes."""

EVERY_KEY = f"件{''.join(map(chr, range(0x20, 0x7F)))}民是"
"""All that is printable, and characters whose numbers in GB18030 have every digit between them."""


class Hand(Protocol):
    """Holds a QR code in front of the scanner, and sees to its cable."""

    takes_s: float
    """How long it may take until a code is before the scanner."""

    async def show(self, text: str) -> None:
        """Hold it there and take it away again, whether it is read or not."""

    async def hold(self, text: str, reading: "asyncio.Task[ScanReading]") -> ScanReading:
        """Hold it there until it was read."""

    async def pull_the_cable(self) -> None: ...
    async def put_the_cable_back(self) -> None: ...


class Emulator(Protocol):
    """What the emulators of every kind of scanner have."""

    @property
    def port(self) -> str: ...
    def show(self, text: str) -> None: ...
    def unplug(self) -> None: ...
    def plug(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *error: object) -> None: ...


class EmulatorsHand:
    """The hand in front of the emulated scanner."""

    takes_s = 0.0

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    async def show(self, text: str) -> None:
        await asyncio.to_thread(self._emulator.show, text)

    async def hold(self, text: str, reading: "asyncio.Task[ScanReading]") -> ScanReading:
        return await hold_until_read(reading, lambda: self._emulator.show(text))

    async def pull_the_cable(self) -> None:
        await asyncio.to_thread(self._emulator.unplug)

    async def put_the_cable_back(self) -> None:
        await asyncio.to_thread(self._emulator.plug)


class TechniciansHand:
    """The hand of a person before a real scanner, with pictures of codes to print or to show."""

    takes_s = 900.0
    """A picture has to be found and printed; half of what a test has on hardware."""

    def __init__(self, technician: Technician, folder: Path) -> None:
        self._technician = technician
        self._folder = folder
        self._drawn = 0

    async def show(self, text: str) -> None:
        words = f"Hold the code of {self._draw(text)} before the scanner and take it away again"
        await self._technician.please(words)

    async def hold(self, text: str, reading: "asyncio.Task[ScanReading]") -> ScanReading:
        file = self._draw(text)
        try:
            await self._technician.please(
                f"Hold the code of {file} before the scanner until it is read"
            )
            return await in_time(reading)
        finally:
            await ended(reading)  # who cannot do it leaves nobody reading

    async def pull_the_cable(self) -> None:
        await self._technician.please("Pull the scanner's cable")

    async def put_the_cable_back(self) -> None:
        await self._technician.please("Put the scanner's cable back and wait five seconds")

    def _draw(self, text: str) -> Path:
        """A picture of the code; drawn as UTF-8, in the smallest version it fits into."""
        self._drawn += 1
        file = self._folder / f"code-{self._drawn}.png"
        segno.make(text, encoding="utf-8", micro=False).save(str(file), scale=8, border=4)
        return file


def serial(framing: FramingName) -> Callable[[Port], QrScanner]:
    return lambda port: SerialQrScanner(port, framing=framing)


ssi = partial(SsiScannerEmulator, answer_s=0.5)
framed = partial(LineScannerEmulator, prefix=b"\x02", suffix=b"\x03")
old_newland = partial(NewlandScannerEmulator, is_old=True)

EVERY_SCANNER: dict[str, tuple[Callable[[], Emulator], Callable[[Port], QrScanner]]] = {
    "lines told by silence": (LineScannerEmulator, serial("auto")),
    "no suffix": (partial(LineScannerEmulator, suffix=b""), serial("auto")),
    "STX … ETX": (framed, serial("auto")),
    "lines": (LineScannerEmulator, serial("line")),
    "STX … ETX by line": (framed, serial("line")),
    "Newland": (NewlandScannerEmulator, serial("newland")),
    "old Newland": (old_newland, serial("newland")),
    "Honeywell": (HoneywellScannerEmulator, serial("honeywell")),
    "SSI": (ssi, serial("ssi")),
    "Newland found out": (NewlandScannerEmulator, serial("auto")),
    "old Newland found out": (old_newland, serial("auto")),
    "Honeywell found out": (HoneywellScannerEmulator, serial("auto")),
    "SSI found out": (ssi, serial("auto")),
    "keyboard": (KeyboardScannerEmulator, HidQrScanner),
    "camera": (CameraScannerEmulator, CameraQrScanner),
}
needs_fuse = pytest.mark.skipif(
    not KeyboardScannerEmulator.is_possible(), reason="needs root and /dev/fuse"
)

_SOON = ("lines",)
"""Run by `make check`; the others wait for `make test`."""


EMULATED = (
    *_SOON,
    pytest.param("keyboard", marks=[needs_fuse, pytest.mark.slow]),
    *(
        pytest.param(name, marks=pytest.mark.slow)
        for name in EVERY_SCANNER
        if name not in {*_SOON, "keyboard"}
    ),
)
"""In place of one emulator; on hardware there is whatever scanner is there."""

Stand = tuple[QrScanner, Hand]


@pytest.fixture
async def stand(
    stand_kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[Stand]:
    """A scanner with nothing before it, not connected yet, and the hand beside it."""
    async with STANDS[stand_kind](request, tmp_path) as standing:
        yield standing


@asynccontextmanager
async def emulated(
    request: pytest.FixtureRequest, folder: Path, *, name: str
) -> AsyncIterator[Stand]:
    del request, folder
    make, driver_at = EVERY_SCANNER[name]
    with make() as emulator:
        yield driver_at(Port.parse(emulator.port)), EmulatorsHand(emulator)


@asynccontextmanager
async def real(request: pytest.FixtureRequest, folder: Path) -> AsyncIterator[Stand]:
    technician: Technician = request.getfixturevalue("technician")
    port: Port = request.getfixturevalue("hardware_port")
    await technician.please("See that the scanner's cable is in and nothing is before it")
    yield make_device(DEVICE, model_at(port), port), TechniciansHand(technician, folder)


def model_at(port: Port) -> str:
    """The kind of scanner that is reached in this way; where none is, one that refuses it."""
    models = (
        name
        for (kind, name), model in MODELS.items()
        if kind is DEVICE and port.scheme in model.ports
    )
    return next(models, "line")


STANDS: Final[Mapping[str, Callable[..., AbstractAsyncContextManager[Stand]]]] = {
    **{name: partial(emulated, name=name) for name in EVERY_SCANNER},
    "hardware": real,
}


@pytest.fixture
def hand(stand: Stand) -> Hand:
    return stand[1]


@pytest.fixture
async def scanner(stand: Stand) -> AsyncIterator[QrScanner]:
    made, _ = stand
    await made.connect()
    yield made
    await made.close()


async def test_says_so_when_nothing_is_shown(scanner: QrScanner) -> None:
    assert await scanner.read_code(within_s=0.2) == NothingShown()
    assert (await scanner.status()).device is DeviceStatus.ONLINE


@pytest.mark.parametrize(
    "text",
    ["https://example.cn/t?n=1&m=完税", EVERY_KEY, LONGEST_CHINESE],
    ids=["address", "every key", "longest"],
)
async def test_reads_what_is_shown(scanner: QrScanner, hand: Hand, text: str) -> None:
    reading = asyncio.create_task(scanner.read_code(within_s=30 + hand.takes_s))
    scan = await hand.hold(text, reading)
    assert isinstance(scan, Scan)
    assert scan.text == text


async def test_what_was_shown_before_is_discarded(scanner: QrScanner, hand: Hand) -> None:
    await hand.show("of the citizen before")
    reading = asyncio.create_task(scanner.read_code(within_s=20 + hand.takes_s))
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
    reading = asyncio.create_task(scanner.read_code(within_s=20 + hand.takes_s))
    scan = await hand.hold("again", reading)
    assert isinstance(scan, Scan)
    assert scan.raw == b"again"


async def test_a_cable_pulled_and_plugged_in_again_is_read_from_within_ten_seconds(
    scanner: QrScanner, hand: Hand
) -> None:
    await hand.pull_the_cable()
    assert (await scanner.status()).device is DeviceStatus.NO_DEVICE
    with pytest.raises(DeviceMissing):
        await scanner.read_code(within_s=1)
    await hand.put_the_cable_back()
    assert (await scanner.status()).device is DeviceStatus.ONLINE
    reading = asyncio.create_task(scanner.read_code(within_s=10 + hand.takes_s))
    assert isinstance(await hand.hold("again", reading), Scan)


@pytest.mark.parametrize("suffix", [b"\r", b"\n", b"\r\n"], ids=["CR", "LF", "CR LF"])
@pytest.mark.parametrize("framing", [pytest.param("auto", marks=pytest.mark.slow), "line"])
async def test_a_code_is_read_whichever_line_end_stands_behind_it(
    framing: FramingName, suffix: bytes
) -> None:
    with LineScannerEmulator(suffix=suffix) as emulator:
        scanner = serial(framing)(Port.parse(emulator.port))
        reading = asyncio.create_task(scanner.read_code(within_s=20))
        scan = await hold_until_read(reading, lambda: emulator.show("0123456789"))
        assert isinstance(scan, Scan)
        assert (scan.raw, scan.symbology) == (b"0123456789", "unknown")
        await scanner.close()


@pytest.mark.parametrize(
    ("make", "framing"),
    [
        (LineScannerEmulator, "line"),
        pytest.param(LineScannerEmulator, "auto", marks=pytest.mark.slow),
        pytest.param(NewlandScannerEmulator, "newland", marks=pytest.mark.slow),
        pytest.param(HoneywellScannerEmulator, "honeywell", marks=pytest.mark.slow),
        pytest.param(SsiScannerEmulator, "ssi", marks=pytest.mark.slow),
    ],
)
async def test_what_a_bad_contact_sends_between_lines_is_no_code_nor_part_of_one(
    make: Callable[[], ScannerEmulator], framing: FramingName, monkeypatch: pytest.MonkeyPatch
) -> None:
    with make() as emulator:
        scanner = SerialQrScanner(Port.parse(emulator.port), framing=framing)
        await scanner.connect()
        async with Looking(scanner, monkeypatch).reading(within_s=20) as reading:
            await until(lambda: emulator.is_looking)
            await asyncio.to_thread(emulator.rub)
            await asyncio.to_thread(emulator.show, "SW3703")
            scan = await in_time(reading)
        assert isinstance(scan, Scan)
        assert scan.raw == b"SW3703"
        await scanner.close()


LONGEST_CODE_BYTES = 8192
"""With its identifier, as the drivers' README has it: more than any symbology can hold."""


@pytest.mark.slow
async def test_lines_are_read_up_to_the_longest_and_one_byte_more_is_a_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with LineScannerEmulator() as emulator:
        scanner = SerialQrScanner(Port.parse(emulator.port), framing="line")
        await scanner.connect()
        looking = Looking(scanner, monkeypatch)
        for shown in (b"7" * LONGEST_CODE_BYTES, b"after it"):
            async with looking.reading(within_s=20) as reading:
                await asyncio.to_thread(emulator.show_bytes, shown)
                scan = await in_time(reading)
            assert isinstance(scan, Scan)
            assert scan.raw == shown
        async with looking.reading(within_s=20) as reading:
            await asyncio.to_thread(emulator.show_bytes, b"7" * (LONGEST_CODE_BYTES + 1))
            with pytest.raises(DeviceFault, match="D103"):
                await in_time(reading)
        async with looking.reading(within_s=20) as reading:
            await asyncio.to_thread(emulator.show, "mine")
            assert isinstance(await in_time(reading), Scan)
        await scanner.close()


BY_AIM_IDENTIFIER: Mapping[str, str] = {
    **{"]A0": "code39", "]C0": "code128", "]E0": "ean13", "]E4": "ean8", "]F0": "codabar"},
    **{"]G0": "code93", "]I0": "itf", "]L2": "pdf417", "]Q1": "qr", "]U0": "maxicode"},
    **{"]d2": "datamatrix", "]e0": "databar", "]j0": "rmqr", "]z0": "aztec"},
}
"""ISO/IEC 15424, and our words for them."""
BY_CODE_TYPE = {
    **{name: word for name, word in BY_AIM_IDENTIFIER.items() if name != "]j0"},
    **{"]C1": "code128", "]X0": "unknown"},
    **{"UPC-A": "ean13", "DataBar Limited": "databar", "DataBar Expanded": "databar"},
}
"""SSI has a number for each of these but rMQR, one for GS1-128, and some for what an AIM identifier
does not tell apart; what has none is unknown."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("make", "framing", "words"),
    [
        (partial(LineScannerEmulator, identifies=True), "auto", BY_AIM_IDENTIFIER),
        (ssi, "ssi", BY_CODE_TYPE),
    ],
    ids=["AIM identifiers", "SSI"],
)
async def test_what_kind_of_code_it_was_is_told_where_the_scanner_names_it(
    make: Callable[[], ScannerEmulator], framing: FramingName, words: Mapping[str, str]
) -> None:
    told = {}
    with make() as emulator:
        scanner = serial(framing)(Port.parse(emulator.port))
        for name in words:
            reading = asyncio.create_task(scanner.read_code(within_s=20))
            show = partial(emulator.show_bytes, b"0123456789", identifier=name)
            scan = await hold_until_read(reading, show)
            assert isinstance(scan, Scan)
            assert scan.raw == b"0123456789"
            told[name] = scan.symbology
        await scanner.close()
    assert told == words
