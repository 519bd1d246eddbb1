"""Scanners on a pty, one for each language of `DEVICES.md` section 5.1, written from it."""

from device_drivers.qr_scanner.emulator.honeywell import HoneywellScannerEmulator
from device_drivers.qr_scanner.emulator.line import LineScannerEmulator
from device_drivers.qr_scanner.emulator.newland import NewlandScannerEmulator
from device_drivers.qr_scanner.emulator.scanner import ScannerEmulator
from device_drivers.qr_scanner.emulator.ssi import SsiScannerEmulator

__all__ = [
    "HoneywellScannerEmulator",
    "LineScannerEmulator",
    "NewlandScannerEmulator",
    "ScannerEmulator",
    "SsiScannerEmulator",
]
