"""Looks across the sides of a guessed sheet: how clearly paper ends there, and where exactly. Pure.

Everything is measured on short rows of pixels drawn across each side, from inside out, for all the
guesses of a picture at once: a few thousand pixels instead of a million.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from device_drivers.document_camera.interface import Picture
from device_drivers.document_camera.proposals import NEXT, Points, cross_all, fit_line

Floats = NDArray[np.float32]

_CLEAR_STEP = 14.0
"""A difference in Lab between paper and desk that anybody sees."""
_SIDE_WEAK = 0.12
_CLEAR_SIDE = 0.5
_CUT_WORTH = 0.85
"""A guess that ends at the frame is the second choice to one that ends within it."""
_RIM_PX = 4
_STRANGE = 0.8
"""How much a strip unlike the sheet takes from the step behind it: shadows end softly, but end."""
_LEAST_AREA = 0.02
"""An ID card under a camera made for A4 fills some 6 % of the frame."""
_COLOUR_WEIGHT = 1.2
_LAB_WEIGHTS = np.array([1.0, 1.3, 1.3], np.float32)
_ENDS_SHARE = 0.08
"""Corners are rounded, folded and held: the sides are looked at between them."""
_SCORED_SAMPLES = 28
_DEEP_PX = (-15, -13, -11, -9)
_INSIDE_PX = (-6, -5, -4, -3, -2)
_OUTSIDE_PX = (3, 4, 5, 6)
"""Bands a little off the side, so that a line printed along a paper's edge is no step."""
_PLACED_SAMPLES = 72
_GAP_PX = 2
_ON_THE_LINE_PX = 2.0
_BOW_REACH_SHARE = 0.05
_ON_A_CURVE = 0.7
"""A curved side is as clear as a straight one; a pattern beside the paper lies on no curve."""


def score_all(lab: Picture, quads: NDArray[np.float32]) -> NDArray[np.float64]:
    """0 to 1 for each of N × 4 × 2 corners: how clearly paper ends along all four sides.

    `lab` is a small blurred Lab picture.
    """
    shapes = np.array([_shape_score(quad, lab.shape[0] * lab.shape[1]) for quad in quads])
    steps = _side_steps(lab, quads)
    on_rim = _sides_on_the_rim(quads, lab.shape[1], lab.shape[0])
    weakest = np.where(on_rim, 1.0, steps).min(axis=1)
    seen = np.maximum(1, (~on_rim).sum(axis=1))
    clear = np.where(on_rim, 0.0, steps).sum(axis=1) / seen
    # a sheet that leaves the frame has no edge there: its other sides must be all the clearer
    is_cut = on_rim.any(axis=1) & (seen >= 2) & (weakest >= _CLEAR_SIDE)
    # one side may lie on like ground
    is_whole = ~on_rim.any(axis=1) & (np.sort(steps, axis=1)[:, 1] >= _SIDE_WEAK)
    score = (0.7 * clear + 0.3 * weakest) * np.where(is_cut, _CUT_WORTH, 1.0)
    return np.asarray(shapes * (is_cut | is_whole) * score, np.float64)


def _sides_on_the_rim(quads: NDArray[np.float32], width: int, height: int) -> NDArray[np.bool_]:
    """Per guess and side: do both its corners lie on the same edge of the frame, or beyond?"""
    x, y = quads[..., 0], quads[..., 1]
    edges = [x < _RIM_PX, x > width - 1 - _RIM_PX, y < _RIM_PX, y > height - 1 - _RIM_PX]
    return np.asarray(np.any([edge & edge[:, NEXT] for edge in edges], axis=0), np.bool_)


def _shape_score(quad: Points, frame_area: float) -> float:
    if not cv2.isContourConvex(quad):
        return 0.0
    area = cv2.contourArea(quad) / frame_area
    if not _LEAST_AREA < area < 1.0:
        return 0.0
    sides = quad[NEXT] - quad
    lengths = np.hypot(sides[:, 0], sides[:, 1])
    turns = (sides * sides[NEXT]).sum(axis=1)
    slant = float(np.abs(turns / np.maximum(lengths * lengths[NEXT], 1e-6)).max())
    if slant > 0.6 or lengths.min() < 0.2 * lengths.max():
        return 0.0
    return float((1 - 0.5 * slant) * (0.85 + 0.15 * min(1.0, area / 0.4)))


def _side_steps(lab: Picture, quads: NDArray[np.float32]) -> NDArray[np.float64]:
    """Per guess and side, 0 to 1: the share of clear steps from paper to what is no paper.

    What lies just inside must be like what lies deeper inside: along the far rim of a shadow there
    is a step as well, but its inner side is no paper.
    """
    offsets = (*_DEEP_PX, *_INSIDE_PX, *_OUTSIDE_PX)
    colours = _across(lab, quads, _SCORED_SAMPLES, np.array(offsets, np.float32))
    deep = colours[:, :, :, : len(_DEEP_PX)].mean(axis=3)
    inside = colours[:, :, :, len(_DEEP_PX) : -len(_OUTSIDE_PX)].mean(axis=3)
    outside = colours[:, :, :, -len(_OUTSIDE_PX) :].mean(axis=3)
    step = inside - outside
    lightness = np.where(step[..., 0] > 0, step[..., 0], -0.4 * step[..., 0])
    strange = np.abs(inside - deep).sum(axis=3)
    seen = lightness + _COLOUR_WEIGHT * np.abs(step[..., 1:]).sum(axis=3) - _STRANGE * strange
    return np.asarray(np.clip(seen / _CLEAR_STEP, 0, 1).mean(axis=2), np.float64)


def _across(
    picture: Picture, quads: NDArray[np.float32], samples: int, offsets: Floats
) -> NDArray[np.float32]:
    """Colours across each side: [guess, side, sample along it, offset from inside out, channel]."""
    starts, along, normals = _sides(quads)
    shares = np.linspace(_ENDS_SHARE, 1 - _ENDS_SHARE, samples, dtype=np.float32)
    places = (
        starts[:, :, None, None]
        + along[:, :, None, None] * shares[:, None, None]
        + normals[:, :, None, None] * offsets[:, None]
    ).astype(np.float32)
    flat = places.reshape(-1, len(offsets), 2)
    colours = cv2.remap(
        picture, flat[..., 0], flat[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return colours.reshape(*quads.shape[:2], samples, len(offsets), 3).astype(np.float32)


def _sides(quads: NDArray[np.float32]) -> tuple[Floats, Floats, Floats]:
    """Where each side starts, the way along it, and the way out of the sheet, one pixel long."""
    starts, ends = quads, quads[:, NEXT]
    along = ends - starts
    normals = np.stack([along[..., 1], -along[..., 0]], axis=2)
    normals /= np.maximum(np.linalg.norm(normals, axis=2, keepdims=True), 1e-6)
    outward = (normals * ((starts + ends) / 2 - quads.mean(axis=1, keepdims=True))).sum(axis=2)
    normals *= np.where(outward < 0, -1, 1)[..., None]
    return starts, along, normals.astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A sheet whose sides lie where the colour changes."""

    corners: Points
    support: tuple[float, float, float, float]
    """Per side, 0 to 1: the share of places where the strongest step lies on the line."""


def place(fine: Picture, quad: Points) -> Placed:
    """Move each side of a guess to where the colour changes most on a larger picture."""
    placed = Placed(corners=np.asarray(quad, np.float32), support=(0.0, 0.0, 0.0, 0.0))
    for reach in (14, 6):
        better = _place_once(fine, placed.corners, reach)
        if better is None:
            break
        placed = better
    return placed


def _strongest_steps(fine: Picture, quad: Points, reach: int) -> tuple[Floats, Floats]:
    """Per side and sample: how far outside the line the colour changes most, and how much."""
    offsets = np.arange(-reach - 2, reach + 3, dtype=np.float32)
    colours = _across(fine, quad[None], _PLACED_SAMPLES, offsets)[0]
    rows = colours.reshape(-1, len(offsets), 3).astype(np.uint8)
    lab = cv2.cvtColor(cv2.blur(rows, (3, 1)), cv2.COLOR_BGR2LAB).astype(np.float32)
    lab = lab.reshape(colours.shape)
    change = np.abs(lab[:, :, 2 * _GAP_PX :] - lab[:, :, : -2 * _GAP_PX]) @ _LAB_WEIGHTS
    change *= np.hanning(change.shape[2] + 2)[1:-1].astype(np.float32) * 0.5 + 0.5
    at = change.argmax(axis=2) - change.shape[2] // 2
    return at.astype(np.float32), change.max(axis=2)


def _place_once(fine: Picture, quad: Points, reach: int) -> Placed | None:
    at, strength = _strongest_steps(fine, quad, reach)
    starts, along, normals = (each[0] for each in _sides(quad[None]))
    shares = np.linspace(_ENDS_SHARE, 1 - _ENDS_SHARE, _PLACED_SAMPLES)[None, :, None]
    points = starts[:, None] + along[:, None] * shares + normals[:, None] * at[..., None]
    lines: list[NDArray[np.float64]] = []
    support: list[float] = []
    for side in range(4):
        strong = strength[side] >= max(8.0, 0.5 * float(np.median(strength[side])))
        chosen = points[side][strong].astype(np.float32)
        if len(chosen) < 12:
            chosen = np.array([quad[side], quad[(side + 1) % 4]], np.float32)
        line = fit_line(chosen)
        lines.append(line)
        off = np.abs(points[side] @ line[:2] + line[2]) / max(float(np.hypot(*line[:2])), 1e-6)
        support.append(float(((off <= _ON_THE_LINE_PX) & strong).mean()))
    corners = cross_all(lines)
    if corners is None or np.abs(corners - quad).max() > 4 * reach:
        return None
    return Placed(corners=corners, support=(support[0], support[1], support[2], support[3]))


def bow_of(fine: Picture, quad: Points) -> float:
    """How far the most bent side leaves the straight line, as a share of that side's length.

    A parabola through the places of the strongest step: 0 for a flat sheet, 0.01 for what a cheap
    lens bends, more for paper that rises from the desk. Sides without a clear step say nothing.
    """
    lengths = np.linalg.norm(quad[NEXT] - quad, axis=1)
    reach = int(np.clip(_BOW_REACH_SHARE * lengths.max(), 6, 60))
    at, strength = _strongest_steps(fine, quad, reach)
    along = np.linspace(_ENDS_SHARE, 1 - _ENDS_SHARE, _PLACED_SAMPLES) * 2 - 1
    worst = 0.0
    for side in range(4):
        strong = strength[side] >= max(8.0, 0.5 * float(np.median(strength[side])))
        bend = _bend(along[strong], at[side][strong].astype(np.float64))
        worst = max(worst, bend / max(float(lengths[side]), 1.0))
    return worst


def _bend(along: NDArray[np.float64], at: NDArray[np.float64]) -> float:
    """The height of the parabola's arc; 0 where the steps lie on no parabola."""
    if len(along) < _PLACED_SAMPLES // 2:
        return 0.0
    near = np.ones(len(along), np.bool_)
    for _ in range(2):  # what lies far off the first curve is a finger, a fold, or another edge
        curve = np.polyfit(along[near], at[near], 2)
        off = np.abs(np.polyval(curve, along) - at)
        near = off <= max(_ON_THE_LINE_PX, float(np.median(off)))
    on_the_curve = off <= _ON_THE_LINE_PX
    if on_the_curve.sum() < _ON_A_CURVE * _PLACED_SAMPLES:
        return 0.0
    return abs(float(curve[0]))
