"""Constants that no contract notices when they break, each with its reason; golden bytes hold them.

By module of frames, then by reason. A constant that is not listed and that a contract does not
notice fails `make nightly`.
"""

from collections.abc import Mapping
from typing import NamedTuple


class ByDay(NamedTuple):
    """What `make test` tries of a module: one constant, and tests that are quick to miss it."""

    key: str
    tests: str
    """An expression for pytest's `-k`."""


BY_DAY: Mapping[str, ByDay] = {
    "id_card_reader/frames.py": ByDay('READ_CARD "3001"', "sees_a_card"),
    "social_security_card/apdu.py": ByDay('_READ_RECORD "00B2"', "sees_a_card or habits"),
    "qr_scanner/framing/ssi.py": ByDay("SCAN_ENABLE 0xE9", "reads_what and SSI"),
    "receipt_printer/status_bits.py": ByDay("PrinterBits.OFFLINE 0x08", "is_online"),
    "document_printer/ipp.py": ByDay("GroupTag.OPERATION 0x01", "idle_busy"),
    "cabinet/frames.py": ByDay("_ECHO_BYTES 8", "light_at_each_slot"),
    "power_supply/variables.py": ByDay('UNKNOWN_SUPPLY "UNKNOWN-UPS"', "does_not_know"),
}

UNCONTRACTED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "receipt_printer/code_128.py": {
        "decides how wide the bars are drawn; a reader reads both": (
            "_SYMBOL_MODULES 11",
            "_SYMBOL_MODULES 13",
            "QUIET_MODULES 10",
            r'_ONE_SYMBOL rb"\{."',
        ),
        "a bound far above any number of a case": ("_MOST_BYTES 255",),
    },
    "receipt_printer/escpos.py": {
        "bounds that nothing on a receipt comes near": (
            "_MOST_FED_DOTS 255",
            "_QR_DATA_BYTES 7092",
            "_QR_DATA_BYTES 3",
        ),
        "what is wide is always tall as well": ("_SIZE_WIDE 0x10",),
        "an eighth of a millimetre of paper more or less": ('_CUT b"\\x1dVB\\x28"',),
        "the font below the bars: the words are there in both": (
            '_BAR_WORDS b"\\x1dH\\x02\\x1df\\x00"',
        ),
        "any other byte is as good there": ('_NO_REAL_TIME b"\\x18"',),
        "bands of one row less, and as many NULs fewer, are as good": (
            "_BAND_ROWS 255",
            "_WIDEST_BYTES 72",
        ),
        "said after a broken job, and the piece it cuts off is blank": (
            'RECOVERY b"\\n\\x1dVB\\x00"',
        ),
    },
    "receipt_printer/status_bits.py": {
        "the emulated printer has nothing that breaks but its knife and its head": (
            "OfflineBits.ERROR 0x40",
            "ErrorBits.MECHANICAL 0x04",
            "FullRecoverableBits.VOLTAGE 0x08",
        ),
        "said twice: DLE EOT 2 and the other paper bit tell it as well": (
            "PaperBits.OUT 0x60",
            "FullPaperBits.VIRTUAL_END 0x40",
            "FullUserBits.HEAD_UP 0x01",
        ),
        "bit 0 is clear in all that a printer sends by itself": ("FIXED_BITS 0x93",),
    },
    "receipt_printer/status_bytes.py": {
        "a TCP line has no flow control": ('_FLOW_CONTROL b"\\x11\\x13"',),
        "the cash drawer's bit, and nothing hangs on that connector": (
            'ASK_AUTOMATIC_STATUS b"\\x1da\\x0e"',
            'NO_AUTOMATIC_STATUS b"\\x1da\\x00"',
        ),
    },
    "document_printer/ipp.py": {
        "a bound far above any answer": ("MAX_MESSAGE_BYTES 256", "MAX_MESSAGE_BYTES 1024"),
        "a printer must take any language (RFC 8011, 4.1.4.1), and nobody reads its words": (
            '_CHARSET b"en"',
        ),
    },
}
