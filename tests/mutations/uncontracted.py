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
        "widths go in steps of 11 modules, and on neither paper does one fall in between": (
            "_SYMBOL_MODULES 13",
            "QUIET_MODULES 10",
        ),
        "no paper is wide enough for a code that holds so much": ("_MOST_BYTES 255",),
    },
    "receipt_printer/escpos.py": {
        "a habit of our layout, no rule of the paper: it leaves no gap so high": (
            "_MOST_FED_DOTS 255",
        ),
        "the layout refuses what no paper is wide enough for; it never comes to this bound": (
            "_QR_DATA_BYTES 7092",
            "_QR_DATA_BYTES 3",
        ),
        "a habit of our layout, no rule of the printer: what it makes wide it makes tall as well": (
            "_SIZE_WIDE 0x10",
        ),
        "bands of one row less, and as many NULs fewer or more, are as good": (
            "_BAND_ROWS 255",
            "_WIDEST_BYTES 72",
        ),
    },
    "document_printer/ipp.py": {
        "a bound far above any answer": ("MAX_MESSAGE_BYTES 256", "MAX_MESSAGE_BYTES 1024"),
        "a printer must take any language (RFC 8011, 4.1.4.1), and nobody reads its words": (
            '_CHARSET b"en"',
        ),
    },
}
