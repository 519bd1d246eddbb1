"""The bits of each status byte a printer sends, as the manuals' tables have them. Pure.

Only those that mean something to a kiosk; a mask of two bits is set where either is.
"""

from enum import IntFlag


class PrinterBits(IntFlag):
    """Answer to DLE EOT 1 (DEVICES.md 4.3)."""

    OFFLINE = 0x08


class OfflineBits(IntFlag):
    """Answer to DLE EOT 2, cause of being off line (DEVICES.md 4.3)."""

    COVER_OPEN = 0x04
    PAPER_END = 0x20
    ERROR = 0x40


class ErrorBits(IntFlag):
    """Answer to DLE EOT 3, and byte 2 of automatic status, which has the same bits (4.3)."""

    MECHANICAL = 0x04
    """Epson's; undefined with others."""
    CUTTER = 0x08
    UNRECOVERABLE = 0x20
    AUTO_RECOVERABLE = 0x40
    """Such as a hot head."""


class PaperBits(IntFlag):
    """Answer to DLE EOT 4 (DEVICES.md 4.3)."""

    NEAR_END = 0x0C
    OUT = 0x60


class AutomaticPrinterBits(IntFlag):
    """Byte 1 of automatic status, GS a (DEVICES.md 4.3)."""

    OFFLINE = 0x08
    COVER_OPEN = 0x20


class RollBits(IntFlag):
    """Byte 3 of automatic status, and the answer to GS r 1 (DEVICES.md 4.3)."""

    NEAR_END = 0x03
    OUT = 0x0C


class FullPaperBits(IntFlag):
    """Byte 3 of the answer to DLE EOT 20, of the Custom family (DEVICES.md 4.4)."""

    OUT = 0x01
    NEAR_END = 0x04
    TICKET_IN_MOUTH = 0x20
    VIRTUAL_END = 0x40


class FullUserBits(IntFlag):
    """Byte 4 of the answer to DLE EOT 20 (DEVICES.md 4.4)."""

    HEAD_UP = 0x01
    COVER_OPEN = 0x02


class FullRecoverableBits(IntFlag):
    """Byte 5 of the answer to DLE EOT 20 (DEVICES.md 4.4). Its last byte's differ by model."""

    HEAD_HOT = 0x01
    VOLTAGE = 0x08


FIXED_BITS = 0x93
"""0, 1, 4 and 7 are the same in every answer of a kind, and tell the kinds apart (4.3)."""
OF_REAL_TIME = 0x12
"""DLE EOT 1 to 4: bits 0 and 7 clear, 1 and 4 set."""
OF_AUTOMATIC = 0x10
"""The first byte of automatic status: bit 4 alone."""
CLEAR_IN_OTHERS = 0x90
"""Bits 4 and 7, clear in the answer to GS r 1 and in bytes 2 to 4 of automatic status."""
