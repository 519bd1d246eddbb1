"""Key presses of a scanner that pretends to be a keyboard (`DEVICES.md` section 5.2): pure.

A burst of keys faster than any hand, ended by Enter, is a code; everything else is not.
"""

import contextlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from device_drivers.qr_scanner.framing.arrival import LONGEST_CODE, Arrival, CodeArrived, Noise

LayoutName = Literal["us", "de"]
"""The country the scanner is set to. Chinese keyboards are American ones."""
LAYOUTS: tuple[LayoutName, ...] = get_args(LayoutName)

AltCodes = Literal["bytes", "unicode"]
"""What the number of ALT and keypad digits is: the bytes of a character in GB18030 (or one byte of
whatever the code holds), or its code point. Scanners can be set to either."""
ALT_CODES: tuple[AltCodes, ...] = get_args(AltCodes)

# linux/input-event-codes.h
_EV_SYN, _EV_KEY = 0x00, 0x01
_SYN_DROPPED = 3
_UP, _DOWN = 0, 1
_ENTERS = frozenset({28, 96})
_SHIFTS = frozenset({42, 54})
_CONTROLS = frozenset({29, 97})
_LEFT_ALT, _RIGHT_ALT = 56, 100
_ALTS = frozenset({_LEFT_ALT, _RIGHT_ALT})
_HARMLESS = frozenset({58, 69, 125})  # Caps Lock, Num Lock, Meta: state, not text
_KEYPAD: Final[Mapping[int, str]] = {
    71: "7", 72: "8", 73: "9", 74: "-", 75: "4", 76: "5", 77: "6", 78: "+", 79: "1", 80: "2",
    81: "3", 82: "0", 83: ".", 98: "/", 55: "*",
}  # fmt: skip
_ROWS: Final = ((2, 13), (16, 27), (30, 41), (43, 43), (44, 53), (86, 86), (57, 57))
"""First and last key of each row; 41 is the key left of 1, 86 the one right of the left Shift."""
_KEYS: Final[Mapping[LayoutName, tuple[str, str]]] = {
    "us": (
        "1234567890-=" "qwertyuiop[]" "asdfghjkl;'`" "\\" "zxcvbnm,./" "\\" " ",
        "!@#$%^&*()_+" "QWERTYUIOP{}" 'ASDFGHJKL:"~' "|" "ZXCVBNM<>?" "|" " ",
    ),
    "de": (
        "1234567890ß´" "qwertzuiopü+" "asdfghjklöä^" "#" "yxcvbnm,.-" "<" " ",
        '!"§$%&/()=?`' "QWERTZUIOPÜ*" "ASDFGHJKLÖÄ°" "'" "YXCVBNM;:_" ">" " ",
    ),
}  # fmt: skip
"""Alone, and with Shift."""
_ALT_GR: Final[Mapping[LayoutName, tuple[str, str]]] = {
    "us": ("", ""),
    "de": ("237890ßqe+<m", "²³{[]}\\@€~|µ"),
}
"""What some keys write alone, and what with AltGr: the right Alt, or as Windows has it Ctrl and
either Alt. The left Alt alone writes nothing."""
_DEAD: Final[Mapping[LayoutName, Mapping[str, str]]] = {
    "us": {},
    "de": {"´": "\u0301", "`": "\u0300", "^": "\u0302"},
}
"""Accents, which show with the next character, by a space alone; and what Unicode combines."""

_CONTROL_BITS = 0x1F
"""What Ctrl leaves of a character: GS of a GS1 code comes as Ctrl and `]`."""
_ONE_BYTE = 0xFF
"""ALT numbers up to this are a byte as it is, larger ones the bytes of a character in GB18030."""

KEY_GAP_S = 0.05
"""DEVICES.md 5.2: scanners send a key in less; the fastest typist takes half as long again."""


@dataclass(frozen=True, slots=True)
class InputEvent:
    """One `struct input_event` of linux/input.h."""

    at_s: float
    """When the kernel saw it: what waits on a busy machine still has its own time."""
    type: int
    code: int
    value: int


class KeyDecoder:
    """Turns events into codes. Remembers one burst, and that is bounded."""

    def __init__(
        self,
        *,
        layout: LayoutName = "us",
        alt_codes: AltCodes = "bytes",
        key_gap_s: float = KEY_GAP_S,
    ) -> None:
        codes = [code for first, last in _ROWS for code in range(first, last + 1)]
        plain, shifted = _KEYS[layout]
        self._plain = dict(zip(codes, plain, strict=True))
        self._shifted = dict(zip(codes, shifted, strict=True))
        self._alt_gr = dict(zip(*_ALT_GR[layout], strict=True))
        self._dead = _DEAD[layout]
        self._alt_codes = alt_codes
        self._key_gap_s = key_gap_s
        self._held: set[int] = set()
        self._last_s: float | None = None
        self._text = b""
        self._presses = 0
        self._alt_digits = ""
        self._accent = ""
        self._is_spoilt = False

    def take(self, event: InputEvent) -> list[Arrival]:
        """Take the next event; never raises."""
        if event.type == _EV_SYN and event.code == _SYN_DROPPED:
            self._held.clear()
            self._alt_digits = ""
            self._is_spoilt = True  # keys are missing: nothing up to the next Enter can be right
            self._last_s = event.at_s  # however long they took, their code goes on here
            return []
        if event.type != _EV_KEY or event.value not in {_UP, _DOWN}:
            return []
        arrivals: list[Arrival] = []
        if self._last_s is not None and not 0 <= event.at_s - self._last_s < self._key_gap_s:
            arrivals = self._drop()
        self._last_s = event.at_s
        if event.value == _UP:
            self._release(event.code)
            return arrivals
        self._presses += 1
        if event.code in _ENTERS:
            return arrivals + self._end()
        self._press(event.code)
        if len(self._text) > LONGEST_CODE:
            self._text = b""
            self._is_spoilt = True
        return arrivals

    def _press(self, code: int) -> None:
        if code in _SHIFTS | _CONTROLS | _ALTS:
            self._held.add(code)
        elif code in _KEYPAD and self._held & _ALTS:
            self._alt_digits += _KEYPAD[code] if _KEYPAD[code].isdigit() else "x"
        elif code in _KEYPAD:
            self._append(_KEYPAD[code].encode("ascii"))
        elif code in self._plain and self._held & _ALTS:
            is_alt_gr = _RIGHT_ALT in self._held or bool(self._held & _CONTROLS)
            self._add(self._alt_gr.get(self._plain[code], "") if is_alt_gr else "")
        elif code in self._plain:
            character = self._shifted[code] if self._held & _SHIFTS else self._plain[code]
            if self._held & _CONTROLS:
                self._append(bytes([ord(character) & _CONTROL_BITS]))
            else:
                self._add(character)
        elif code not in _HARMLESS:
            self._is_spoilt = True  # a key no code is written with

    def _add(self, character: str) -> None:
        accent, self._accent = self._accent, ""
        if not character:
            self._is_spoilt = True  # keys that mean nothing together
        elif accent:
            alone = accent if character == " " else accent + character
            composed = unicodedata.normalize("NFC", character + self._dead[accent])
            self._append((composed if len(composed) == 1 else alone).encode("utf-8"))
        elif character in self._dead:
            self._accent = character
        else:
            self._append(character.encode("utf-8"))

    def _append(self, written: bytes) -> None:
        """Add to the text, behind an accent that nothing was combined with."""
        self._text += self._accent.encode("utf-8") + written
        self._accent = ""

    def _release(self, code: int) -> None:
        self._held.discard(code)
        if code in _ALTS and self._alt_digits:
            digits, self._alt_digits = self._alt_digits, ""
            self._append(self._alt_character(digits))

    def _alt_character(self, digits: str) -> bytes:
        number = int(digits) if digits.isdigit() and len(digits) <= 10 else -1
        if self._alt_codes == "bytes" and 0 < number <= _ONE_BYTE:
            return bytes([number])
        # a number beyond Unicode, a surrogate, bytes that are no character: no code is written so
        with contextlib.suppress(ValueError, OverflowError):
            if self._alt_codes == "unicode":
                character = chr(number)
            else:
                character = number.to_bytes((number.bit_length() + 7) // 8).decode("gb18030")
            if number and len(character) == 1:
                return character.encode("utf-8")
        self._is_spoilt = True
        return b""

    def _end(self) -> list[Arrival]:
        text, is_spoilt = self._text + self._accent.encode("utf-8"), self._is_spoilt
        if is_spoilt:
            return self._drop()
        self._forget()
        return [CodeArrived(text)] if text else []

    def _drop(self) -> list[Arrival]:
        """A hand typed this, or it cannot be read."""
        presses = self._presses
        self._forget()
        return [Noise(presses)] if presses else []

    def _forget(self) -> None:
        self._text, self._presses, self._is_spoilt = b"", 0, False
        self._alt_digits, self._accent = "", ""
