"""The predicates and code readers that services name."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from kiosk.contract.findings import Gate
from kiosk.services.rules import (
    CODE_READER_NAMES,
    RULE_NAMES,
    Person,
    is_adult,
    is_mobile_number,
    tax_notice,
)

ASSETS = Path(__file__).resolve().parents[3] / "assets"


@pytest.mark.parametrize(
    ("today", "adult"),
    [(date(2026, 11, 22), False), (date(2026, 11, 23), True), (date(2027, 1, 1), True)],
)
def test_one_is_an_adult_from_the_eighteenth_birthday_on(today: date, adult: bool) -> None:
    assert is_adult(Person(birth_date=date(2008, 11, 23), today=today)) is adult


def test_who_was_born_on_a_leap_day_is_an_adult_on_the_first_of_march() -> None:
    born = date(2008, 2, 29)
    assert not is_adult(Person(birth_date=born, today=date(2026, 2, 28)))
    assert is_adult(Person(birth_date=born, today=date(2026, 3, 1)))


def test_an_unknown_birth_date_is_no_proof_of_age() -> None:
    assert not is_adult(Person(birth_date=None, today=date(2026, 11, 23)))


@pytest.mark.parametrize(
    ("digits", "fits"),
    [("13805330042", True), ("19912345678", True), ("12805330042", False), ("1380533004", False)],
)
def test_mobile_numbers_are_told_from_others(digits: str, fits: bool) -> None:
    assert is_mobile_number(digits) is fits


def test_a_tax_notice_is_read_and_nothing_else_is() -> None:
    found = tax_notice("TAX1:370321:20261100042317\r\n")
    assert found is not None
    assert found.number == "TAX1:370321:20261100042317"
    assert tax_notice("TAX2:370321:20261100042317") is None
    assert tax_notice("TAX1:370321:20261100042317;DROP") is None


def test_the_publish_gate_names_just_the_rules_there_are() -> None:
    parsed = yaml.safe_load((ASSETS / "publish_gate.yaml").read_text(encoding="utf-8"))
    gate = Gate.model_validate(parsed)
    assert (gate.rules, gate.code_readers) == (RULE_NAMES, CODE_READER_NAMES)
