"""The 256-byte text block of a card, in its four layouts (`DEVICES.md` section 1.5): pure."""

import contextlib
from datetime import date

from device_drivers.id_card_reader.ethnicities import ETHNICITIES
from device_drivers.id_card_reader.interface import CardKind, IdCard, Sex

BLOCK_BYTES = 256  # DEVICES.md 1.5
_FLAG = (248, 2)  # DEVICES.md 1.5: the character that tells the layouts apart
_LONG_TERM = "长期"  # DEVICES.md 1.5: in place of the last day

IMMIGRATION_ADMINISTRATION = "国家移民管理局"
"""Issuer of every 2023 foreigner card; the card itself names none (DEVICES.md 1.5)."""


class UnknownCardKind(ValueError):
    """The flag names a layout we do not know."""


def decode_card(text: bytes, photo_wlt: bytes = b"") -> IdCard:
    """Decode one text block.

    Raises UnknownCardKind for a flag not in the document, ValueError for a block that cannot be
    read for certain: a wrong size, characters that are no UTF-16, no number, no last day.
    """
    if len(text) != BLOCK_BYTES:
        raise ValueError(f"a text block of {len(text)} bytes instead of {BLOCK_BYTES}")
    flag = _field(text, *_FLAG)
    match flag:
        case "":
            card = _resident(text, photo_wlt)
        case "J":
            card = _hk_macau_taiwan(text, photo_wlt)
        case "I":
            card = _foreigner_2017(text, photo_wlt)
        case "Y":
            card = _foreigner_2023(text, photo_wlt)
        case _:
            raise UnknownCardKind("the flag of the text block names no known layout")
    if not card.number or not card.name:
        raise ValueError("a text block without a number or a name")
    return card


def decode_appended_address(data: bytes) -> str:
    """Decode the 70 bytes of an appended address (DEVICES.md 1.2). Raises ValueError."""
    return _field(data, 0, len(data))


def _resident(text: bytes, photo_wlt: bytes) -> IdCard:
    ethnicity = _field(text, 32, 4)
    return IdCard(
        kind=CardKind.RESIDENT,
        name=_field(text, 0, 30),
        sex=_sex(text, 30),
        ethnicity_code=ethnicity,
        ethnicity=ETHNICITIES.get(ethnicity, ethnicity),
        birth_date=_date(_field(text, 36, 16)),
        address=_field(text, 52, 70),
        number=_field(text, 122, 36),
        issuer=_field(text, 158, 30),
        valid_from=_date(_field(text, 188, 16)),
        valid_until=_last_day(_field(text, 204, 16)),
        photo_wlt=photo_wlt,
    )


def _hk_macau_taiwan(text: bytes, photo_wlt: bytes) -> IdCard:
    return IdCard(
        kind=CardKind.HK_MACAU_TAIWAN,
        name=_field(text, 0, 30),
        sex=_sex(text, 30),
        birth_date=_date(_field(text, 36, 16)),
        address=_field(text, 52, 70),
        number=_field(text, 122, 36),
        issuer=_field(text, 158, 30),
        valid_from=_date(_field(text, 188, 16)),
        valid_until=_last_day(_field(text, 204, 16)),
        pass_number=_field(text, 220, 18),
        times_issued=_field(text, 238, 4),
        photo_wlt=photo_wlt,
    )


def _foreigner_2017(text: bytes, photo_wlt: bytes) -> IdCard:
    english_name = _field(text, 0, 120)
    return IdCard(
        kind=CardKind.FOREIGNER_2017,
        name=_field(text, 158, 30) or english_name,
        english_name=english_name,
        sex=_sex(text, 120),
        number=_field(text, 122, 30),
        nationality=_field(text, 152, 6),
        birth_date=_date(_field(text, 220, 16)),
        issuer=_field(text, 240, 8),
        valid_from=_date(_field(text, 188, 16)),
        valid_until=_last_day(_field(text, 204, 16)),
        card_version=_field(text, 236, 4),
        photo_wlt=photo_wlt,
    )


def _foreigner_2023(text: bytes, photo_wlt: bytes) -> IdCard:
    # the English name goes on at 220 where 35 characters do not hold it, so only its end is padded
    english_name = _clean(_characters(text, 52, 70) + _characters(text, 220, 22))
    return IdCard(
        kind=CardKind.FOREIGNER_2023,
        name=_field(text, 0, 30) or english_name,
        english_name=english_name,
        sex=_sex(text, 30),
        number=_field(text, 122, 36),
        nationality=_field(text, 242, 6),
        birth_date=_date(_field(text, 36, 16)),
        issuer=IMMIGRATION_ADMINISTRATION,
        valid_from=_date(_field(text, 188, 16)),
        valid_until=_last_day(_field(text, 204, 16)),
        times_issued=_field(text, 32, 4),
        former_number_link=_field(text, 250, 6),
        photo_wlt=photo_wlt,
    )


def _characters(text: bytes, offset: int, length: int) -> str:
    """Cut one field by its bytes, so that a name with characters beyond the BMP keeps its place."""
    return text[offset : offset + length].decode("utf-16-le")


def _field(text: bytes, offset: int, length: int) -> str:
    return _clean(_characters(text, offset, length))


def _clean(characters: str) -> str:
    """Take the padding away: spaces, with some issuers NUL (DEVICES.md 1.5)."""
    return characters.partition("\0")[0].strip(" \u3000")


def _sex(text: bytes, offset: int) -> Sex:
    code = _field(text, offset, 2)
    return Sex(code) if code in set(Sex) else Sex.UNKNOWN


def _date(digits: str) -> date | None:
    """YYYYMMDD; None for anything that is no day of the calendar."""
    if len(digits) == 8 and digits.isascii() and digits.isdigit():
        with contextlib.suppress(ValueError):
            return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    return None


def _last_day(characters: str) -> date | None:
    """The last day of validity; None for long term and for nothing else."""
    if characters == _LONG_TERM:
        return None
    day = _date(characters)
    if day is None:
        raise ValueError("the last day of validity is neither a day nor long term")
    return day
