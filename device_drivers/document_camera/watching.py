"""Holds a page steady over the frames of a preview and says when it may be taken. Pure."""

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from device_drivers.document_camera.interface import PageProblem, Quad

_STILL_SHARE = 0.006
"""Corners that moved less than this share of the frame's long side did not move: twice the noise
of the corner search on a page that lies still."""
_VOTES = 7
"""Half a second of a cheap camera's frames."""
_MISSES = 2
"""A page lost for as many frames and found again where it was had a passing shadow over it."""
_GUESS_ANEW_FRAMES = 12
"""A page followed from frame to frame is looked for from nothing once in as many frames."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What is told about one frame."""

    quad: Quad | None
    """The median of where the page was seen while it lay still."""
    problems: tuple[PageProblem, ...]
    """What most of the last frames had, so that a sentence on the screen does not flicker."""
    good_for_s: float
    """How long the page has lain still and been good; 0 on a frame that could not be taken."""


@dataclass(frozen=True, slots=True)
class _Seen:
    quad: Quad
    problems: tuple[PageProblem, ...]


class PageWatch:
    """Remembers the last frames of one preview or one capture."""

    def __init__(self) -> None:
        self._still: deque[_Seen] = deque(maxlen=_VOTES)
        """The frames since the page last moved, newest last."""
        self._missed = 0
        self._good_since: float | None = None
        self._followed = 0

    @property
    def near(self) -> Quad | None:
        """Where to look first on the next frame; None: look everywhere."""
        self._followed = (self._followed + 1) % _GUESS_ANEW_FRAMES
        if not self._still or self._missed or self._followed == 0:
            return None
        return self._still[-1].quad

    def see(
        self,
        quad: Quad | None,
        problems: tuple[PageProblem, ...],
        *,
        long_side_px: int,
        at_s: float,
    ) -> Watched:
        """Tell what was found on the next frame, and when; learn what to show and whether to take.

        `problems` are those of this frame alone, without MOVING.
        """
        if quad is None:
            return self._miss(problems)
        limit_px = _STILL_SHARE * long_side_px
        if self._still and moved_px(quad, self._place()) > limit_px:
            self._still.clear()
        self._missed = 0
        self._still.append(_Seen(quad, problems))
        if len(self._still) == 1:
            self._good_since = None
            return Watched(quad=quad, problems=(*problems, PageProblem.MOVING), good_for_s=0.0)
        told = self._vote()
        if told:
            self._good_since = None
        elif self._good_since is None:
            self._good_since = at_s
        is_good_now = self._good_since is not None and not problems
        good_for_s = at_s - self._good_since if is_good_now and self._good_since else 0.0
        return Watched(quad=self._place(), problems=told, good_for_s=good_for_s)

    def _miss(self, problems: tuple[PageProblem, ...]) -> Watched:
        self._missed += 1
        if self._still and self._missed <= _MISSES:
            return Watched(quad=self._place(), problems=self._vote(), good_for_s=0.0)
        self._still.clear()
        self._good_since = None
        return Watched(quad=None, problems=problems, good_for_s=0.0)

    def _place(self) -> Quad:
        corners = np.median(np.array([seen.quad for seen in self._still]), axis=0)
        first, second, third, fourth = ((float(x), float(y)) for x, y in corners)
        return (first, second, third, fourth)

    def _vote(self) -> tuple[PageProblem, ...]:
        """In the order of the newest frame that has them."""
        named = dict.fromkeys(each for seen in reversed(self._still) for each in seen.problems)
        enough = len(self._still) / 2
        return tuple(
            each for each in named if sum(each in seen.problems for seen in self._still) >= enough
        )


def moved_px(quad: Quad, other: Quad) -> float:
    """How far the corner that moved most has moved."""
    return max(math.dist(here, there) for here, there in zip(quad, other, strict=True))
