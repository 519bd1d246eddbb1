import cv2
import numpy as np
import pytest

from device_drivers.document_camera.enhancement import enhance
from device_drivers.document_camera.interface import PageLook, Picture
from device_drivers.document_camera.papers import employer_letter


@pytest.fixture(scope="module")
def letter() -> Picture:
    drawn = employer_letter().resize((827, 1169))
    return np.asarray(cv2.cvtColor(np.asarray(drawn), cv2.COLOR_RGB2BGR), np.uint8)


def _in_shadow(page: Picture) -> Picture:
    """A lamp at the left that falls off, yellowish, and a hand's soft shadow over one corner."""
    height, width = page.shape[:2]
    light = np.linspace(1.0, 0.6, width, dtype=np.float32)[None, :, None] * np.array(
        (0.82, 0.93, 0.98), np.float32
    )
    shadow = np.ones((height, width), np.float32)
    cv2.circle(shadow, (width, height), 450, 0.6, -1)
    shadow = np.asarray(cv2.GaussianBlur(shadow, (0, 0), 30), np.float32)
    return np.asarray(np.clip(page * light * shadow[:, :, None], 0, 255), np.uint8)


@pytest.mark.parametrize("look", [PageLook.COLOUR, PageLook.GREY])
def test_paper_in_shadow_becomes_white_everywhere(letter: Picture, look: PageLook) -> None:
    dim = _in_shadow(letter)
    bare = [(slice(30, 80), slice(30, 80)), (slice(1100, 1150), slice(750, 810))]
    assert max(float(dim[place].mean()) for place in bare) < 240
    result = enhance(dim, look)
    assert min(float(result[place].mean()) for place in bare) > 248
    assert result.shape == dim.shape


def test_ink_becomes_darker_and_no_character_is_lost(letter: Picture) -> None:
    dim = _in_shadow(letter)
    result = enhance(dim, PageLook.GREY)
    ink = np.asarray(cv2.cvtColor(letter, cv2.COLOR_BGR2GRAY)) < 60
    assert float(np.median(result[ink])) < 20
    assert float((result[ink] < 128).mean()) > 0.99


def test_a_red_seal_stays_red_in_colour_and_has_no_colour_in_grey(letter: Picture) -> None:
    dim = _in_shadow(letter)
    is_seal = (letter[:, :, 2] > 170) & (letter[:, :, 1] < 70)
    colour = enhance(dim, PageLook.COLOUR)[is_seal].astype(np.int16)
    assert np.median(colour[:, 2] - colour[:, 1]) > 100
    grey = enhance(dim, PageLook.GREY)
    assert np.ptp(grey, axis=2).max() == 0


def test_plain_is_the_page_as_it_was_seen(letter: Picture) -> None:
    assert enhance(letter, PageLook.PLAIN) is letter


@pytest.mark.parametrize("grey", [0, 128, 255])
@pytest.mark.parametrize("look", list(PageLook))
def test_a_page_of_one_grey_is_no_trouble(grey: int, look: PageLook) -> None:
    page = np.full((120, 90, 3), grey, np.uint8)
    assert enhance(page, look).shape == page.shape
