"""The page seen from straight above, in the size its paper has. Pure."""

import math

import cv2
import numpy as np

from device_drivers.document_camera.interface import PaperSize, Picture, Quad

MM_PER_INCH = 25.4
SIZES_MM = {PaperSize.A4: (210.0, 297.0), PaperSize.ID_CARD: (53.98, 85.60)}
"""Short and long side: ISO 216 A4; ISO/IEC 7810 ID-1."""
_RATIO_FREEDOM = 0.13
"""How far a sheet's proportions, bent by perspective, may be from those of its paper."""
_CARD_RATIOS = (1.5, 1.7)
_CARD_SHARE = 0.2
"""A card never fills more of a frame made for A4, and its proportions are near A4's."""


def flatten(
    picture: Picture, quad: Quad, *, dpi: int = 200, paper: PaperSize | None = None
) -> Picture:
    """The page seen from straight above; A4 and ID-1 come out in their size at `dpi`.

    Other shapes keep their proportions, with the paper's long side as theirs. A `paper` not told is
    guessed.
    """
    paper = paper or likely_paper(picture, quad)
    width_px, height_px = page_size_px(quad, dpi, paper)
    corners = np.array(quad, np.float32)
    target = np.array(
        [(0, 0), (width_px, 0), (width_px, height_px), (0, height_px)], np.float32
    ) - np.float32(0.5)
    matrix = cv2.getPerspectiveTransform(corners, target)
    flat = cv2.warpPerspective(
        picture,
        matrix,
        (width_px, height_px),
        flags=cv2.INTER_AREA,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(flat, np.uint8)


def likely_paper(picture: Picture, quad: Quad) -> PaperSize:
    """What paper this most likely is, by its proportions and by how much of the frame it fills."""
    share = cv2.contourArea(np.array(quad, np.float32)) / (picture.shape[0] * picture.shape[1])
    width, height = side_lengths(quad)
    ratio = max(width, height) / max(min(width, height), 1.0)
    is_card = share < _CARD_SHARE and _CARD_RATIOS[0] <= ratio <= _CARD_RATIOS[1]
    return PaperSize.ID_CARD if is_card else PaperSize.A4


def page_size_px(quad: Quad, dpi: int, paper: PaperSize = PaperSize.A4) -> tuple[int, int]:
    """Width and height of the flattened page."""
    width, height = side_lengths(quad)
    short_mm, long_mm = SIZES_MM[paper]
    ratio = max(1.0, max(width, height) / max(min(width, height), 1.0))
    if abs(ratio / (long_mm / short_mm) - 1) < _RATIO_FREEDOM:
        ratio = long_mm / short_mm
    long_px = max(1, round(long_mm / MM_PER_INCH * dpi))
    short_px = max(1, round(long_mm / ratio / MM_PER_INCH * dpi))
    return (short_px, long_px) if height >= width else (long_px, short_px)


def seen_dpi(quad: Quad, paper: PaperSize) -> float:
    """How many pixels of the frame an inch of the paper got."""
    return max(side_lengths(quad)) / (SIZES_MM[paper][1] / MM_PER_INCH)


def side_lengths(quad: Quad) -> tuple[float, float]:
    """Mean width and mean height, in pixels."""
    top_left, top_right, bottom_right, bottom_left = quad
    width = math.dist(top_left, top_right) + math.dist(bottom_left, bottom_right)
    height = math.dist(top_left, bottom_left) + math.dist(top_right, bottom_right)
    return width / 2, height / 2
