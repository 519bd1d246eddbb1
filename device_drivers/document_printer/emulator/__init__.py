"""A4 printers at the wire, under a CUPS of our own, and hands for both.

`ippeveprinter` makes papers; `StrictPrinter` says whatever a printer may say.
"""

from device_drivers.document_printer.emulator.private_printing import (
    PrintedPaper,
    PrintingFailed,
    PrivatePrinting,
)
from device_drivers.document_printer.emulator.strict_printer import StrictPrinter

__all__ = ["PrintedPaper", "PrintingFailed", "PrivatePrinting", "StrictPrinter"]
