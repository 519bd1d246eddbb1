"""Finds the page in a picture, flattens it, and judges whether it is good enough. Pure."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from device_drivers.document_camera.interface import PageProblem, Picture, Quad
from device_drivers.document_camera.proposals import (
    Points,
    clockwise_from_top_left,
    cross_all,
    fit_line,
    propose,
)

_SMALL_PX = 360
"""Long side for guessing: a sheet's outline needs no more."""
_FINE_PX = 1100
"""Long side for placing the sides: 0.3 px here is 1 px of a five-megapixel frame."""
_CONFIDENT = 0.35
"""Below this score no guess is believed; desks without a paper score under 0.25."""
_SIDE_WEAK = 0.12
_CLEAR_STEP = 14.0
"""A difference in Lab between paper and desk that anybody sees."""
_A4_RATIO = 297 / 210
_A4_MM = (210, 297)
_SHARP_AT_PX = 1000
_TILE_PX = 40
_INK_VARIANCE = 36.0
"""Paper grain and its noise stay under a standard deviation of 6 grey steps a tile."""


def find_page(picture: Picture) -> Quad | None:
    """The four corners of the sheet on the desk, or None when no guess is convincing.

    Takes some 20 ms for a 1920 × 1080 picture on one core.
    """
    fine, fine_scale = _scaled_to(picture, _FINE_PX)
    small, scale = _scaled_to(fine, _SMALL_PX)
    lab = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_BGR2LAB), (5, 5), 0).astype(np.uint8)
    best: Points | None = None
    best_score = _CONFIDENT
    for quad in propose(lab):
        score = _score(lab, quad)
        if score > best_score:
            best, best_score = quad, score
    if best is None:
        return None
    placed = _refine(fine, best / np.float32(scale))
    return clockwise_from_top_left(placed / np.float32(fine_scale))


def _scaled_to(picture: Picture, long_side_px: int) -> tuple[Picture, float]:
    """The picture with at most that long side, and the factor."""
    scale = min(1.0, long_side_px / max(picture.shape[:2]))
    if scale == 1.0:
        return picture, 1.0
    smaller, left = picture, scale
    while left <= 0.5:  # exact halves average four pixels each and cost a quarter of other factors
        height, width = smaller.shape[0] // 2, smaller.shape[1] // 2
        even = smaller[: 2 * height, : 2 * width]
        smaller = np.asarray(
            cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA), np.uint8
        )
        left *= 2
    if left < 1.0:
        rest = cv2.resize(smaller, None, fx=left, fy=left, interpolation=cv2.INTER_LINEAR)
        smaller = np.asarray(rest, np.uint8)
    return smaller, scale


def _score(lab: Picture, quad: Points) -> float:
    """0 to 1: how clearly paper ends and desk begins along all four sides, in a page's shape."""
    shape = _shape_score(quad, lab.shape[0] * lab.shape[1])
    if shape <= 0:
        return 0.0
    steps = _side_steps(lab, quad)
    if sorted(steps)[1] < _SIDE_WEAK:  # one side may leave the frame, or lie on like ground
        return 0.0
    return float(shape * (0.7 * np.mean(steps) + 0.3 * np.min(steps)))


def _shape_score(quad: Points, frame_area: float) -> float:
    if not cv2.isContourConvex(quad):
        return 0.0
    area = cv2.contourArea(quad) / frame_area
    if not 0.05 < area < 1.0:
        return 0.0
    sides = np.roll(quad, -1, axis=0) - quad
    lengths = np.linalg.norm(sides, axis=1)
    turns = np.einsum("sd,sd->s", sides, np.roll(sides, -1, axis=0))
    slants = np.abs(turns / (lengths * np.roll(lengths, -1)))
    if slants.max() > 0.6 or lengths.min() < 0.2 * lengths.max():
        return 0.0
    return float((1 - 0.5 * slants.max()) * (0.85 + 0.15 * min(1.0, area / 0.4)))


def _profiles(
    picture: Picture, quad: Points, *, samples: int, reach: int, step: float
) -> NDArray[np.float32]:
    """Colours across each side: [side, sample along it, position from inside out, channel]."""
    centre = quad.mean(axis=0)
    starts, ends = quad, np.roll(quad, -1, axis=0)
    along = ends - starts
    normals = np.stack([along[:, 1], -along[:, 0]], axis=1)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-6)
    outward = np.einsum("sd,sd->s", normals, (starts + ends) / 2 - centre)
    normals *= np.sign(outward)[:, None]
    shares = np.linspace(0.08, 0.92, samples)
    offsets = np.arange(-reach, reach + 1) * step
    places = (
        starts[:, None, None, :]
        + along[:, None, None, :] * shares[None, :, None, None]
        + normals[:, None, None, :] * offsets[None, None, :, None]
    ).astype(np.float32)
    flat = places.reshape(4 * samples, 2 * reach + 1, 2)
    colours = cv2.remap(
        picture, flat[..., 0], flat[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return colours.reshape(4, samples, 2 * reach + 1, picture.shape[2]).astype(np.float32)


def _side_steps(lab: Picture, quad: Points) -> list[float]:
    """Per side, 0 to 1: the share of clear steps from paper to desk.

    The bands compared lie a little off the side, so that a line printed on the paper is no step.
    """
    reach = 6
    colours = _profiles(lab, quad, samples=32, reach=reach, step=1.0)
    inside = colours[:, :, : reach - 1].mean(axis=2)
    outside = colours[:, :, reach + 2 :].mean(axis=2)
    change = inside - outside
    darker_paper = np.minimum(change[..., 0], 0) * -0.4
    lighter_paper = np.maximum(change[..., 0], 0)
    colour = np.abs(change[..., 1:]).sum(axis=2) * 1.2
    clear = np.clip((darker_paper + lighter_paper + colour) / _CLEAR_STEP, 0, 1)
    return [float(side) for side in clear.mean(axis=1)]


def _refine(fine: Picture, quad: Points) -> Points:
    """Move each side to where the colour changes most."""
    lab = cv2.GaussianBlur(cv2.cvtColor(fine, cv2.COLOR_BGR2LAB), (3, 3), 0).astype(np.uint8)
    placed = quad
    for reach in (14, 6):
        better = _refine_once(lab, placed, reach)
        if better is None:
            break
        placed = better
    return np.asarray(placed, np.float32)


def _refine_once(lab: Picture, quad: Points, reach: int) -> Points | None:
    samples = 72
    colours = _profiles(lab, quad, samples=samples, reach=reach, step=1.0)
    weights = np.array([1.0, 1.3, 1.3], np.float32)
    gap = 2
    change = np.abs((colours[:, :, 2 * gap :] - colours[:, :, : -2 * gap]) @ weights)
    change *= np.hanning(change.shape[2] + 2)[1:-1] * 0.5 + 0.5
    at = change.argmax(axis=2) + gap - reach
    strength = change.max(axis=2)
    centre = quad.mean(axis=0)
    lines: list[NDArray[np.float64]] = []
    for side in range(4):
        start, end = quad[side], quad[(side + 1) % 4]
        along = end - start
        normal = np.array([along[1], -along[0]]) / max(float(np.linalg.norm(along)), 1e-6)
        normal *= np.sign(np.dot(normal, (start + end) / 2 - centre))
        shares = np.linspace(0.08, 0.92, samples)[:, None]
        points = start + along * shares + normal * at[side][:, None]
        strong = strength[side] >= max(8.0, 0.5 * float(np.median(strength[side])))
        near = np.abs(at[side] - np.median(at[side][strong] if strong.any() else at[side])) <= reach
        chosen = points[strong & near].astype(np.float32)
        lines.append(fit_line(chosen if len(chosen) >= 12 else np.array([start, end], np.float32)))
    corners = cross_all(lines)
    if corners is None or np.abs(corners - quad).max() > 4 * reach:
        return None
    return corners


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What was measured on the flattened page, and what is wrong with it."""

    sharpness: float
    glare: float
    problems: tuple[PageProblem, ...]


def flatten(picture: Picture, quad: Quad, *, dpi: int = 200) -> Picture:
    """The page seen from straight above; A4-shaped pages come out as A4 at `dpi`.

    Other shapes keep their proportions, with A4's long side as theirs.
    """
    width_px, height_px = page_size_px(quad, dpi)
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


def page_size_px(quad: Quad, dpi: int) -> tuple[int, int]:
    """Width and height of the flattened page."""
    width, height = _side_lengths(quad)
    long_px = round(_A4_MM[1] / 25.4 * dpi)
    ratio = max(width, height) / max(min(width, height), 1.0)
    if abs(ratio / _A4_RATIO - 1) < 0.13:
        ratio = _A4_RATIO
    short_px = max(1, round(long_px / ratio))
    return (short_px, long_px) if height >= width else (long_px, short_px)


def _side_lengths(quad: Quad) -> tuple[float, float]:
    corners = np.array(quad)
    sides = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
    return float((sides[0] + sides[2]) / 2), float((sides[1] + sides[3]) / 2)


def is_cut_off(picture: Picture, quad: Quad) -> bool:
    """Does the page touch or leave the frame?"""
    height, width = picture.shape[:2]
    margin = max(3.0, 0.003 * max(height, width))
    return any(
        x < margin or y < margin or x > width - 1 - margin or y > height - 1 - margin
        for x, y in quad
    )


def judge(
    picture: Picture,
    quad: Quad | None,
    *,
    least_dpi: int = 120,
    least_sharpness: float = 0.12,
    most_glare: float = 0.005,
    least_light: float = 70.0,
) -> Judgement:
    """What is wrong with the page, most useful to the citizen first.

    The limits depend on the camera and its lamp and are settings of its driver: `least_dpi` takes
    the page as A4; light is the page's median grey, 0 to 255. A page without ink is not called
    blurred: nobody could tell.
    """
    if quad is None:
        return Judgement(sharpness=0.0, glare=0.0, problems=(PageProblem.NO_PAGE,))
    ratio = max(page_size_px(quad, 200)) / min(page_size_px(quad, 200))
    width, height = _side_lengths(quad)
    size = (_SHARP_AT_PX, round(_SHARP_AT_PX * (ratio if height >= width else 1 / ratio)))
    target = np.array([(0, 0), (size[0], 0), size, (0, size[1])], np.float32)
    matrix = cv2.getPerspectiveTransform(np.array(quad, np.float32), target)
    page = cv2.warpPerspective(picture, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    grey = cv2.cvtColor(page, cv2.COLOR_BGR2GRAY)
    inner = grey[size[1] // 40 : -size[1] // 40, size[0] // 40 : -size[0] // 40]
    sharpness = _sharpness(inner.astype(np.float32))
    glare = _glare(np.asarray(page, np.uint8))
    dpi = max(width, height) / (_A4_MM[1] / 25.4)
    found = {
        PageProblem.CUT_OFF: is_cut_off(picture, quad),
        PageProblem.TOO_SMALL: dpi < least_dpi,
        PageProblem.TOO_DARK: float(np.median(inner)) < least_light,
        PageProblem.GLARE: glare > most_glare,
        PageProblem.BLURRED: sharpness is not None and sharpness < least_sharpness,
    }
    problems = tuple(problem for problem, is_so in found.items() if is_so)
    return Judgement(sharpness=sharpness or 0.0, glare=glare, problems=problems)


def _sharpness(grey: NDArray[np.float32]) -> float | None:
    """Variance of the Laplacian over the variance of the grey, where there is most ink.

    Dividing takes the ink's blackness and the lamp out of it. Real pages: 0.7 to 4 in focus, 0.1 to
    0.2 with a blur of 1 px, 0.02 with 2 px. None where no tile holds ink.
    """
    rows, columns = grey.shape[0] // _TILE_PX, grey.shape[1] // _TILE_PX
    ink = _tiles(grey, rows, columns).var(axis=1)
    edges = _tiles(cv2.Laplacian(grey, cv2.CV_32F).astype(np.float32), rows, columns).var(axis=1)
    most = np.argsort(ink)[-max(8, ink.size // 20) :]
    most = most[ink[most] > _INK_VARIANCE]
    return float(np.median(edges[most] / ink[most])) if most.size else None


def _tiles(grey: NDArray[np.float32], rows: int, columns: int) -> NDArray[np.float32]:
    cropped = grey[: rows * _TILE_PX, : columns * _TILE_PX]
    tiles = cropped.reshape(rows, _TILE_PX, columns, _TILE_PX).transpose(0, 2, 1, 3)
    return tiles.reshape(rows * columns, -1)


def _glare(page: Picture) -> float:
    """The share of the page under burnt-out spots (DEVICES.md 6.2).

    A spot is saturated while the paper around it is not: on a page that is bright all over, nothing
    is hidden.
    """
    small = cv2.resize(page, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    lowest = small.min(axis=2)
    burnt = (lowest > 250).astype(np.uint8)
    if float(np.median(lowest)) > 235:
        return 0.0
    burnt = cv2.morphologyEx(burnt, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)).astype(np.uint8)
    return float(burnt.mean())
