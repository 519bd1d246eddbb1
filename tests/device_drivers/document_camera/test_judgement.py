"""What is refused beyond what `test_page.py` shows: bent sheets, shadows, cards and their sizes."""

import cv2
import numpy as np
import pytest

from device_drivers.document_camera.flattening import flatten, likely_paper
from device_drivers.document_camera.interface import PageProblem, PaperSize, Picture
from device_drivers.document_camera.judgement import judge
from device_drivers.document_camera.page import find_page
from tests.device_drivers.document_camera.scenes import desk_with_sheet, overlap

Corners = np.ndarray


def _bent(picture: Picture, corners: Corners, share: float) -> Picture:
    """The sheet risen in its middle: all that lies between its sides moves down."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    left, right = float(corners[:, 0].min()), float(corners[:, 0].max())
    along = np.clip((x - left) / (right - left), 0, 1)
    y -= np.float32(share * (right - left)) * 4 * along * (1 - along)
    return np.asarray(cv2.remap(picture, x, y, cv2.INTER_LINEAR), np.uint8)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_a_flat_sheet_is_straight_and_a_bent_one_is_measured(seed: int) -> None:
    scene = desk_with_sheet(seed, width=2560)
    flat = judge(scene.picture, find_page(scene.picture))
    assert flat.bow < 0.005
    bent = _bent(scene.picture, scene.corners, 0.045)
    judged = judge(bent, find_page(bent), least_dpi=60)
    assert judged.bow == pytest.approx(0.045, abs=0.012)
    assert PageProblem.NOT_FLAT in judged.problems


@pytest.mark.slow
def test_what_a_cheap_lens_bends_is_not_called_bent() -> None:
    scene = desk_with_sheet(1, width=2560)
    bent = _bent(scene.picture, scene.corners, 0.012)
    assert PageProblem.NOT_FLAT not in judge(bent, find_page(bent)).problems


@pytest.mark.parametrize("seed", range(3))
def test_a_shadow_along_the_sheet_is_no_part_of_it(seed: int) -> None:
    scene = desk_with_sheet(seed)
    cover = np.zeros(scene.picture.shape[:2], np.float32)
    cv2.fillConvexPoly(cover, scene.corners.round().astype(np.int32), 1.0)
    fallen = np.roll(cover, (6, 40), (0, 1))
    shadow = np.asarray(cv2.GaussianBlur(fallen, (0, 0), 3), np.float32) * (1 - cover)
    picture = (scene.picture * (1 - 0.5 * shadow[:, :, None])).astype(np.uint8)
    found = find_page(picture)
    assert found is not None
    assert overlap(found, scene.corners, picture) > 0.975


def _desk_with_card(*, lies_at: tuple[int, int] = (700, 400)) -> Picture:
    """A bank card's size under a camera that sees an A4 page at 150 dpi."""
    chance = np.random.default_rng(4)
    desk = np.full((1200, 1760, 3), (60, 80, 100), np.uint8)
    x, y = lies_at
    card = np.full((319, 506, 3), (235, 228, 220), np.uint8)
    for row in range(40, 280, 36):
        card[row : row + 10, 40 : 40 + int(chance.integers(150, 400)) : 3] = 40
    desk[y : y + 319, x : x + 506] = card
    noise = chance.normal(0, 2, desk.shape)
    return np.clip(desk + noise, 0, 255).astype(np.uint8)


def test_a_card_is_told_from_a_page_and_comes_out_in_its_size() -> None:
    picture = _desk_with_card()
    found = find_page(picture)
    assert found is not None
    assert likely_paper(picture, found) is PaperSize.ID_CARD
    assert flatten(picture, found, dpi=300).shape == (638, 1011, 3)
    assert judge(picture, found).problems == ()


def test_a_card_where_a_page_was_asked_for_is_too_small() -> None:
    picture = _desk_with_card()
    judged = judge(picture, find_page(picture), paper=PaperSize.A4)
    assert judged.problems[0] is PageProblem.TOO_SMALL


def test_writing_that_fills_the_frame_is_no_page() -> None:
    chance = np.random.default_rng(2)
    picture = np.full((1080, 1920, 3), 225, np.uint8)
    for row in range(20, 1060, 34):
        for x in range(0, 1900, 46):
            end = x + int(chance.integers(10, 40))
            picture[row : row + 14, x:end:3] = 60
    assert judge(picture, find_page(picture)).problems[0] in {
        PageProblem.NO_PAGE,
        PageProblem.CUT_OFF,
    }


@pytest.mark.parametrize("seed", range(3))
def test_a_page_still_lying_there_is_found_again_where_it_was(seed: int) -> None:
    scene = desk_with_sheet(seed)
    first = find_page(scene.picture)
    again = find_page(scene.picture, near=first)
    assert first is not None
    assert again is not None
    assert np.abs(np.array(again) - np.array(first)).max() < 2


def test_a_page_that_is_gone_is_not_found_where_it_was() -> None:
    scene = desk_with_sheet(1)
    first = find_page(scene.picture)
    bare = np.full_like(scene.picture, 90)
    assert find_page(bare, near=first) is None
