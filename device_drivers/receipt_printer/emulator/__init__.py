"""An ESC/POS receipt printer at the wire, written from DEVICES.md 4 and not from the driver."""

from device_drivers.receipt_printer.emulator.paper import PrintedReceipt
from device_drivers.receipt_printer.emulator.printer import ReceiptPrinterEmulator

__all__ = ["PrintedReceipt", "ReceiptPrinterEmulator"]
