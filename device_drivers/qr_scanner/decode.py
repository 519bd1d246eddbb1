"""Codes in pictures: whatever two-dimensional or bar code stands on one."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from device_drivers.qr_scanner.reading.agreement import Candidate, Tally
from device_drivers.qr_scanner.reading.engines import (
    Grey,
    Reading,
    read_with_opencv,
    read_with_zbar,
    read_with_zxing,
)
from device_drivers.qr_scanner.reading.tries import tries

Picture = NDArray[np.uint8]
"""Height × width, grey, or height × width × 3, blue-green-red, as OpenCV hands it over."""

Corners = tuple[tuple[int, int], tuple[int, int], tuple[int, int], tuple[int, int]]
"""In pixels: the code's own top-left corner, then clockwise as the code is read."""

BUDGET_MS: Final = 800.0
"""A citizen who holds still for a photograph waits a second without wondering; the last try begun
may take the rest."""

_ENGINES: Final[tuple[Callable[[Grey], list[Reading]], ...]] = (
    read_with_zxing,
    read_with_zbar,
    read_with_opencv,
)
_OPENCV_TRIES: Final = 3
"""It is the slowest of them, and reads what the others do not only on pictures left as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One code on a picture."""

    format: str
    """Lower-case name, the same words as `Scan.symbology`."""
    text: str = field(repr=False)
    raw: bytes = field(repr=False)
    quad: Corners


def decode_image(picture: Picture, *, budget_ms: float = BUDGET_MS) -> list[Code]:
    """Find and read every code on a picture.

    Some 10 ms where a code is plain to see; where none is, tries go on until `budget_ms` would be
    passed by the next one. The first look is always taken, whatever it costs: about 40 ms for each
    million pixels, of which it takes four at most.
    """
    if picture.size == 0:
        return []
    ends_at = time.perf_counter() + budget_ms / 1000
    tally = Tally()
    longest_s = 0.0
    for number, attempt in enumerate(tries(_grey(picture))):
        for engine in _ENGINES:
            began_at = time.perf_counter()
            if longest_s and began_at + longest_s > ends_at:
                return _codes(tally)
            if engine is read_with_opencv and (number >= _OPENCV_TRIES or tally.accepted()):
                continue
            for reading in engine(attempt.picture):
                tally.add(
                    Reading(
                        engine=reading.engine,
                        format=reading.format,
                        raw=reading.raw,
                        text=reading.text,
                        quad=attempt.place(reading.quad),
                    )
                )
            longest_s = max(longest_s, time.perf_counter() - began_at)
        if tally.is_settled:
            break
    return _codes(tally)


def _grey(picture: Picture) -> Grey:
    grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    return np.ascontiguousarray(grey, np.uint8)


def _codes(tally: Tally) -> list[Code]:
    return [_code(candidate) for candidate in tally.accepted()]


def _code(candidate: Candidate) -> Code:
    best = candidate.best
    first, second, third, fourth = ((round(float(x)), round(float(y))) for x, y in best.quad)
    return Code(
        format=best.format, text=best.text, raw=best.raw, quad=(first, second, third, fourth)
    )
