"""Is the page just taken the one that was taken before? Pure; for papers of several pages."""

import cv2
import numpy as np
import numpy.typing as npt

_WIDTH_PX = 640
"""Words keep their shape at this width, and dust is gone."""
_TILE_PX = 64
_SHIFT_PX = 10
"""How far two flattenings of one page lie apart, anywhere on it, at that width."""
_ALIKE = 0.91
"""Correlation of the least like of all inked places. Two pictures of one drawn page were seen at
0.94 and more; one form filled in for two people at 0.88, and two different pages below 0.2."""
_INK = 12.0
"""Standard deviation, in grey levels, of a place with something on it."""


def are_alike(one: bytes, other: bytes) -> bool:
    """Do these two pictures (JPEG or PNG) of pages show the same page? Some 30 ms.

    Blank pages are all alike. False for what is no picture, which nobody could tell.
    """
    likeness = least_likeness(one, other)
    return likeness is not None and likeness >= _ALIKE


def least_likeness(one: bytes, other: bytes) -> float | None:
    """The correlation of the place where the two pages differ most, -1 to 1; None: no pictures."""
    first, second = _small(one), _small(other)
    if first is None or second is None:
        return None
    height = min(first.shape[0], second.shape[0])
    edge = _SHIFT_PX
    least = 1.0
    for top in range(edge, height - _TILE_PX - edge, _TILE_PX):
        for left in range(edge, _WIDTH_PX - _TILE_PX - edge, _TILE_PX):
            tile = second[top : top + _TILE_PX, left : left + _TILE_PX]
            around = first[top - edge : top + _TILE_PX + edge, left - edge : left + _TILE_PX + edge]
            if float(tile.std()) >= _INK:
                found = cv2.matchTemplate(around, tile, cv2.TM_CCOEFF_NORMED)
                least = min(least, float(found.max()))
    return least


def _small(picture: bytes) -> npt.NDArray[np.uint8] | None:
    grey = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        return None
    height = max(_TILE_PX + 2 * _SHIFT_PX, round(grey.shape[0] * _WIDTH_PX / grey.shape[1]))
    small = cv2.resize(grey, (_WIDTH_PX, height), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (5, 5), 0), np.uint8)
