"""Frames told one by one: what is shown, and from when a page may be taken."""

import numpy as np
import pytest

from device_drivers.document_camera.interface import PageProblem, Quad
from device_drivers.document_camera.watching import PageWatch, Watched, moved_px

FRAME_S = 1 / 15
LONG_SIDE_PX = 1920
NO_PAGE = (PageProblem.NO_PAGE,)


def _at(x: float, y: float = 100.0) -> Quad:
    return ((x, y), (x + 800, y), (x + 800, y + 900), (x, y + 900))


class Desk:
    """A watch and the time on its clock."""

    def __init__(self) -> None:
        self.watch = PageWatch()
        self._now_s = 50.0

    def shows(self, quad: Quad | None, *problems: PageProblem) -> Watched:
        self._now_s += FRAME_S
        problems = problems if quad is not None else NO_PAGE
        return self.watch.see(quad, problems, long_side_px=LONG_SIDE_PX, at_s=self._now_s)


def test_a_page_is_good_for_as_long_as_it_has_lain_still() -> None:
    desk = Desk()
    told = [desk.shows(_at(100)) for _ in range(10)]
    assert told[0].problems == (PageProblem.MOVING,)
    assert [each.problems for each in told[1:]] == [()] * 9
    assert told[9].good_for_s == pytest.approx(8 * FRAME_S)


def test_a_page_that_moves_is_never_good() -> None:
    desk = Desk()
    told = [desk.shows(_at(100 + 20 * step)) for step in range(10)]
    assert {each.problems for each in told} == {(PageProblem.MOVING,)}
    assert {each.good_for_s for each in told} == {0.0}


def test_a_page_that_creeps_is_not_still_although_no_frame_jumps() -> None:
    desk = Desk()
    told = [desk.shows(_at(100 + 5 * step)) for step in range(30)]
    assert sum(PageProblem.MOVING in each.problems for each in told) > 5
    assert max(each.good_for_s for each in told) < 6 * FRAME_S


def test_the_corners_shown_are_steadier_than_those_found() -> None:
    desk = Desk()
    chance = np.random.default_rng(5)
    noise = chance.normal(0, 2, 60)
    shown = [desk.shows(_at(100 + float(jump))).quad for jump in noise]
    steadiness = float(np.std([quad[0][0] for quad in shown[10:] if quad is not None]))
    assert steadiness < 0.7 * float(np.std(noise[10:]))


def test_a_passing_shadow_of_two_frames_does_not_lose_the_page() -> None:
    desk = Desk()
    for _ in range(6):
        desk.shows(_at(100))
    passing = [desk.shows(None) for _ in range(2)]
    assert [each.quad for each in passing] == [_at(100)] * 2
    assert {each.good_for_s for each in passing} == {0.0}  # never taken without its page
    assert desk.shows(_at(100)).good_for_s > 6 * FRAME_S


def test_a_page_taken_away_is_gone_after_three_frames() -> None:
    desk = Desk()
    for _ in range(6):
        desk.shows(_at(100))
    gone = [desk.shows(None) for _ in range(3)]
    assert gone[2].quad is None
    assert gone[2].problems == NO_PAGE
    assert desk.shows(_at(100)).problems == (PageProblem.MOVING,)


def test_one_frame_with_glare_is_neither_shown_nor_taken() -> None:
    desk = Desk()
    for _ in range(6):
        desk.shows(_at(100))
    glimpse = desk.shows(_at(100), PageProblem.GLARE)
    assert glimpse.problems == ()
    assert glimpse.good_for_s == 0
    assert desk.shows(_at(100)).good_for_s > 6 * FRAME_S


def test_a_problem_of_most_frames_is_shown_without_flicker_and_begins_the_wait_anew() -> None:
    desk = Desk()
    for _ in range(4):
        desk.shows(_at(100), PageProblem.BLURRED)
    wavering = [
        desk.shows(_at(100), *problems)
        for problems in ((), (PageProblem.BLURRED,), (), (PageProblem.BLURRED,))
    ]
    assert {each.problems for each in wavering} == {(PageProblem.BLURRED,)}
    clearing = [desk.shows(_at(100)) for _ in range(6)]
    assert clearing[-1].problems == ()
    assert clearing[-1].good_for_s < 5 * FRAME_S


def test_a_followed_page_is_looked_for_from_nothing_every_dozenth_frame() -> None:
    desk = Desk()
    near = []
    for _ in range(36):
        near.append(desk.watch.near)
        desk.shows(_at(100))
    assert near[0] is None
    assert near.count(None) == 4
    assert set(near) == {None, _at(100)}


def test_the_corner_that_moved_most_counts() -> None:
    other = ((100.0, 100.0), (900.0, 100.0), (903.0, 1004.0), (100.0, 1000.0))
    assert moved_px(_at(100), other) == 5
