"""Cards for the emulated reader, encoded from plain fields as `DEVICES.md` section 1.5 lays down.

Written from the document and from nothing else here: it shares no line with `card_text.py`.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

_RESIDENT = {
    "name": (0, 30),
    "sex": (30, 2),
    "ethnicity_code": (32, 4),
    "birth_date": (36, 16),
    "address": (52, 70),
    "number": (122, 36),
    "issuer": (158, 30),
    "valid_from": (188, 16),
    "valid_until": (204, 16),
}

_LAYOUTS: Mapping[str, tuple[str, Mapping[str, tuple[int, int]]]] = {
    # kind: flag at byte 248, fields with (byte offset, bytes)
    "resident": (" ", _RESIDENT),
    "hk_macau_taiwan": (
        "J",
        {name: place for name, place in _RESIDENT.items() if name != "ethnicity_code"}
        | {"pass_number": (220, 18), "times_issued": (238, 4)},
    ),
    "foreigner_2017": (
        "I",
        {
            "english_name": (0, 120),
            "sex": (120, 2),
            "number": (122, 30),
            "nationality": (152, 6),
            "name": (158, 30),
            "valid_from": (188, 16),
            "valid_until": (204, 16),
            "birth_date": (220, 16),
            "card_version": (236, 4),
            "issuer": (240, 8),
        },
    ),
    "foreigner_2023": (
        "Y",
        {
            "name": (0, 30),
            "sex": (30, 2),
            "times_issued": (32, 4),
            "birth_date": (36, 16),
            "english_name": (52, 70),
            "number": (122, 36),
            "valid_from": (188, 16),
            "valid_until": (204, 16),
            "english_name_continued": (220, 22),
            "nationality": (242, 6),
            "former_number_link": (250, 6),
        },
    ),
}

_DATES = frozenset({"birth_date", "valid_from", "valid_until"})


@dataclass(frozen=True, slots=True)
class EmulatedCard:
    """What the chip of a card holds."""

    text: bytes = field(repr=False)
    """256 bytes, UTF-16LE."""
    photo: bytes = field(repr=False)
    """1024 bytes in place of a WLT picture: no public description lets us make a real one."""
    appended_address: bytes | None = field(default=None, repr=False)
    """70 bytes, UTF-16LE; None for a card without the item."""
    fingerprints: bytes = field(default=b"", repr=False)
    """512 bytes a finger, none to two; each begins with 'C' (1.4)."""


def make_card(fields: Mapping[str, str]) -> EmulatedCard:
    """Encode a card from its fields.

    `kind` is one of `resident` (when absent), `hk_macau_taiwan`, `foreigner_2017`,
    `foreigner_2023`; dates are `YYYY-MM-DD` or `YYYYMMDD`, or `长期` for `valid_until`; every card
    may have an `appended_address`, a number of `fingers` from 0 to 2, and a `padding` of `space`
    or `nul` (1.5). Raises ValueError for a field such a card does not have and for one that is too
    long.
    """
    values = dict(fields)
    kind = values.pop("kind", "resident")
    appended = values.pop("appended_address", None)
    fingers = int(values.pop("fingers", "0"))
    padding = {"space": " ", "nul": "\0"}[values.pop("padding", "space")]
    if not 0 <= fingers <= 2:
        raise ValueError("a card holds no finger, one or two")
    if kind not in _LAYOUTS:
        raise ValueError(f"no card of kind {kind!r}; there are {', '.join(_LAYOUTS)}")
    flag, layout = _LAYOUTS[kind]
    if kind == "foreigner_2023":
        english_name = values.get("english_name", "")
        values["english_name"], values["english_name_continued"] = (
            english_name[:35],
            english_name[35:],
        )
    block = bytearray(padding.encode("utf-16-le") * 128)
    for name, value in values.items():
        if name not in layout:
            raise ValueError(f"a card of kind {kind} has no field {name!r}")
        offset, length = layout[name]
        written = (value.replace("-", "") if name in _DATES else value).encode("utf-16-le")
        if len(written) > length:
            raise ValueError(f"field {name!r} is longer than {length // 2} characters")
        block[offset : offset + len(written)] = written
    block[248:250] = flag.encode("utf-16-le") if flag != " " else padding.encode("utf-16-le")
    if appended is not None and len(appended.encode("utf-16-le")) > 70:
        raise ValueError("field 'appended_address' is longer than 35 characters")
    return EmulatedCard(
        text=bytes(block),
        photo=hashlib.shake_256(bytes(block)).digest(1024),
        fingerprints=b"".join(
            b"C" + hashlib.shake_256(block + bytes([finger])).digest(511)
            for finger in range(fingers)
        ),
        appended_address=None if appended is None else appended.ljust(35).encode("utf-16-le")[:70],
    )
