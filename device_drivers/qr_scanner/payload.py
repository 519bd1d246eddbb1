"""What a scanner sends for one code (`DEVICES.md` section 5.1): pure, bytes only."""

import re
from collections.abc import Mapping

SYMBOLOGIES: Mapping[str, str] = {
    # letter of an AIM identifier (ISO/IEC 15424), with its modifier where that matters → our word
    "A": "code39",
    "C": "code128",
    "E": "ean13",
    "E4": "ean8",
    "F": "codabar",
    "G": "code93",
    "I": "itf",
    "L": "pdf417",
    "Q": "qr",
    "U": "maxicode",
    "d": "datamatrix",
    "e": "databar",
    "j": "rmqr",
    "z": "aztec",
}
UNKNOWN_SYMBOLOGY = "unknown"

_AIM_IDENTIFIER = re.compile(rb"\][ACEFGILQUdejz][0-9A-Za-z]")


def split_identifier(payload: bytes) -> tuple[str, bytes]:
    """Part an AIM identifier such as `]Q1` from the code: the symbology's word and the rest."""
    match = _AIM_IDENTIFIER.match(payload)
    if match is None:
        return UNKNOWN_SYMBOLOGY, payload
    return symbology_of(match[0].decode("ascii")), payload[match.end() :]


def symbology_of(identifier: str) -> str:
    """Our word for an AIM identifier such as `]Q1`; `unknown` for one we have no word for."""
    letter_and_modifier = identifier.removeprefix("]")
    return (
        SYMBOLOGIES.get(letter_and_modifier)
        or SYMBOLOGIES.get(letter_and_modifier[:1])
        or UNKNOWN_SYMBOLOGY
    )


def decode_text(raw: bytes) -> str:
    """Read bytes as UTF-8 where they are, else as GB18030 (DEVICES.md 5.1).

    A byte order mark is dropped; what is neither encoding holds U+FFFD, and `raw` is the truth.
    """
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("gb18030", errors="replace")
