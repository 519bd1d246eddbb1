"""Codes in the stream: GS ( k for QR and PDF417 (DEVICES.md 4.5), GS k for bars (Epson)."""

import re
from collections.abc import Callable

from device_drivers.receipt_printer.emulator.cursor import Cursor
from device_drivers.receipt_printer.emulator.steps import Barcode, Code, Step

Commands = dict[int, Callable[[bytes], list[Step] | None]]

_KINDS = ("UPC-A", "UPC-E", "EAN-13", "EAN-8", "CODE39", "ITF", "CODABAR", "CODE93", "CODE128")
"""m of GS k: 0 to 6 for the first seven, data up to a NUL; 65 to 73 for all, data counted."""
_TAKES = {
    "UPC-A": r"\d{11,12}",
    "UPC-E": r"\d{6,8}|\d{11,12}",
    "EAN-13": r"\d{12,13}",
    "EAN-8": r"\d{7,8}",
    "CODE39": r"\*?[0-9A-Z $%+\-./]+\*?",
    "ITF": r"(\d\d)+",
    "CODABAR": r"[A-Da-d][0-9$+\-./:]+[A-Da-d]",
    "CODE93": r"[\x00-\x7f]+",
}


_HIGHEST = {"A": 0x5F, "B": 0x7F, "C": 99}
"""Of CODE128's sets: A has control and capital letters, B small ones, C pairs of digits."""


class Bars:
    """What GS h, w, H and f have been told so far."""

    def __init__(self) -> None:
        self._height_dots = 162
        self._module_dots = 3
        self._words = 0
        self._words_font = 0

    def command(self, command: int, n: int) -> list[Step] | None:
        """GS h, w, H, f; None for a value out of range."""
        match chr(command):
            case "h" if n:
                self._height_dots = n
            case "w" if 2 <= n <= 6:
                self._module_dots = n
            case "H" if n in (0, 1, 2, 3, 48, 49, 50, 51):
                self._words = n & 3
            case "f" if n in (0, 1, 48, 49):
                self._words_font = n & 1
            case _:
                return None
        return []

    def read(self, cursor: Cursor) -> list[Step] | None:
        """GS k m …: format A ends with NUL, format B says its length; None when it is no code."""
        m = cursor.byte()
        if m <= 6:
            kind, data = _KINDS[m], cursor.until_nul(at_most=255)
        elif 65 <= m <= 73:
            kind, data = _KINDS[m - 65], cursor.take(cursor.byte())
        else:
            return None
        if not data:
            return None
        text = _code_128(data) if kind == "CODE128" else data.decode("latin-1")
        if text is None or (kind in _TAKES and not re.fullmatch(_TAKES[kind], text)):
            return None
        sizes = (self._module_dots, self._height_dots)
        return [Barcode(kind, text, *sizes, self._words, self._words_font)]


def _code_128(data: bytes) -> str | None:
    """The characters of {A, {B and {C runs; None where the data breaks the rules of GS k 73."""
    text = ""
    code_set = ""
    at = 0
    while at < len(data):
        byte = data[at]
        at += 1
        if byte == ord("{"):
            second = chr(data[at]) if at < len(data) else ""
            at += 1
            if second in _HIGHEST:
                code_set = second
            elif second == "{" and code_set == "B":
                text += "{"
            elif second not in ("S", "1", "2", "3", "4") or not code_set:
                return None
        elif byte > _HIGHEST.get(code_set, -1):
            return None
        else:
            text += f"{byte:02}" if code_set == "C" else chr(byte)
    return text or None


class QrMemory:
    """What GS ( k has been told of a QR code (cn 49)."""

    def __init__(self) -> None:
        self._module_dots = 3
        self._level = "L"
        self._data = b""
        self._functions: Commands = {
            65: self._model,
            67: self._size,
            69: self._correction,
            80: self._store,
            81: self._print,
        }

    def command(self, function: int, values: bytes) -> list[Step] | None:
        """Take one command; None when it means nothing."""
        taker = self._functions.get(function)
        return None if taker is None or not values else taker(values)

    def _model(self, values: bytes) -> list[Step] | None:
        return [] if values in (b"1\x00", b"2\x00") else None

    def _size(self, values: bytes) -> list[Step] | None:
        if len(values) != 1 or not 1 <= values[0] <= 16:
            return None
        self._module_dots = values[0]
        return []

    def _correction(self, values: bytes) -> list[Step] | None:
        if len(values) != 1 or not 48 <= values[0] <= 51:
            return None
        self._level = "LMQH"[values[0] - 48]
        return []

    def _store(self, values: bytes) -> list[Step] | None:
        if values[0] != 48 or len(values) == 1:
            return None
        self._data = values[1:]
        return []

    def _print(self, values: bytes) -> list[Step] | None:
        if values != b"0" or not self._data:
            return None
        return [Code(self._data, self._module_dots, self._level)]


class Pdf417Memory:
    """What GS ( k has been told of a PDF417 code (cn 48)."""

    def __init__(self) -> None:
        self._module_dots = 3
        self._data = b""

    def command(self, function: int, values: bytes) -> list[Step] | None:
        """Take one command; None when it means nothing."""
        match function:
            case 65 if len(values) == 1 and values[0] <= 30:  # columns; 0 the printer's choice
                return []
            case 66 if len(values) == 1 and (values[0] == 0 or 3 <= values[0] <= 90):  # rows
                return []
            case 67 if len(values) == 1 and 2 <= values[0] <= 8:
                self._module_dots = values[0]
                return []
            case 68 if len(values) == 1 and 2 <= values[0] <= 8:  # height of a row
                return []
            case 69 if len(values) == 2 and values[0] in (48, 49):  # correction
                return []
            case 70 if len(values) == 1 and values[0] in (0, 1):  # standard or truncated
                return []
            case 80 if len(values) > 1 and values[0] == 48:
                self._data = values[1:]
                return []
            case 81 if values == b"0" and self._data:
                return [Code(self._data, self._module_dots, "", "pdf417")]
        return None
