"""The invented people: numbers that check, cards that can be made, the same person everywhere."""

import json
from datetime import date
from pathlib import Path

import pytest
import yaml

from device_drivers.bench.catalogue import Catalogue
from device_drivers.id_card_reader.emulated_card import make_card
from device_drivers.social_security_card.emulator import CardFields, SocialSecurityCardEmulator

CATALOGUE = Catalogue.load()
SANDBOX = Path(__file__).parents[3] / "assets" / "sandbox"
NUMBERS = [card["number"] for card in CATALOGUE.id_cards.values()] + [
    str(card["social_security_number"]) for card in CATALOGUE.social_security_cards.values()
]


def check_digit(number: str) -> str:
    """GB 11643: ISO 7064 MOD 11-2."""
    remainder = 0
    for digit in number[:17]:
        remainder = (remainder + int(digit)) * 2 % 11
    return "0123456789X"[(12 - remainder) % 11]


def test_knows_a_wrong_check_digit() -> None:
    assert check_digit("11010519491231002X") == "X"  # the standard's own example
    assert check_digit("370321198503120012") != "2"


@pytest.mark.parametrize("number", NUMBERS)
def test_gives_every_person_a_number_that_checks(number: str) -> None:
    assert check_digit(number) == number[17]
    assert number[:6] in {"370321", "810000"}


@pytest.mark.parametrize("name", CATALOGUE.id_cards)
def test_prints_on_an_id_card_what_its_number_says(name: str) -> None:
    card = CATALOGUE.id_cards[name]
    assert card["birth_date"].replace("-", "") == card["number"][6:14]
    assert int(card["sex"]) % 2 == int(card["number"][16]) % 2
    assert len(make_card(card).text) == 256


@pytest.mark.parametrize("name", CATALOGUE.social_security_cards)
def test_personalises_a_social_security_card_as_its_number_says(name: str) -> None:
    fields = CardFields.from_mapping(CATALOGUE.social_security_cards[name])
    assert fields.birth_date == fields.social_security_number[6:14]
    assert int(fields.sex) % 2 == int(fields.social_security_number[16]) % 2
    assert len(fields.card_number) == 9
    SocialSecurityCardEmulator(fields)


def test_has_a_resident_an_elderly_person_and_a_permit() -> None:
    cards = CATALOGUE.id_cards.values()
    assert {card["kind"] for card in cards} == {"resident", "hk_macau_taiwan"}
    assert any(date.fromisoformat(card["birth_date"]).year <= 1953 for card in cards)


@pytest.mark.parametrize(
    "name", sorted(CATALOGUE.id_cards.keys() & CATALOGUE.social_security_cards.keys())
)
def test_gives_one_person_the_same_number_on_both_cards(name: str) -> None:
    id_card, social = CATALOGUE.id_cards[name], CATALOGUE.social_security_cards[name]
    assert id_card["number"] == social["social_security_number"]
    assert id_card["name"] == social["name"]


def test_knows_nobody_the_departments_of_the_demo_do_not_know() -> None:
    people = yaml.safe_load((SANDBOX / "people.yaml").read_text("utf-8"))
    assert set(NUMBERS) <= {person["number"] for person in people}


def test_shows_notices_the_tax_office_of_the_demo_knows() -> None:
    notices = {
        f"TAX1:{notice['area']}:{notice['notice']}"
        for notice in yaml.safe_load((SANDBOX / "tax.yaml").read_text("utf-8"))
    }
    shown = {name: code.text for name, code in CATALOGUE.codes.items()}
    assert shown["tax-notice-paid"] == "TAX1:370321:20261100042317"
    known = {name for name, text in shown.items() if text in notices}
    assert known == {"tax-notice-paid", "tax-notice-unpaid", "tax-notice-voided"}


def test_describes_everything_as_json() -> None:
    described = json.loads(json.dumps(CATALOGUE.describe()))
    assert set(described["id_cards"]) == set(CATALOGUE.id_cards)
