"""Cuts lines of text out of a page without reading them, to see which way up it is. Pure."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

_WIDTH_PX = 1000
_RULE_PX = 90
"""Longer strokes than this are ruled lines and frames, not characters."""
_LETTER_GAP_PX = 17
_LEAST_PX, _MOST_PX = 10, 70
"""Height of a line of text on a page of that width: 6 to 40 point."""
_LEAST_LENGTH = 3.5
_INK_SHARE = (0.08, 0.75)
_STRIPS = 14


@dataclass(frozen=True, slots=True)
class Strips:
    """Strips cut out of a page, the longest first, each lying as its long side lies."""

    across: list[Picture]
    """Lines from left to right, as the page lies."""
    down: list[Picture]
    """Lines from top to bottom, turned a quarter anticlockwise so that they lie."""


def strips_of(page: Picture) -> Strips:
    """The longest lines of text, as they lie; both empty for a page without any."""
    if min(page.shape[:2]) < 2 * _MOST_PX:
        return Strips([], [])
    scale = _WIDTH_PX / min(page.shape[:2])
    size = (round(page.shape[1] * scale), round(page.shape[0] * scale))
    page = np.asarray(cv2.resize(page, size, interpolation=cv2.INTER_AREA), np.uint8)
    ink = _ink(page)
    across = _long_boxes(ink)
    turned = np.ascontiguousarray(np.rot90(ink))
    lying = np.ascontiguousarray(np.rot90(page))
    down = _long_boxes(turned)
    return Strips(
        [page[y : y + h, x : x + w] for x, y, w, h in across],
        [lying[y : y + h, x : x + w] for x, y, w, h in down],
    )


def _ink(page: Picture) -> Picture:
    """255 where there are characters; ruled lines taken out."""
    grey = cv2.cvtColor(page, cv2.COLOR_BGR2GRAY)
    ink = cv2.adaptiveThreshold(
        grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 31, 14
    )
    for kernel in ((_RULE_PX, 1), (1, _RULE_PX)):
        rules = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones(kernel[::-1], np.uint8))
        ink = cv2.subtract(ink, cv2.dilate(rules, np.ones((3, 3), np.uint8)))
    return np.asarray(ink, np.uint8)


def _long_boxes(ink: Picture) -> list[tuple[int, int, int, int]]:
    """Boxes of ink that lie: characters closer together than lines."""
    joined = cv2.dilate(ink, np.ones((1, _LETTER_GAP_PX), np.uint8))
    _, _, found, _ = cv2.connectedComponentsWithStats(joined)
    boxes = []
    for x, y, width, height, _ in found[1:].tolist():
        if not (_LEAST_PX <= height <= _MOST_PX and width >= _LEAST_LENGTH * height):
            continue
        share = float((ink[y : y + height, x : x + width] > 0).mean())
        if _INK_SHARE[0] <= share <= _INK_SHARE[1]:
            margin = max(2, height // 8)
            top, left = max(0, y - margin), max(0, x - margin)
            boxes.append((left, top, width + 2 * margin, height + 2 * margin))
    boxes.sort(key=lambda box: -box[2])
    return boxes[:_STRIPS]
