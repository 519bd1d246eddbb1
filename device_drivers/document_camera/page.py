"""Finds the page in a picture. Pure."""

import cv2
import numpy as np

from device_drivers.document_camera.edges import Placed, place, score_all
from device_drivers.document_camera.interface import Picture, Quad
from device_drivers.document_camera.proposals import Points, clockwise_from_top_left, propose
from device_drivers.document_camera.scaling import halved_to, scaled_to

_SMALL_PX = 360
"""Long side for guessing: a sheet's outline needs no more."""
_FINE_PX = 1300
"""Long side for placing the sides: 0.3 px here is 1 px of a five-megapixel frame."""
_CONFIDENT = 0.45
"""Below this score no guess is believed; desks without a paper score under 0.25, sheets in full
view above 0.6."""
_LEAST_SUPPORT = 0.45
"""Of the three best sides, how much must lie on a straight step: writing on a page that fills the
frame is full of steps, but they line up over a fifth to a third of a guessed side."""
_CLEAR_SUPPORT = 0.65
_CLEAR_SCORE = 0.7
_LEAST_PX = 16


def find_page(picture: Picture, *, near: Quad | None = None) -> Quad | None:
    """The four corners of the sheet on the desk, or None when no guess is convincing.

    Takes some 10 ms for a 1920 × 1080 picture on one core, and a third of that where the page still
    lies `near` where it was seen last.
    """
    if min(picture.shape[:2]) < _LEAST_PX:
        return None
    fine, fine_scale = halved_to(picture, _FINE_PX)
    small, _ = scaled_to(fine, _SMALL_PX)
    if min(small.shape[:2]) < _LEAST_PX:
        return None
    lab = cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_BGR2LAB), (5, 5), 0).astype(np.uint8)
    placed = None
    if near is not None:
        placed = _still_there(fine, lab, np.array(near, np.float32) * np.float32(fine_scale))
    if placed is None:
        placed = _found(fine, lab)
    if placed is None:
        return None
    return clockwise_from_top_left(placed.corners / np.float32(fine_scale))


def _found(fine: Picture, lab: Picture) -> Placed | None:
    """The best of all guesses, placed."""
    guesses = list(propose(lab))
    if not guesses:
        return None
    quads = np.array(guesses, np.float32)
    scores = score_all(lab, quads)
    best = int(scores.argmax())
    if scores[best] < _CONFIDENT:
        return None
    placed = place(fine, quads[best] * np.float32(fine.shape[1] / lab.shape[1]))
    return placed if np.mean(sorted(placed.support)[1:]) >= _LEAST_SUPPORT else None


def _still_there(fine: Picture, lab: Picture, near: Points) -> Placed | None:
    """The page where it was, if it is as clear there as one can be."""
    placed = place(fine, near)
    if np.mean(sorted(placed.support)[1:]) < _CLEAR_SUPPORT:
        return None
    on_lab = placed.corners * np.float32(lab.shape[1] / fine.shape[1])
    return placed if score_all(lab, on_lab[None])[0] >= _CLEAR_SCORE else None
