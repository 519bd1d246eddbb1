"""Writes Code 128 as a printer wants it: which characters in which of its code sets. Pure.

GS k 73 (Epson ESC/POS reference): `{B` begins characters, `{C` pairs of digits as one byte of 0 to
99 each, and a brace in set B is doubled.
"""

import re

_SYMBOL_MODULES, _STOP_MODULES = 11, 13
"""ISO/IEC 15417, 4.3: start, each symbol and the check take 11 modules, the stop 13."""
QUIET_MODULES = 10
"""ISO/IEC 15417, 4.4: the margin at each side."""
_CHARACTERS, _PAIRS = "B", "C"
"""Of the three code sets those that are used."""
_MOST_BYTES = 255
"""GS k 73 counts its data in one byte."""
_TO_SET = b"{"
"""Begins the name of a code set; doubled, it is itself."""
_ONE_SYMBOL = re.compile(rb"\{.", re.DOTALL)
_REAL_TIME = re.compile(rb"\x10[\x04\x05\x14]")


def encode(text: str) -> bytes:
    """The data of GS k 73, as short as the three ways tried make it.

    Pairs of digits are control bytes, and 16 04, 16 05 and 16 20 would be real-time commands
    (DEVICES.md 4.3): where a way holds one of them, the pairs are shifted by a digit, or it is all
    characters. Raises ValueError for what is not printable ASCII, or too long.
    """
    if not text or not re.fullmatch("[ -~]+", text):
        raise ValueError("a bar code holds printable ASCII only")
    as_characters = _TO_SET + _CHARACTERS.encode() + _characters(text)
    ways = (_in_pairs(text, lead=0), _in_pairs(text, lead=1), as_characters)
    data = min((way for way in ways if not _REAL_TIME.search(way)), key=modules)
    if len(data) > _MOST_BYTES:
        raise ValueError("a bar code's content is longer than any bar code holds")
    return data


def modules(data: bytes) -> int:
    """How wide it is, without its margins: a brace and what follows it are one symbol."""
    symbols = len(data) - len(_ONE_SYMBOL.findall(data))
    return _SYMBOL_MODULES * (symbols + 1) + _STOP_MODULES


def _in_pairs(text: str, *, lead: int) -> bytes:
    """Runs of four digits and more as pairs, after `lead` of them as characters."""
    data = b""
    now = ""
    for part in re.findall(r"\d{4,}|(?:(?!\d{4}).)+", text):
        head, pairs, tail = part, "", ""
        if re.fullmatch(r"\d{4,}", part):
            end = lead + (len(part) - lead) // 2 * 2
            head, pairs, tail = part[:lead], part[lead:end], part[end:]
        for code_set, piece in ((_CHARACTERS, head), (_PAIRS, pairs), (_CHARACTERS, tail)):
            if piece:
                data += b"" if now == code_set else _TO_SET + code_set.encode()
                data += _pairs(piece) if code_set == _PAIRS else _characters(piece)
                now = code_set
    return data


def _pairs(digits: str) -> bytes:
    return bytes(int(digits[at : at + 2]) for at in range(0, len(digits), 2))


def _characters(text: str) -> bytes:
    return text.replace("{", "{{").encode("ascii")
