"""What the bytes of a code on a picture say: pure.

A reader's own guess at the encoding is wrong for most Chinese codes (`DEVICES.md` section 5.3), so
text is made here from bytes: declared (ECI), UTF-8 strictly, a QR code's kanji mode, GB18030,
ISO/IEC 8859-1.
"""

import re
from collections.abc import Mapping

_CODECS: Mapping[int, str] = {
    # ECI assignments (AIM ITS/04-023), with the superset where one is safer
    1: "iso8859-1",
    3: "iso8859-1",
    4: "iso8859-2",
    5: "iso8859-3",
    6: "iso8859-4",
    7: "iso8859-5",
    8: "iso8859-6",
    9: "iso8859-7",
    10: "iso8859-8",
    11: "iso8859-9",
    13: "iso8859-11",
    15: "iso8859-13",
    17: "iso8859-15",
    20: "shift_jis",
    21: "cp1250",
    22: "cp1251",
    23: "cp1252",
    24: "cp1256",
    25: "utf-16-be",
    26: "utf-8",
    27: "ascii",
    28: "big5",
    29: "gb18030",
    30: "euc-kr",
    31: "gb18030",
    32: "gb18030",
}
_DESIGNATOR = re.compile(rb"\\([0-9]{6})")
_HALF_WIDTH_KANA = re.compile("[\uff61-\uff9f]")


def text_of(raw: bytes, eci_protocol: bytes = b"") -> str:
    r"""Read the bytes of a two-dimensional code.

    `eci_protocol` is its content with AIM identifier and `\\NNNNNN` before each part that declares
    its encoding; empty where that isn't known.
    """
    declared = _declared_text(eci_protocol)
    if declared is not None:
        return declared
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _kanji_text(raw) or _undeclared_text(raw)


def linear_text_of(raw: bytes) -> str:
    """Read the bytes of a bar code: ISO/IEC 8859-1, which FNC4 of Code 128 extends it to."""
    return raw.decode("iso8859-1")


def _declared_text(eci_protocol: bytes) -> str | None:
    """None where nothing is declared, or what is declared is unknown or untrue."""
    first = _DESIGNATOR.search(eci_protocol)
    if first is None or first.start() != 3:  # behind ]Q2 at once, or the data has backslashes
        return None
    _, *parts = _DESIGNATOR.split(eci_protocol)
    text = ""
    for number, part in zip(parts[::2], parts[1::2], strict=True):
        codec = _CODECS.get(int(number))
        if codec is None:
            return None
        try:
            text += part.replace(b"\\\\", b"\\").decode(codec)
        except UnicodeDecodeError:
            return None
    return text


def _kanji_text(raw: bytes) -> str | None:
    """Read a QR code's kanji mode (ISO/IEC 18004: Shift JIS), which generators choose for Chinese.

    GB18030 has its everyday characters where both bytes are above A0; Shift JIS has its own where
    the first is not, or half-width kana where it is. None where the bytes look like GB18030.
    """
    if _is_everyday_chinese(raw):
        return None
    try:
        text = raw.decode("shift_jis")
    except UnicodeDecodeError:
        return None
    return None if _HALF_WIDTH_KANA.search(text) else text


def _undeclared_text(raw: bytes) -> str:
    """GB18030 where it is that, else what the standard takes for granted: ISO/IEC 8859-1."""
    try:
        return raw.decode("gb18030")
    except UnicodeDecodeError:
        return raw.decode("iso8859-1")


def _is_everyday_chinese(raw: bytes) -> bool:
    """Are all characters but ASCII ones in GB 2312?"""
    try:
        raw.decode("gb2312")
    except UnicodeDecodeError:
        return False
    return True
