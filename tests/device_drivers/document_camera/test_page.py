import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from device_drivers.document_camera.flattening import flatten, page_size_px
from device_drivers.document_camera.interface import PageProblem
from device_drivers.document_camera.judgement import judge
from device_drivers.document_camera.page import find_page
from tests.device_drivers.document_camera.scenes import desk_with_sheet, overlap

_PHOTOGRAPHS = Path(__file__).parents[4] / "shared" / "data" / "documents"

photographs = [
    pytest.mark.photographs,
    pytest.mark.slow,
    pytest.mark.skipif(
        not _PHOTOGRAPHS.is_dir(), reason="the photographs of ../shared/data are not here"
    ),
]

_DESKS = {
    "wood": (60, 90, 130),
    "dark": (35, 30, 30),
    "green": (70, 110, 60),
    "grey": (150, 150, 150),
}


@pytest.mark.parametrize("desk", _DESKS)
@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2, 3))]
)
def test_a_sheet_in_any_pose_on_any_desk_is_found_to_the_pixel(desk: str, seed: int) -> None:
    scene = desk_with_sheet(seed, desk=_DESKS[desk])
    found = find_page(scene.picture)
    assert found is not None
    assert overlap(found, scene.corners, scene.picture) > 0.985


def test_corners_come_clockwise_from_the_top_left() -> None:
    scene = desk_with_sheet(3)
    found = find_page(scene.picture)
    assert found is not None
    assert np.abs(np.array(found) - scene.corners).max() < 8


@pytest.mark.parametrize("seed", range(3))
def test_an_empty_desk_has_no_page(seed: int) -> None:
    chance = np.random.default_rng(seed)
    coarse = chance.normal(0, 12, (90, 20)).astype(np.float32)
    grain = cv2.resize(coarse, (1920, 1080), interpolation=cv2.INTER_CUBIC)
    noise = chance.normal(0, 3, (1080, 1920))
    desk = np.clip(110 + grain + noise, 0, 255).astype(np.uint8)
    assert find_page(cv2.cvtColor(desk, cv2.COLOR_GRAY2BGR).astype(np.uint8)) is None


@pytest.mark.parametrize("grey", [0, 96, 255])
def test_a_picture_of_one_colour_has_no_page(grey: int) -> None:
    assert find_page(np.full((1080, 1920, 3), grey, np.uint8)) is None


@pytest.mark.slow
def test_a_good_page_has_no_problem() -> None:
    scene = desk_with_sheet(1, width=3840)
    found = find_page(scene.picture)
    assert judge(scene.picture, found).problems == ()


@pytest.mark.slow
def test_a_blurred_page_is_called_blurred_and_nothing_else() -> None:
    scene = desk_with_sheet(1, width=3840)
    blurred = cv2.GaussianBlur(scene.picture, (0, 0), 8).astype(np.uint8)
    assert judge(blurred, find_page(blurred)).problems == (PageProblem.BLURRED,)


def test_a_dark_page_is_called_dark() -> None:
    scene = desk_with_sheet(1, width=3840)
    dark = (scene.picture * 0.25).astype(np.uint8)
    assert PageProblem.TOO_DARK in judge(dark, find_page(scene.picture)).problems


def test_a_page_far_away_is_called_too_small() -> None:
    scene = desk_with_sheet(1, width=1280)
    assert PageProblem.TOO_SMALL in judge(scene.picture, find_page(scene.picture)).problems


@pytest.mark.slow
def test_a_lamp_mirrored_on_the_page_is_called_glare() -> None:
    scene = desk_with_sheet(1, width=3840, sheet=210)
    found = find_page(scene.picture)
    lit = scene.picture.copy()
    x, y = scene.corners.mean(axis=0)
    cv2.circle(lit, (round(float(x)), round(float(y))), 160, (255, 255, 255), -1)
    assert judge(scene.picture, found).glare == 0
    assert judge(lit, found).problems == (PageProblem.GLARE,)


def test_a_page_that_leaves_the_frame_is_called_cut_off() -> None:
    scene = desk_with_sheet(1, width=3840)
    top = int(scene.corners[:, 1].min()) + 300
    cut = scene.picture[top:]
    found = find_page(cut)
    assert judge(cut, found).problems[0] in {PageProblem.CUT_OFF, PageProblem.NO_PAGE}


def test_no_page_is_the_only_problem_where_there_is_none() -> None:
    judged = judge(np.zeros((1080, 1920, 3), np.uint8), None)
    assert judged.problems == (PageProblem.NO_PAGE,)


@pytest.mark.slow
def test_a_flattened_page_is_a4_at_the_resolution_asked_for() -> None:
    scene = desk_with_sheet(2, width=3840)
    found = find_page(scene.picture)
    assert found is not None
    assert flatten(scene.picture, found, dpi=200).shape == (2339, 1654, 3)
    assert flatten(scene.picture, found, dpi=100).shape == (1169, 827, 3)


def test_a_page_lying_on_its_side_stays_on_its_side() -> None:
    quad = ((0.0, 0.0), (1414.0, 0.0), (1414.0, 1000.0), (0.0, 1000.0))
    assert page_size_px(quad, 200) == (2339, 1654)


@pytest.mark.slow
def test_flattening_puts_the_ink_where_it_is_on_the_paper() -> None:
    scene = desk_with_sheet(2, width=3840)
    found = find_page(scene.picture)
    assert found is not None
    grey = cv2.cvtColor(flatten(scene.picture, found, dpi=100), cv2.COLOR_BGR2GRAY)
    rows = grey[:, 90:740].mean(axis=1)
    first, last = round(96 / 848 * 1169), round(742 / 848 * 1169)
    assert rows[first - 6 : first + 7].min() < rows[first - 30] - 25
    assert rows[last + 40 :].min() > rows[first - 6 : first + 7].min() + 25


def _photograph(name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    picture = cv2.imread(str(_PHOTOGRAPHS / name))
    assert picture is not None
    return np.asarray(picture, np.uint8)


class TestOnPhotographs:
    pytestmark = photographs

    def test_the_mean_overlap_with_hand_drawn_corners_is_above_95_percent(self) -> None:
        manifest = json.loads((_PHOTOGRAPHS / "manifest.json").read_text(encoding="utf-8"))
        overlaps = []
        for entry in manifest["quads"]:
            picture = _photograph(entry["file"])
            found = find_page(picture)
            corners = np.array(entry["corners"], np.float32)
            overlaps.append(0.0 if found is None else overlap(found, corners, picture))
        assert np.mean(overlaps) > 0.95
        assert min(overlaps) > 0.9

    def test_no_page_that_leaves_the_frame_is_accepted(self) -> None:
        manifest = json.loads((_PHOTOGRAPHS / "manifest.json").read_text(encoding="utf-8"))
        for entry in manifest["incomplete"]:
            picture = _photograph(entry["file"])
            assert judge(picture, find_page(picture)).problems, entry["file"]
