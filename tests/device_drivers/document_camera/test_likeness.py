"""Whether a page was taken before, by two pictures of it."""

import cv2
import numpy as np
import pytest
from PIL import Image

from device_drivers.document_camera import papers
from device_drivers.document_camera.likeness import are_alike

pytestmark = pytest.mark.slow


def seen(paper: Image.Image, *, seed: int, turned_degrees: float = 0.0) -> bytes:
    """A flattened picture of a paper: a little off, a little darker, with a sensor's noise."""
    dots = np.asarray(paper.convert("RGB"))[:, :, ::-1]
    height, width = dots.shape[:2]
    lie = cv2.getRotationMatrix2D((width / 2, height / 2), turned_degrees, 1.0)
    lie[:, 2] += (4 * seed, -3 * seed)
    moved = cv2.warpAffine(dots, lie, (width, height), borderValue=(245, 245, 245))
    noise = np.random.default_rng(seed).normal(0, 7, moved.shape)
    _, jpeg = cv2.imencode(".jpg", np.clip(moved * 0.94 + noise, 0, 255).astype(np.uint8))
    return jpeg.tobytes()


@pytest.fixture(scope="module")
def letter() -> Image.Image:
    return papers.employer_letter()


@pytest.fixture(scope="module")
def form() -> Image.Image:
    return papers.application_form()


def test_a_page_taken_twice_is_the_same(letter: Image.Image, form: Image.Image) -> None:
    for paper in (letter, form):
        assert are_alike(seen(paper, seed=0), seen(paper, seed=2, turned_degrees=0.2))


def test_another_page_is_another(letter: Image.Image, form: Image.Image) -> None:
    assert not are_alike(seen(letter, seed=0), seen(form, seed=1))


def test_one_form_filled_in_by_another_person_is_another(
    form: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(papers, "_APPLICANT", "李思雨")
    monkeypatch.setattr(papers, "_NUMBER", "370321199001011234")
    assert not are_alike(seen(form, seed=0), seen(papers.application_form(), seed=1))


def test_a_page_on_its_head_is_another(letter: Image.Image) -> None:
    assert not are_alike(seen(letter, seed=0), seen(letter.rotate(180), seed=0))


def test_what_is_no_picture_is_like_nothing(letter: Image.Image) -> None:
    assert not are_alike(b"GIF89a", seen(letter, seed=0))
