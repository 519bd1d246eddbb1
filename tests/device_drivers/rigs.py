"""Every device on its emulator, all alike: for tests of supervision, endurance and recovery."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    nullcontext,
)
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from device_drivers.cabinet.emulator import CabinetEmulator
from device_drivers.device import Device
from device_drivers.document_camera.emulator import DocumentCameraEmulator
from device_drivers.document_printer.emulator import PrivatePrinting
from device_drivers.id_card_reader.driver import SamVIdCardReader
from device_drivers.id_card_reader.emulator import SamVEmulator
from device_drivers.id_card_reader.usb_emulator import UsbWire
from device_drivers.ports import Port
from device_drivers.power_supply.emulator import PowerSupplyEmulator
from device_drivers.qr_scanner.emulator import LineScannerEmulator
from device_drivers.qr_scanner.emulator.camera import CameraScannerEmulator
from device_drivers.qr_scanner.emulator.keyboard import KeyboardScannerEmulator
from device_drivers.receipt_printer.emulator import ReceiptPrinterEmulator
from device_drivers.registry import make_device
from device_drivers.social_security_card.private_pcscd import READER_NAME, PrivatePcscd
from device_drivers.status import DeviceKind, DeviceStatus
from tests.device_drivers.social_security_card.virtual_slot import pcscd_directory
from tests.device_drivers.waiting import until

IS_NIGHT = os.environ.get("NIGHTLY") == "1"
"""`make nightly` has hours; `make test` has minutes, so the slow wires are pulled less often."""


@dataclass(frozen=True, slots=True)
class Rig:
    """One driver, and the cable between it and its device."""

    device: Device
    unplug: Callable[[], Awaitable[None]]
    plug: Callable[[], Awaitable[None]]


RigMaker = Callable[[Path], AbstractAsyncContextManager[Rig]]
"""Makes one in a folder of its own; the device and its emulator end with the context."""


class Cabled(Protocol):
    """What every emulator has that lives in threads or a process of its own."""

    @property
    def port(self) -> str: ...
    def unplug(self) -> None: ...
    def plug(self) -> None: ...


def rig_of(
    kind: DeviceKind,
    model: str,
    make: Callable[[Path], AbstractContextManager[Cabled]],
    **settings: object,
) -> RigMaker:
    """A device of the registry on the emulator that `make` makes in a folder."""

    @asynccontextmanager
    async def rig(folder: Path) -> AsyncIterator[Rig]:
        with make(folder) as emulator:
            device = make_device(kind, model, Port.parse(emulator.port), **settings)
            async with held(device, in_thread(emulator.unplug), in_thread(emulator.plug)) as made:
                yield made

    return rig


@asynccontextmanager
async def held(
    device: Device, unplug: Callable[[], Awaitable[None]], plug: Callable[[], Awaitable[None]]
) -> AsyncIterator[Rig]:
    """The rig, until its test is over, however that ends."""
    try:
        yield Rig(device, unplug, plug)
    finally:
        await device.close()


@asynccontextmanager
async def id_card_reader_on_usb(folder: Path) -> AsyncIterator[Rig]:
    """SAM_V on USB, below pyusb."""
    del folder
    wires: list[UsbWire] = []

    def make_wire(on_bytes: Callable[[bytes], None]) -> UsbWire:
        wires.append(UsbWire(on_bytes))
        return wires[-1]

    with SamVEmulator(make_wire=make_wire) as emulator:
        device = SamVIdCardReader(Port.parse(emulator.port), usb_backend=wires[0].backend)
        async with held(device, in_thread(emulator.unplug), in_thread(emulator.plug)) as rig:
            yield rig


@asynccontextmanager
async def social_security_card(folder: Path) -> AsyncIterator[Rig]:
    """A virtual reader under a real pcscd."""
    del folder
    with PrivatePcscd(pcscd_directory()) as pcscd:
        os.environ.update(pcscd.environment)
        device = make_device(
            DeviceKind.SOCIAL_SECURITY_CARD, "sssc", Port.parse(f"pcsc:{READER_NAME}")
        )
        unplug, plug = in_thread(pcscd.unplug_reader), in_thread(pcscd.plug_reader)
        async with held(device, unplug, plug) as rig:
            yield rig


@asynccontextmanager
async def receipt_printer(folder: Path) -> AsyncIterator[Rig]:
    """ESC/POS over TCP."""
    del folder
    emulator = ReceiptPrinterEmulator(mm_per_s=None)
    await emulator.start()
    try:
        device = make_device(DeviceKind.RECEIPT_PRINTER, "escpos", Port.parse(emulator.port))
        async with held(device, emulator.unplug, emulator.plug) as rig:
            yield rig
    finally:
        await emulator.stop()


@asynccontextmanager
async def power_supply(folder: Path) -> AsyncIterator[Rig]:
    """NUT's own upsd and dummy-ups; its processes end with the thread that started them."""
    del folder
    with PowerSupplyEmulator() as emulator:
        device = make_device(DeviceKind.POWER_SUPPLY, "nut", Port.parse(emulator.port))
        await until(device.status, lambda seen: seen.device is DeviceStatus.ONLINE)
        async with held(device, here(emulator.unplug), here(emulator.plug)) as rig:
            yield rig


@asynccontextmanager
async def document_printer(folder: Path) -> AsyncIterator[Rig]:
    """ippeveprinter under a CUPS of our own."""
    del folder
    with PrivatePrinting() as printing:
        device = make_device(
            DeviceKind.DOCUMENT_PRINTER, "cups", Port.parse(printing.port), **printing.settings
        )
        async with held(device, in_thread(printing.unplug), in_thread(printing.plug)) as rig:
            yield rig


def here(act: Callable[[], None]) -> Callable[[], Awaitable[None]]:
    """The hand of an emulator that belongs to this thread."""

    async def done() -> None:
        act()

    return done


def in_thread(act: Callable[[], None]) -> Callable[[], Awaitable[None]]:
    """The hand of an emulator that lives in threads."""

    async def done() -> None:
        await asyncio.to_thread(act)

    return done


def lines(folder: Path) -> LineScannerEmulator:
    """A scanner that sends plain lines."""
    return LineScannerEmulator(folder / "scanner", bytes_per_s=None)


RIGS: Mapping[str, RigMaker] = {
    "id_card_reader": rig_of(
        DeviceKind.ID_CARD_READER,
        "sam_v",
        lambda folder: SamVEmulator(folder / "id_card", bytes_per_s=None),
    ),
    "id_card_reader_on_usb": id_card_reader_on_usb,
    "social_security_card": social_security_card,
    "qr_scanner": rig_of(DeviceKind.QR_SCANNER, "line", lines, framing="line"),
    "document_camera": rig_of(
        DeviceKind.DOCUMENT_CAMERA,
        "opencv",
        lambda folder: nullcontext(DocumentCameraEmulator(folder / "desk")),
    ),
    "receipt_printer": receipt_printer,
    # Nobody says what this one speaks: each opening asks, and waits for no answer.
    "qr_scanner_to_be_found_out": rig_of(DeviceKind.QR_SCANNER, "line", lines),
    # Keys of a FUSE input device; root only, as the scanner's own tests.
    "qr_scanner_as_keyboard": rig_of(
        DeviceKind.QR_SCANNER, "hid", lambda _: KeyboardScannerEmulator()
    ),
    "qr_scanner_as_camera": rig_of(
        DeviceKind.QR_SCANNER, "camera", lambda _: CameraScannerEmulator()
    ),
    "cabinet": rig_of(
        DeviceKind.CABINET, "modbus_rtu", lambda folder: CabinetEmulator(folder / "cabinet")
    ),
    "power_supply": power_supply,
    "document_printer": document_printer,
}

SLOW_CABLES: frozenset[str] = frozenset(
    {
        "document_camera",
        "qr_scanner_to_be_found_out",
        "qr_scanner_as_keyboard",
        "cabinet",
        "power_supply",
        "document_printer",
    }
)
"""Pulling or opening these takes from a tenth of a second to several seconds each time."""
