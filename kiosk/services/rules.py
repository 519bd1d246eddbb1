"""The predicates and code readers that service definitions name; data picks them, code is them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from kiosk.contract.cases import Applicant


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What a rule may ask about somebody whose card was read."""

    birth_date: date | None = field(repr=False)
    today: date


ADULT_YEARS: Final = 18
"""民法典 Article 17: a natural person of 18 years is an adult."""

_MOBILE_NUMBER: Final = re.compile(r"1[3-9][0-9]{9}")
"""Mainland mobile numbers: eleven digits, the second from 3 to 9."""

_TAX_NOTICE: Final = re.compile(r"TAX1:([0-9]{6}):([0-9]{14})")
"""Our notice's code: format mark, area code, electronic notice number of 14 digits."""


def is_adult(person: Person) -> bool:
    """18 years complete today; an unknown birth date is not proof of age."""
    born = person.birth_date
    if born is None:
        return False
    had_birthday = (person.today.month, person.today.day) >= (born.month, born.day)
    return person.today.year - born.year - (not had_birthday) >= ADULT_YEARS


def is_mobile_number(digits: str) -> bool:
    """Could this be a mainland mobile number?"""
    return _MOBILE_NUMBER.fullmatch(digits) is not None


def tax_notice(text: str) -> Applicant | None:
    """The tax notice's number as the applicant's; None for any other code."""
    found = _TAX_NOTICE.fullmatch(text.strip())
    return None if found is None else Applicant(number=found[0], number_kind="tax_notice")


PERSON_RULES: Final[Mapping[str, Callable[[Person], bool]]] = {"is_adult": is_adult}
DIGIT_RULES: Final[Mapping[str, Callable[[str], bool]]] = {"is_mobile_number": is_mobile_number}
CODE_READERS: Final[Mapping[str, Callable[[str], Applicant | None]]] = {"tax_notice": tax_notice}

RULE_NAMES: Final = frozenset(PERSON_RULES) | frozenset(DIGIT_RULES)
CODE_READER_NAMES: Final = frozenset(CODE_READERS)
