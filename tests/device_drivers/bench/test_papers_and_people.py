"""The papers under the emulated camera are those of the person whose card lies on the bench."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from device_drivers.bench.catalogue import Catalogue
from device_drivers.document_camera.papers import application_form, employer_letter
from device_drivers.typeface import font_for

APPLICANT = "zhang-mingyuan"
_TEXT_PX = 44
"""What papers are written in; the same words in the same size and typeface are alike to 1.000."""

Grey = NDArray[np.uint8]


def _grey(picture: Image.Image) -> Grey:
    return np.asarray(picture.convert("L"), np.uint8)


def likeness(sheet: Grey, words: str) -> float:
    """How much the most similar place of the sheet looks like these words, 0 to 1."""
    font = font_for("中", _TEXT_PX)
    left, top, right, bottom = font.getbbox(words)
    drawn = Image.new("L", (round(right - left) + 6, round(bottom - top) + 6), 248)
    ImageDraw.Draw(drawn).text((3 - left, 3 - top), words, font=font, fill=36)
    return float(cv2.matchTemplate(sheet, _grey(drawn), cv2.TM_CCOEFF_NORMED).max())


@pytest.fixture(scope="module", params=[employer_letter, application_form])
def sheet(request: pytest.FixtureRequest) -> Grey:
    return _grey(request.param())


@pytest.mark.slow
def test_each_paper_names_the_applicant_as_his_card_does(sheet: Grey) -> None:
    cards = Catalogue.load().id_cards
    for field in ("name", "number"):
        assert likeness(sheet, cards[APPLICANT][field]) > 0.999


@pytest.mark.slow
def test_no_paper_names_anybody_else_of_the_bench(sheet: Grey) -> None:
    """The negative control: other people's facts are not found on it."""
    others = {name: card for name, card in Catalogue.load().id_cards.items() if name != APPLICANT}
    assert others
    for card in others.values():
        for field in ("name", "number"):
            assert likeness(sheet, card[field]) < 0.85


@pytest.mark.slow
def test_the_form_gives_the_address_on_the_card() -> None:
    cards = Catalogue.load().id_cards
    # the county and its town stand on the form without province and city
    address = cards[APPLICANT]["address"].removeprefix("山东省淄博市")
    form = _grey(application_form())
    assert likeness(form, address) > 0.999
    assert likeness(form, cards["li-guilan"]["address"].removeprefix("山东省淄博市")) < 0.85


@pytest.mark.slow
def test_a_single_wrong_digit_would_be_seen() -> None:
    """The negative control of the likeness itself."""
    letter = _grey(employer_letter())
    number = Catalogue.load().id_cards[APPLICANT]["number"]
    right, wrong = likeness(letter, number), likeness(letter, number[:-1] + "2")
    assert right > 0.999
    assert wrong < 0.98


def test_the_applicant_is_one_person_on_both_his_cards() -> None:
    catalogue = Catalogue.load()
    card, social = (
        catalogue.id_cards[APPLICANT],
        catalogue.social_security_cards[APPLICANT],
    )
    assert (social["name"], social["social_security_number"]) == (card["name"], card["number"])
    assert card["number"][6:14] == card["birth_date"].replace("-", "")
