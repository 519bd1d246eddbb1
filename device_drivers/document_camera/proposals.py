"""Guesses at where a sheet of paper lies, each from another property of paper; pure, classical.

Paper is lighter than the desk, less coloured than it, of another colour than the frame's rim, and
has straight edges. No single guess is right everywhere; `page.py` scores them all the same way.
"""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from device_drivers.document_camera.interface import Picture, Quad

Mask = NDArray[np.uint8]
Points = NDArray[np.float32]

_LEAST_SHARE = 0.025
"""A sheet smaller than this share of the frame is not what the citizen laid down: an ID card under
a camera made for A4 fills some 6 %."""
_RIM_SHARE = 0.05
_BINS = 20
_HISTOGRAM_ROUNDS = 2
NEXT = [1, 2, 3, 0]
_LINE_POINTS = 48
_OUTLINE_POINTS = 320
"""More points place a line no better and take their time."""


def propose(lab: Picture) -> Iterator[Points]:
    """Quadrilaterals, as 4 × 2 points in the coordinates of `lab`, a small blurred Lab picture."""
    for mask in _masks(lab):
        shape = _central_shape(mask)
        if shape is not None:
            yield from _quads_of(shape)


def _masks(lab: Picture) -> Iterator[Mask]:
    lightness = np.ascontiguousarray(lab[:, :, 0])
    chroma = np.abs(lab[:, :, 1:].astype(np.int16) - 128).sum(axis=2)
    paleness = np.clip(255 - 4 * chroma, 0, 255).astype(np.uint8)
    yield _otsu(lightness)
    yield _otsu(paleness)
    yield _otsu(np.clip(lightness.astype(np.int16) - 2 * chroma, 0, 255).astype(np.uint8))
    yield _unlike_the_rim(lab)
    edges = cv2.Canny(lightness, 30, 90)
    edges = cv2.dilate(edges, np.ones((3, 3), np.uint8), iterations=1)
    yield _filled(np.asarray(edges, np.uint8))


def _otsu(grey: Mask) -> Mask:
    _, mask = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return mask.astype(np.uint8)


def _unlike_the_rim(lab: Picture) -> Mask:
    """Colours commoner in the middle than along the rim; the middle is then looked at anew."""
    height, width = lab.shape[:2]
    rim = np.ones((height, width), np.bool_)
    margin = max(2, round(_RIM_SHARE * max(height, width)))
    rim[margin:-margin, margin:-margin] = False
    inside = np.zeros((height, width), np.bool_)
    inside[height // 4 : -height // 4, width // 4 : -width // 4] = True
    bins = (lab.astype(np.uint16) * np.uint16(_BINS)) >> 8
    code = (bins[:, :, 0] * np.uint16(_BINS) + bins[:, :, 1]) * np.uint16(_BINS) + bins[:, :, 2]
    mask = np.zeros((height, width), np.uint8)
    for _ in range(_HISTOGRAM_ROUNDS):
        paper = _histogram(code[inside])
        desk = _histogram(code[rim & ~inside])
        mask = np.where((paper > desk)[code], 255, 0).astype(np.uint8)
        mask = cv2.medianBlur(mask, 5).astype(np.uint8)
        inside = mask > 0
        if not inside.any() or inside.all():
            break
    return mask


def _histogram(codes: NDArray[np.uint16]) -> NDArray[np.float64]:
    counts = np.bincount(codes, minlength=_BINS**3).astype(np.float64).reshape((_BINS,) * 3)
    for axis in range(3):  # light varies over one sheet: neighbouring colours are the same paper
        counts = counts + 0.5 * (np.roll(counts, 1, axis) + np.roll(counts, -1, axis))
    return np.asarray(counts.ravel() / max(1.0, float(counts.sum())) + 1e-6)


def _filled(edges: Mask) -> Mask:
    """The areas that closed edges surround."""
    contours, _ = cv2.findContours(edges, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    mask = np.zeros(edges.shape, np.uint8)
    cv2.drawContours(mask, contours, -1, 255, cv2.FILLED)
    return np.asarray(cv2.erode(mask, np.ones((3, 3), np.uint8)), np.uint8)


def _central_shape(mask: Mask) -> NDArray[np.int32] | None:
    """The outline of the area that covers most of the frame's middle."""
    size = max(3, max(mask.shape) // 40) | 1
    kernel = np.ones((size, size), np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, kernel).astype(np.uint8)
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, kernel).astype(np.uint8)
    count, labels = cv2.connectedComponents(mask)
    if count < 2:
        return None
    height, width = mask.shape
    middle = labels[height // 4 : -height // 4, width // 4 : -width // 4]
    votes = np.bincount(middle.ravel(), minlength=count)
    votes[0] = 0
    best = int(votes.argmax())
    if votes[best] == 0:
        return None
    shape = (labels == best).astype(np.uint8)
    if int(shape.sum()) < _LEAST_SHARE * mask.size:
        return None
    contours, _ = cv2.findContours(shape, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(max(contours, key=cv2.contourArea), np.int32)


def _quads_of(outline: NDArray[np.int32]) -> Iterator[Points]:
    """Four corners of an outline: of its hull, and of the lines along its sides."""
    points = outline.reshape(-1, 2).astype(np.float32)
    points = np.ascontiguousarray(points[:: len(points) // _OUTLINE_POINTS + 1])
    hull = cv2.convexHull(outline)
    length = cv2.arcLength(hull, True)
    box = cv2.boxPoints(cv2.minAreaRect(hull)).astype(np.float32)
    yield box
    start = box
    for share in (0.02, 0.04, 0.06, 0.09):
        corners = cv2.approxPolyDP(hull, share * length, True)
        if len(corners) == 4:
            start = corners.reshape(4, 2).astype(np.float32)
            yield start
            break
    sides = sides_along(points, start)
    if sides is not None:
        yield sides


def sides_along(points: Points, quad: Points) -> Points | None:
    """Fit a line to the points nearest each side, and cross them: rounded corners do no harm."""
    starts, along = quad, quad[NEXT] - quad
    lengths = np.hypot(along[:, 0], along[:, 1])
    if lengths.min() < 1:
        return None
    normals = np.stack([-along[:, 1], along[:, 0]], axis=1) / lengths[:, None]
    away = np.abs(points @ normals.T - (starts * normals).sum(axis=1))
    share = (points @ along.T - (starts * along).sum(axis=1)) / lengths**2
    near = away.argmin(axis=1)
    lines: list[NDArray[np.float64]] = []
    for side in range(4):
        chosen = points[(near == side) & (share[:, side] > 0.12) & (share[:, side] < 0.88)]
        if len(chosen) < 8:
            return None
        lines.append(fit_line(chosen))
    return cross_all(lines)


def fit_line(points: Points) -> NDArray[np.float64]:
    """A line as a·x + b·y + c = 0; points far off it count little."""
    thinned = points[:: len(points) // _LINE_POINTS + 1]
    vx, vy, x, y = cv2.fitLine(thinned, cv2.DIST_HUBER, 0, 0.01, 0.01).ravel()
    return np.array([vy, -vx, vx * y - vy * x], np.float64)


def cross_all(lines: list[NDArray[np.float64]]) -> Points | None:
    """The corners where neighbouring sides meet; None for parallel ones."""
    corners = []
    for side in range(4):
        (a, b, c), (d, e, f) = lines[side - 1].tolist(), lines[side].tolist()
        w = a * e - b * d
        if abs(w) < 1e-6:
            return None
        corners.append(((b * f - c * e) / w, (c * d - a * f) / w))
    return np.array(corners, np.float32)


def clockwise_from_top_left(quad: Points) -> Quad:
    """The corners in the order of the interface."""
    centre = quad.mean(axis=0)
    angles = np.arctan2(quad[:, 1] - centre[1], quad[:, 0] - centre[0])
    ordered = quad[np.argsort(angles)]
    first = int(np.argmin(ordered.sum(axis=1)))
    ordered = np.roll(ordered, -first, axis=0)
    corners = [(float(x), float(y)) for x, y in ordered]
    return (corners[0], corners[1], corners[2], corners[3])
