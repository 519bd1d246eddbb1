"""Whatever the camera shows: a typed answer, never a crash."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from device_drivers.document_camera.edges import place, score_all
from device_drivers.document_camera.enhancement import enhance
from device_drivers.document_camera.flattening import flatten, likely_paper, page_size_px
from device_drivers.document_camera.interface import (
    PageLook,
    PageProblem,
    PaperSize,
    Picture,
    Quad,
)
from device_drivers.document_camera.judgement import judge
from device_drivers.document_camera.page import find_page
from device_drivers.document_camera.pages_pdf import jpeg_of
from device_drivers.document_camera.text_reading.strips import strips_of
from device_drivers.document_camera.watching import PageWatch

pytestmark = pytest.mark.slow

sizes = st.tuples(st.integers(1, 140), st.integers(1, 140))
seeds = st.integers(0, 2**32 - 1)
kinds = st.sampled_from(["noise", "flat", "blocks", "sheet", "lines"])


def _picture(kind: str, size: tuple[int, int], seed: int) -> Picture:
    chance = np.random.default_rng(seed)
    height, width = size
    ground = np.full((height, width, 3), chance.integers(0, 256, 3), np.uint8)
    corners = chance.uniform(-20, 160, (12, 2)).astype(np.int32)
    match kind:
        case "noise":
            return chance.integers(0, 256, (height, width, 3), np.uint8)
        case "blocks":
            blocks = chance.integers(0, 256, (5, 4, 3), np.uint8)
            scaled = cv2.resize(blocks, (width, height), interpolation=cv2.INTER_NEAREST)
            return np.asarray(scaled, np.uint8)
        case "sheet":
            cv2.fillConvexPoly(ground, corners[:4], (235, 235, 235))
        case "lines":
            cv2.polylines(ground, [corners], True, (9, 9, 9), 3)
    return ground


def _quad(values: list[float]) -> Quad:
    points = [(values[at], values[at + 1]) for at in range(0, 8, 2)]
    return (points[0], points[1], points[2], points[3])


quads = st.lists(st.floats(-300, 500, width=32), min_size=8, max_size=8).map(_quad)


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(kind=kinds, size=sizes, seed=seeds, near=st.none() | quads)
def test_any_picture_has_a_page_or_none_and_a_judgement(
    kind: str, size: tuple[int, int], seed: int, near: Quad | None
) -> None:
    picture = _picture(kind, size, seed)
    quad = find_page(picture, near=near)
    judged = judge(picture, quad)
    assert set(judged.problems) <= set(PageProblem)
    assert all(
        math.isfinite(each) for each in (judged.sharpness, judged.glare, judged.light, judged.bow)
    )
    if quad is None:
        assert judged.problems == (PageProblem.NO_PAGE,)
    else:
        assert np.isfinite(quad).all()


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@example(
    kind="noise",
    size=(1, 1),
    seed=0,
    quad=((0.0, 74.0), (0.0, 0.0), (0.5, 0.0), (2.0, 74.0)),
    look=PageLook.PLAIN,
)
@given(kind=kinds, size=sizes, seed=seeds, quad=quads, look=st.sampled_from(PageLook))
def test_any_four_corners_can_be_judged_and_flattened(
    kind: str, size: tuple[int, int], seed: int, quad: Quad, look: PageLook
) -> None:
    picture = _picture(kind, size, seed)
    for paper in PaperSize:
        judged = judge(picture, quad, paper=paper)
        assert set(judged.problems) <= set(PageProblem)
    assert likely_paper(picture, quad) in set(PaperSize)
    width_px, height_px = page_size_px(quad, 30)
    assert max(width_px, height_px) == 351
    flat = enhance(flatten(picture, quad, dpi=30, paper=PaperSize.A4), look)
    assert flat.shape == (height_px, width_px, 3)
    assert jpeg_of(flat, dpi=30, largest_bytes=20_000)[0].startswith(b"\xff\xd8")


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(kind=kinds, size=sizes, seed=seeds, quad=quads)
def test_any_guess_has_a_score_between_0_and_1_and_a_place(
    kind: str, size: tuple[int, int], seed: int, quad: Quad
) -> None:
    picture = _picture(kind, size, seed)
    corners = np.array(quad, np.float32)
    assert 0 <= score_all(picture, corners[None])[0] <= 1
    placed = place(picture, corners)
    assert placed.corners.shape == (4, 2)
    assert all(0 <= share <= 1 for share in placed.support)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(kind=kinds, size=sizes, seed=seeds)
def test_any_picture_has_strips_that_lie(kind: str, size: tuple[int, int], seed: int) -> None:
    strips = strips_of(_picture(kind, size, seed))
    for strip in (*strips.across, *strips.down):
        assert strip.shape[1] > strip.shape[0] > 0


looks = st.tuples(
    st.none() | st.floats(0, 100, width=32), st.lists(st.sampled_from(PageProblem), max_size=2)
)


@settings(max_examples=800, deadline=None)
@given(seen=st.lists(looks, max_size=40))
def test_no_run_of_frames_is_good_where_its_last_frame_is_not(
    seen: list[tuple[float | None, list[PageProblem]]],
) -> None:
    watch = PageWatch()
    for frame, (x, problems) in enumerate(seen):
        quad = None if x is None else _quad([x, 0.0, x + 80, 0.0, x + 80, 90.0, x, 90.0])
        told = watch.see(quad, tuple(problems), long_side_px=200, at_s=float(frame))
        assert 0 <= told.good_for_s <= frame
        assert told.good_for_s == 0 or not (problems or quad is None or told.problems)
