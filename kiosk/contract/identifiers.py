"""Official numbers of people, companies and real estate: kind, check digit, and why not.

Sources: GB 11643 (MOD 11-2, weights 2^(18-i) mod 11), GB 32100 (weights 3^(i-1) mod 31 over 31
signs; places 9 to 17 are an organisation code of GB 11714), `DEVICES.md` section 1.5 (foreigner
cards 2017 and 2023), `REQUIREMENTS.md` "Figures" (real-estate unit number: 28 places, no check
digit).
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from kiosk.contract.dates import CHINA


class NumberKind(StrEnum):
    """What sort of number a text is."""

    RESIDENT_ID = "resident_id"
    """公民身份号码."""
    RESIDENCE_PERMIT = "residence_permit"
    """港澳台居民居住证: area codes 810000, 820000, 830000."""
    FOREIGNER_2017 = "foreigner_2017"
    """外国人永久居留身份证, 2017 edition: 15 places; its last sign's rule is not public."""
    FOREIGNER_2023 = "foreigner_2023"
    """外国人永久居留身份证, 2023 edition: 18 digits beginning with 9."""
    SOCIAL_CREDIT_CODE = "social_credit_code"
    """统一社会信用代码."""
    REAL_ESTATE_UNIT = "real_estate_unit"
    """不动产单元号."""
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why a number is not valid; a text key."""

    OK = ""
    WRONG_SHAPE = "wrong_shape"
    WRONG_CHECK_DIGIT = "wrong_check_digit"
    WRONG_AREA = "wrong_area"
    WRONG_DATE = "wrong_date"


@dataclass(frozen=True, slots=True)
class NumberCheck:
    """The verdict over one text."""

    kind: NumberKind
    valid: bool
    reason: Reason = Reason.OK


_ID_WEIGHTS: Final = tuple(2 ** (18 - place) % 11 for place in range(1, 18))
_ID_SIGNS: Final = "10X98765432"
"""Check sign by the weighted sum modulo 11, GB 11643."""

_CREDIT_SIGNS: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS: Final = tuple(3 ** (place - 1) % 31 for place in range(1, 18))

_ORGANISATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
_ORGANISATION_SIGNS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""GB 11714: a letter counts by its place in the whole alphabet, unlike in GB 32100."""
_ORGANISATION_CHECK: Final = "0X987654321"
"""Check sign by the weighted sum modulo 11."""


_PROVINCES: Final = frozenset(
    f"{code}"
    for first, last in (
        (11, 15),
        (21, 23),
        (31, 37),
        (41, 46),
        (50, 54),
        (61, 65),
        (71, 71),
        (81, 82),
    )
    for code in range(first, last + 1)
)
"""First two digits of GB/T 2260 area codes."""

_PERMIT_AREAS: Final = frozenset({"810000", "820000", "830000"})

_EARLIEST_BIRTH_YEAR: Final = 1850


def mod_11_2_sign(first_17_digits: str) -> str:
    """The 18th sign for 17 digits: `mod_11_2_sign("11010519491231002") == "X"`."""
    total = sum(int(d) * w for d, w in zip(first_17_digits, _ID_WEIGHTS, strict=True))
    return _ID_SIGNS[total % 11]


def credit_code_sign(first_17_signs: str) -> str:
    """The 18th sign for 17 signs: `credit_code_sign("91350100M000100Y4") == "3"`."""
    total = sum(
        _CREDIT_SIGNS.index(s) * w for s, w in zip(first_17_signs, _CREDIT_WEIGHTS, strict=True)
    )
    return _CREDIT_SIGNS[(31 - total % 31) % 31]


def organisation_code_sign(first_8_signs: str) -> str:
    """The 9th sign for 8 signs: `organisation_code_sign("M000100Y") == "4"`."""
    total = sum(
        _ORGANISATION_SIGNS.index(s) * w
        for s, w in zip(first_8_signs, _ORGANISATION_WEIGHTS, strict=True)
    )
    return _ORGANISATION_CHECK[total % 11]


def check_number(text: str, *, today: date | None = None) -> NumberCheck:
    """Say what number `text` is and whether it can exist. Full-width signs and spaces are fine.

    Nobody is born after `today`, by default the day it is in China.
    """
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).upper()
    day = today or datetime.now(CHINA).date()
    for pattern, check in _CHECKS:
        if pattern.fullmatch(plain):
            return check(plain, day)
    return NumberCheck(NumberKind.UNKNOWN, False, Reason.WRONG_SHAPE)


def _check_person(number: str, today: date) -> NumberCheck:
    area = number[:6]
    permit = area in _PERMIT_AREAS
    kind = NumberKind.RESIDENCE_PERMIT if permit else NumberKind.RESIDENT_ID
    if not permit and area[:2] not in _PROVINCES:
        return NumberCheck(kind, False, Reason.WRONG_AREA)
    return _dated_mod_11_2(kind, number, today)


def _check_foreigner_2023(number: str, today: date) -> NumberCheck:
    if number[1:3] not in _PROVINCES:
        return NumberCheck(NumberKind.FOREIGNER_2023, False, Reason.WRONG_AREA)
    return _dated_mod_11_2(NumberKind.FOREIGNER_2023, number, today)


def _dated_mod_11_2(kind: NumberKind, number: str, today: date) -> NumberCheck:
    if not _is_birth_date(number[6:14], today):
        return NumberCheck(kind, False, Reason.WRONG_DATE)
    if mod_11_2_sign(number[:17]) != number[17]:
        return NumberCheck(kind, False, Reason.WRONG_CHECK_DIGIT)
    return NumberCheck(kind, True)


def _check_foreigner_2017(number: str, _today: date) -> NumberCheck:
    month, day = int(number[9:11]), int(number[11:13])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return NumberCheck(NumberKind.FOREIGNER_2017, False, Reason.WRONG_DATE)
    return NumberCheck(NumberKind.FOREIGNER_2017, True)


def _check_credit_code(code: str, _today: date) -> NumberCheck:
    is_organisation = organisation_code_sign(code[8:16]) == code[16]
    valid = is_organisation and credit_code_sign(code[:17]) == code[17]
    reason = Reason.OK if valid else Reason.WRONG_CHECK_DIGIT
    return NumberCheck(NumberKind.SOCIAL_CREDIT_CODE, valid, reason)


def _check_real_estate_unit(number: str, _today: date) -> NumberCheck:
    if number[:2] not in _PROVINCES:
        return NumberCheck(NumberKind.REAL_ESTATE_UNIT, False, Reason.WRONG_AREA)
    return NumberCheck(NumberKind.REAL_ESTATE_UNIT, True)


def _is_birth_date(text: str, today: date) -> bool:
    try:
        born = date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return born.year >= _EARLIEST_BIRTH_YEAR and born <= today


def _check_nine(number: str, today: date) -> NumberCheck:
    """18 digits beginning with 9: a 2023 foreigner card or a credit code made of digits only."""
    foreigner = _check_foreigner_2023(number, today)
    if foreigner.valid:
        return foreigner
    credit = _check_credit_code(number, today)
    return credit if credit.valid else foreigner


_CHECKS: Final[tuple[tuple[re.Pattern[str], Callable[[str, date], NumberCheck]], ...]] = (
    (re.compile(r"9[0-9]{17}"), _check_nine),
    (re.compile(r"[0-9]{17}[0-9X]"), _check_person),
    (re.compile(r"[A-Z]{3}[0-9]{12}"), _check_foreigner_2017),
    (re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}"), _check_credit_code),
    (re.compile(r"[0-9]{12}[A-Z]{2}[0-9]{5}[FLQW][0-9]{8}"), _check_real_estate_unit),
)


def mask_number(number: str) -> str:
    """Keep the first three and the last four signs: `370***********0017`."""
    if len(number) <= 7:
        return "*" * len(number)
    return number[:3] + "*" * (len(number) - 7) + number[-4:]


def mask_name(name: str) -> str:
    """Keep the first and the last sign, of two the first: `张*`, `张*远`, `欧**娜`.

    For papers and pages a stranger may see. A certificate names its person whole: it proves
    something about them to somebody else, and comes with the name as the department wrote it.
    """
    if len(name) <= 2:
        return name[:1] + "*" * (len(name) - 1)
    return name[0] + "*" * (len(name) - 2) + name[-1]


def mask_phone(digits: str) -> str:
    """`138****5678`."""
    return f"{digits[:3]}****{digits[7:]}" if len(digits) == 11 else digits
