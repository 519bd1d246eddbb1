"""Desks with a sheet on them whose corners are known, and the measure of a guess."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from device_drivers.document_camera.interface import Picture, Quad

Corners = NDArray[np.float32]


@dataclass(frozen=True)
class Scene:
    """A picture and the truth about it."""

    picture: Picture
    corners: Corners


@lru_cache(maxsize=8)
def desk_with_sheet(
    seed: int, *, desk: tuple[int, int, int] = (60, 90, 130), sheet: int = 225, width: int = 1920
) -> Scene:
    """A sheet with lines of ink in a random pose on a grained, unevenly lit desk.

    Drawn once for all who ask for the same; nobody can write on it.
    """
    chance = np.random.default_rng(seed)
    height = width * 9 // 16
    picture = np.empty((height, width, 3), np.float32)
    picture[:] = desk
    coarse = chance.normal(0, 10, (height // 6, width // 60)).astype(np.float32)
    picture += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)[:, :, None]
    corners = _pose(chance, width, height)
    page = _page(chance, sheet)
    edge = np.array([(0, 0), (600, 0), (600, 848), (0, 848)], np.float32)
    matrix = cv2.getPerspectiveTransform(edge, corners)
    cover = cv2.warpPerspective(np.ones((848, 600), np.float32), matrix, (width, height))
    seen = cv2.warpPerspective(page, matrix, (width, height), flags=cv2.INTER_AREA)
    picture += (seen - picture) * cover[:, :, None]
    light = np.linspace(1.0, 0.75, width, dtype=np.float32)[None, :, None]
    picture *= light
    picture += 2 * chance.standard_normal(picture.shape, dtype=np.float32)
    seen_by_camera = np.clip(picture, 0, 255).astype(np.uint8)
    for each in (seen_by_camera, corners):
        each.setflags(write=False)
    return Scene(seen_by_camera, corners)


def _pose(chance: np.random.Generator, width: int, height: int) -> Corners:
    tall = height * chance.uniform(0.72, 0.86)
    half = np.array([tall / 1.414 / 2, tall / 2])
    upright = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half
    angle = chance.uniform(-0.16, 0.16)
    turn = np.array([(np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))])
    centre = np.array([width * chance.uniform(0.4, 0.6), height / 2])
    lean = chance.uniform(-0.02, 0.02, (4, 2)) * tall
    return np.asarray(upright @ turn.T + lean + centre, np.float32)


def _page(chance: np.random.Generator, sheet: int) -> NDArray[np.float32]:
    page = np.full((848, 600, 3), sheet, np.float32)
    for row in range(90, 760, 34):
        x = 60
        while x < 520:
            end = x + int(chance.integers(6, 40))
            page[row : row + 12, x : min(end, 540) : 3] = 50
            x = end + int(chance.integers(4, 14))
    return page


def overlap(found: Quad, corners: Corners, picture: Picture) -> float:
    """Intersection over union of two quadrilaterals in the picture."""
    first = np.zeros(picture.shape[:2], np.uint8)
    second = first.copy()
    cv2.fillPoly(first, [np.round(np.array(found)).astype(np.int32)], 1)
    cv2.fillPoly(second, [np.round(corners).astype(np.int32)], 1)
    return float((first & second).sum() / (first | second).sum())
