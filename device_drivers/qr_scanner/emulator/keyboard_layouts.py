"""Which keys a scanner in keyboard mode types for a text, by the country it is set to.

Written from the HID usage tables (1.4, keyboard page) as Linux numbers their keys
(linux/input-event-codes.h), and from the American and the German keyboard (DIN 2137-1, T1).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

Country = Literal["us", "de"]
Side = Literal["left", "right"]
"""Of the keyboard, where there are two of a kind; the right Enter is the keypad's."""

_CONTROL: Final[Mapping[Side, int]] = {"left": 29, "right": 97}
_SHIFT: Final[Mapping[Side, int]] = {"left": 42, "right": 54}
_ALT: Final[Mapping[Side, int]] = {"left": 56, "right": 100}
_ENTER: Final[Mapping[Side, int]] = {"left": 28, "right": 96}
_ALT_GR, _SPACE = 100, 57
_LOCKS: Final = (58, 69, 125)
"""Caps Lock, Num Lock, and the key with a window or an apple on it."""
_PAD: Final[Mapping[str, int]] = {
    **dict(zip("789-456+1230.", range(71, 84), strict=True)),
    **{"/": 98, "*": 55},
}

_US: Final = {
    **dict(zip("1234567890-=", range(2, 14), strict=True)),
    **dict(zip("qwertyuiop[]", range(16, 28), strict=True)),
    **dict(zip("asdfghjkl;'`", range(30, 42), strict=True)),
    **dict(zip("\\zxcvbnm,./", range(43, 54), strict=True)),
    " ": _SPACE,
}
_US_SHIFTED: Final = dict(zip('!@#$%^&*()_+{}:"~|<>?', "1234567890-=[];'`\\,./", strict=True))
_DE: Final = {
    **dict(zip("1234567890ß´", range(2, 14), strict=True)),
    **dict(zip("qwertzuiopü+", range(16, 28), strict=True)),
    **dict(zip("asdfghjklöä^", range(30, 42), strict=True)),
    **dict(zip("#yxcvbnm,.-", range(43, 54), strict=True)),
    **{"<": 86, " ": _SPACE},
}
_DE_SHIFTED: Final = dict(zip("!\"§$%&/()=?`*°';:_>", "1234567890ß´+^#,.-<", strict=True))
_DE_ALT_GR: Final = dict(zip("²³{[]}\\@€~µ|", "237890ßqe+m<", strict=True))
_DE_DEAD: Final = frozenset("´`^")
"""Shown only with what is typed next; a space shows them alone."""


class _Keyboard(NamedTuple):
    plain: Mapping[str, int]
    shifted: Mapping[str, str]
    """Character → what its key types without Shift."""
    alt_gr: Mapping[str, str]
    dead: frozenset[str]


_KEYBOARDS: Final[Mapping[Country, _Keyboard]] = {
    "us": _Keyboard(_US, _US_SHIFTED, {}, frozenset()),
    "de": _Keyboard(_DE, _DE_SHIFTED, _DE_ALT_GR, _DE_DEAD),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Typing:
    """What the scanner is set to type with."""

    country: Country = "us"
    side: Side = "left"
    uses_keypad: bool = False
    """True: what the keypad has is typed there."""
    presses_locks: bool = False
    """True: it presses the locks twice before a code, to see from their lights how they stand."""
    encoding: str = "gb18030"
    """What no key has comes as ALT and the number of its bytes in this."""


Stroke = tuple[int, bool]
"""A key by its number, and whether it goes down."""


def keys_of(text: str, typing: Typing, *, enters: bool) -> list[Stroke]:
    """The strokes for a text and, if it `enters`, Enter."""
    strokes = [stroke for key in _LOCKS * 2 for stroke in _press(key) if typing.presses_locks]
    for character in text:
        strokes += _keys_of_one(character, typing)
    return strokes + (_press(_ENTER[typing.side]) if enters else [])


def first_key_of(character: str) -> int:
    """The number of the key of a character that an American keyboard has without Shift."""
    return _US[character]


def _keys_of_one(character: str, typing: Typing) -> list[Stroke]:
    keyboard = _KEYBOARDS[typing.country]
    if typing.uses_keypad and character in _PAD:
        return _press(_PAD[character])
    control = chr(ord(character) + 0x40).lower() if character < " " else ""
    if control in keyboard.plain:
        return _holding(_CONTROL[typing.side], _press(keyboard.plain[control]))
    ending = _press(_SPACE) if character in keyboard.dead else []
    if character in keyboard.plain:
        return _press(keyboard.plain[character]) + ending
    if character in keyboard.alt_gr:
        return _holding(_ALT_GR, _press(keyboard.plain[keyboard.alt_gr[character]]))
    small = character.lower()
    shifted = keyboard.shifted.get(character, small if small.upper() == character else "")
    if shifted in keyboard.plain:
        return _holding(_SHIFT[typing.side], _press(keyboard.plain[shifted])) + ending
    number = int.from_bytes(character.encode(typing.encoding, "surrogatepass"), "big")
    digits = [stroke for digit in str(number) for stroke in _press(_PAD[digit])]
    return _holding(_ALT[typing.side], digits)


def _press(key: int) -> list[Stroke]:
    return [(key, True), (key, False)]


def _holding(key: int, strokes: list[Stroke]) -> list[Stroke]:
    return [(key, True), *strokes, (key, False)]
