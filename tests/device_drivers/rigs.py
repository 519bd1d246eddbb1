"""Every device on its emulator, all alike: for tests of supervision, endurance and recovery."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

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


@asynccontextmanager
async def id_card_reader(folder: Path) -> AsyncIterator[Rig]:
    """SAM_V on a pty."""
    with SamVEmulator(folder / "id_card", bytes_per_s=None) as emulator:
        device = make_device(DeviceKind.ID_CARD_READER, "sam_v", Port.parse(emulator.port))
        yield Rig(device, in_thread(emulator.unplug), in_thread(emulator.plug))
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
        yield Rig(device, in_thread(emulator.unplug), in_thread(emulator.plug))
        await device.close()


@asynccontextmanager
async def social_security_card(folder: Path) -> AsyncIterator[Rig]:
    """A virtual reader under a real pcscd."""
    del folder
    with PrivatePcscd(pcscd_directory()) as pcscd:
        os.environ.update(pcscd.environment)
        device = make_device(
            DeviceKind.SOCIAL_SECURITY_CARD, "sssc", Port.parse(f"pcsc:{READER_NAME}")
        )
        yield Rig(device, in_thread(pcscd.unplug_reader), in_thread(pcscd.plug_reader))
        await device.close()


@asynccontextmanager
async def qr_scanner(folder: Path) -> AsyncIterator[Rig]:
    """Lines on a pty, of a scanner that is known to send them."""
    with LineScannerEmulator(folder / "scanner", bytes_per_s=None) as emulator:
        device = make_device(
            DeviceKind.QR_SCANNER, "line", Port.parse(emulator.port), framing="line"
        )
        yield Rig(device, in_thread(emulator.unplug), in_thread(emulator.plug))
        await device.close()


@asynccontextmanager
async def qr_scanner_to_be_found_out(folder: Path) -> AsyncIterator[Rig]:
    """The same when nobody says what it speaks: each opening asks, and waits for no answer."""
    with LineScannerEmulator(folder / "scanner", bytes_per_s=None) as emulator:
        device = make_device(DeviceKind.QR_SCANNER, "line", Port.parse(emulator.port))
        yield Rig(device, in_thread(emulator.unplug), in_thread(emulator.plug))
        await device.close()


@asynccontextmanager
async def document_camera(folder: Path) -> AsyncIterator[Rig]:
    """A folder of pictures."""
    emulator = DocumentCameraEmulator(folder / "desk")
    device = make_device(DeviceKind.DOCUMENT_CAMERA, "opencv", Port.parse(emulator.port))
    yield Rig(device, in_thread(emulator.unplug), in_thread(emulator.plug))
    await device.close()


@asynccontextmanager
async def receipt_printer(folder: Path) -> AsyncIterator[Rig]:
    """ESC/POS over TCP."""
    del folder
    emulator = ReceiptPrinterEmulator(mm_per_s=None)
    await emulator.start()
    device = make_device(DeviceKind.RECEIPT_PRINTER, "escpos", Port.parse(emulator.port))
    yield Rig(device, emulator.unplug, emulator.plug)
    await device.close()
    await emulator.stop()


@asynccontextmanager
async def qr_scanner_as_keyboard(folder: Path) -> AsyncIterator[Rig]:
    """Keys of a FUSE input device; root only, as the scanner's own tests."""
    del folder
    with KeyboardScannerEmulator() as emulator:
        device = make_device(DeviceKind.QR_SCANNER, "hid", Port.parse(emulator.port))
        yield Rig(device, in_thread(emulator.unplug), in_thread(emulator.plug))
        await device.close()


@asynccontextmanager
async def qr_scanner_as_camera(folder: Path) -> AsyncIterator[Rig]:
    """A folder of pictures again, behind the other driver."""
    del folder
    with CameraScannerEmulator() as emulator:
        device = make_device(DeviceKind.QR_SCANNER, "camera", Port.parse(emulator.port))
        yield Rig(device, in_thread(emulator.unplug), in_thread(emulator.plug))
        await device.close()


@asynccontextmanager
async def cabinet(folder: Path) -> AsyncIterator[Rig]:
    """Modbus RTU on a pty."""
    with CabinetEmulator(folder / "cabinet") as emulator:
        device = make_device(DeviceKind.CABINET, "modbus_rtu", Port.parse(emulator.port))
        yield Rig(device, in_thread(emulator.unplug), in_thread(emulator.plug))
        await device.close()


@asynccontextmanager
async def power_supply(folder: Path) -> AsyncIterator[Rig]:
    """NUT's own upsd and dummy-ups; its processes end with the thread that started them."""
    del folder
    with PowerSupplyEmulator() as emulator:
        device = make_device(DeviceKind.POWER_SUPPLY, "nut", Port.parse(emulator.port))
        await until(device.status, lambda seen: seen.device is DeviceStatus.ONLINE)
        yield Rig(device, here(emulator.unplug), here(emulator.plug))
        await device.close()


@asynccontextmanager
async def document_printer(folder: Path) -> AsyncIterator[Rig]:
    """ippeveprinter under a CUPS of our own."""
    del folder
    with PrivatePrinting() as printing:
        device = make_device(
            DeviceKind.DOCUMENT_PRINTER, "cups", Port.parse(printing.port), **printing.settings
        )
        yield Rig(device, in_thread(printing.unplug), in_thread(printing.plug))
        await device.close()


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


RIGS: Mapping[str, Callable[[Path], AbstractAsyncContextManager[Rig]]] = {
    "id_card_reader": id_card_reader,
    "id_card_reader_on_usb": id_card_reader_on_usb,
    "social_security_card": social_security_card,
    "qr_scanner": qr_scanner,
    "document_camera": document_camera,
    "receipt_printer": receipt_printer,
    "qr_scanner_to_be_found_out": qr_scanner_to_be_found_out,
    "qr_scanner_as_keyboard": qr_scanner_as_keyboard,
    "qr_scanner_as_camera": qr_scanner_as_camera,
    "cabinet": cabinet,
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
