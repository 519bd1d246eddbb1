"""Every device on its emulator, all alike: for tests of supervision, endurance and recovery."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from device_drivers.device import Device
from device_drivers.document_camera.emulator import DocumentCameraEmulator
from device_drivers.id_card_reader.driver import SamVIdCardReader
from device_drivers.id_card_reader.emulator import SamVEmulator
from device_drivers.id_card_reader.usb_emulator import UsbWire
from device_drivers.ports import Port
from device_drivers.qr_scanner.emulator import LineScannerEmulator
from device_drivers.receipt_printer.emulator import ReceiptPrinterEmulator
from device_drivers.registry import make_device
from device_drivers.social_security_card.private_pcscd import READER_NAME, PrivatePcscd
from device_drivers.status import DeviceKind
from tests.device_drivers.social_security_card.virtual_slot import pcscd_directory

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
    """Lines on a pty."""
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
}

SLOW_CABLES: frozenset[str] = frozenset()
"""Pulling these takes a second or more each time."""
