"""Judges whether a page could be taken: light, size, sharpness, glare, flatness. Pure.

Cheap enough for every frame of a preview: the whole page is looked at small, and at its full size
only the few tiles that hold most ink.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from device_drivers.document_camera.edges import bow_of
from device_drivers.document_camera.flattening import (
    likely_paper,
    page_size_px,
    seen_dpi,
)
from device_drivers.document_camera.interface import PageProblem, PaperSize, Picture, Quad
from device_drivers.document_camera.scaling import halved_to

_SHARP_AT_PX = {PaperSize.A4: 1000, PaperSize.ID_CARD: 600}
"""Width at which sharpness is measured, whatever the camera: some 120 and 180 dpi."""
_SMALL = 4
"""The whole page is looked at at a quarter of that."""
_TILE_PX = 40
_TILES_SHARE = 20
_LEAST_TILES = 8
_RIM_SHARE = 40
_INK_VARIANCE = 36.0
"""Paper grain and its noise stay under a standard deviation of 6 grey steps a tile."""
_FINE_PX = 1300
_LONGEST_RATIO = 5.0
_LEAST_AREA_PX = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What was measured on the page, and what is wrong with it."""

    sharpness: float
    glare: float
    light: float = 0.0
    """The page's median grey, 0 to 255."""
    bow: float = 0.0
    """How far its most bent side leaves the straight line, as a share of that side."""
    problems: tuple[PageProblem, ...]


def judge(
    picture: Picture,
    quad: Quad | None,
    *,
    paper: PaperSize | None = None,
    least_dpi: int = 120,
    least_sharpness: float = 0.12,
    most_glare: float = 0.005,
    least_light: float = 70.0,
    most_bow: float = 0.03,
) -> Judgement:
    """What is wrong with the page, most useful to the citizen first.

    The limits depend on the camera and its lamp and are settings of its driver. A `paper` not told
    is guessed. A page without ink is not called blurred: nobody could tell.
    """
    if quad is None or not _is_area(quad):
        return Judgement(sharpness=0.0, glare=0.0, problems=(PageProblem.NO_PAGE,))
    paper = paper or likely_paper(picture, quad)
    fine, scale = halved_to(picture, _FINE_PX)
    on_fine = np.array(quad, np.float32) * np.float32(scale)
    small, to_picture = _small_page(fine, on_fine, quad, paper)
    if not small.size:  # narrower than a point
        return Judgement(sharpness=0.0, glare=0.0, problems=(PageProblem.NO_PAGE,))
    grey = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.uint8)
    light = float(np.median(grey))
    sharpness = _sharpness(picture, grey, to_picture)
    glare = _glare(small)
    bow = bow_of(fine, on_fine)
    found = {
        PageProblem.CUT_OFF: is_cut_off(picture, quad),
        PageProblem.TOO_SMALL: seen_dpi(quad, paper) < least_dpi,
        PageProblem.TOO_DARK: light < least_light,
        PageProblem.GLARE: glare > most_glare,
        PageProblem.NOT_FLAT: bow > most_bow,
        PageProblem.BLURRED: sharpness is not None and sharpness < least_sharpness,
    }
    problems = tuple(problem for problem, is_so in found.items() if is_so)
    return Judgement(
        sharpness=sharpness or 0.0, glare=glare, light=light, bow=bow, problems=problems
    )


def _is_area(quad: Quad) -> bool:
    """Do the corners go round something? Those of `find_page` always do."""
    corners = np.array(quad, np.float32)
    return bool(cv2.isContourConvex(corners)) and cv2.contourArea(corners) >= _LEAST_AREA_PX


def is_cut_off(picture: Picture, quad: Quad) -> bool:
    """Does the page touch or leave the frame?"""
    height, width = picture.shape[:2]
    margin = max(3.0, 0.003 * max(height, width))
    return any(
        x < margin or y < margin or x > width - 1 - margin or y > height - 1 - margin
        for x, y in quad
    )


def _small_page(
    fine: Picture, on_fine: NDArray[np.float32], quad: Quad, paper: PaperSize
) -> tuple[Picture, NDArray[np.float64]]:
    """The page without its rim, small, and the way from the page at full size into the picture."""
    page_px = page_size_px(quad, 200, paper)
    width = _SHARP_AT_PX[paper] // _SMALL
    height = round(width * min(page_px[1] / page_px[0], _LONGEST_RATIO))
    size = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    to_picture = cv2.getPerspectiveTransform(size * np.float32(_SMALL), np.array(quad, np.float32))
    matrix = cv2.getPerspectiveTransform(on_fine, size)
    page = cv2.warpPerspective(fine, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    rim_x, rim_y = max(1, width // _RIM_SHARE), max(1, height // _RIM_SHARE)
    inner = np.asarray(page[rim_y:-rim_y, rim_x:-rim_x], np.uint8)
    shift = np.array([(1, 0, rim_x * _SMALL), (0, 1, rim_y * _SMALL), (0, 0, 1)], np.float64)
    return inner, np.asarray(to_picture @ shift, np.float64)


def _sharpness(
    picture: Picture, small: NDArray[np.uint8], to_picture: NDArray[np.float64]
) -> float | None:
    """Variance of the Laplacian over the variance of the grey, where there is most ink.

    Dividing takes the ink's blackness and the lamp out of it. Real pages: 0.7 to 4 in focus, 0.1 to
    0.2 with a blur of 1 px, 0.02 with 2 px. None where no tile holds ink.
    """
    side = _TILE_PX // _SMALL
    rows, columns = small.shape[0] // side, small.shape[1] // side
    if rows == 0 or columns == 0:
        return None
    cropped = small[: rows * side, : columns * side].astype(np.float32)
    contrast = cropped.reshape(rows, side, columns, side).var(axis=(1, 3)).ravel()
    most = np.argsort(contrast)[-max(_LEAST_TILES, contrast.size // _TILES_SHARE) :]
    corners = np.stack([most % columns, most // columns], axis=1) * _TILE_PX
    tiles = _tiles_at(picture, corners, to_picture)
    ink = tiles[:, 1:-1, 1:-1].reshape(len(tiles), -1).var(axis=1)
    stacked = tiles.reshape(-1, tiles.shape[2])
    edges = cv2.Laplacian(stacked, cv2.CV_32F).reshape(tiles.shape)[:, 1:-1, 1:-1]
    edged = edges.reshape(len(tiles), -1).var(axis=1)
    inked = ink > _INK_VARIANCE
    return float(np.median(edged[inked] / ink[inked])) if inked.any() else None


def _tiles_at(
    picture: Picture, corners: NDArray[np.int64], to_picture: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Grey tiles of the page at full size, each with a rim of one pixel."""
    steps = np.arange(-1, _TILE_PX + 1)
    x = corners[:, 0, None, None] + steps[None, None, :]
    y = corners[:, 1, None, None] + steps[None, :, None]
    x, y = np.broadcast_arrays(x, y)
    flat = np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
    projected = to_picture @ flat
    depth = np.where(np.abs(projected[2]) < 1e-9, 1e-9, projected[2])  # a corner at the horizon
    places = np.clip(projected[:2] / depth, -1e6, 1e6).astype(np.float32)
    size = (len(corners) * len(steps), len(steps))
    colours = cv2.remap(
        picture,
        places[0].reshape(size),
        places[1].reshape(size),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    grey = cv2.cvtColor(colours, cv2.COLOR_BGR2GRAY).astype(np.float32)
    return np.asarray(grey.reshape(len(corners), len(steps), len(steps)))


def _glare(small: Picture) -> float:
    """The share of the page under burnt-out spots (DEVICES.md 6.2).

    A spot is saturated while the paper around it is not: on a page that is bright all over, nothing
    is hidden.
    """
    lowest = small.min(axis=2)
    if float(np.median(lowest)) > 235:
        return 0.0
    burnt = (lowest > 250).astype(np.uint8)
    burnt = cv2.morphologyEx(burnt, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)).astype(np.uint8)
    return float(burnt.mean())
