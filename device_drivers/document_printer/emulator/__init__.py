"""An A4 printer at the wire: `ippeveprinter` under a CUPS of our own, and hands for both."""

from device_drivers.document_printer.emulator.private_printing import (
    PrintedPaper,
    PrintingFailed,
    PrivatePrinting,
)

__all__ = ["PrintedPaper", "PrintingFailed", "PrivatePrinting"]
