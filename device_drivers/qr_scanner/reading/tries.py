"""The picture as it is and as it could have been: bigger, clearer, sharper, turned."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from device_drivers.qr_scanner.reading.engines import Grey, Quad

_MOST_PX: Final = 4_000_000
"""Of the first look: two thousand by two thousand resolve the smallest code of a whole A4 page."""
_MOST_PX_AGAIN: Final = 1_600_000
_MOST_ENLARGED: Final = 3.0


@dataclass(frozen=True, slots=True)
class Try:
    """One version of a picture."""

    name: str
    picture: Grey
    back: NDArray[np.float64]
    """2 × 3: from a place on it to the place on the original."""

    def place(self, quad: Quad) -> Quad:
        """The corners on the original."""
        ones = np.ones((len(quad), 1), np.float64)
        return np.asarray(np.hstack([quad, ones]) @ self.back.T, np.float32)


def tries(grey: Grey) -> Iterator[Try]:
    """The original first, then what most often helps; each is made only when it is asked for."""
    first = _scaled(grey, "original", min(1.0, (_MOST_PX / grey.size) ** 0.5))
    yield first
    room = (_MOST_PX_AGAIN / grey.size) ** 0.5
    base = _scaled(grey, "larger", min(room, 2.0))
    yield base
    yield Try("clear as it is", _clear(first.picture), first.back)
    for name, change in _CHANGES.items():
        yield Try(name, change(base.picture), base.back)
    if room > _MOST_ENLARGED:
        again = _scaled(grey, "three times", _MOST_ENLARGED)
        yield again
        yield Try("three times, sharp", _sharpened(again.picture, 5, 2), again.back)
    for degrees in (45.0, 20.0, -20.0):
        yield _turned(base, degrees)
    yield _scaled(grey, "half", min(room, 0.5))


def _scaled(grey: Grey, name: str, factor: float) -> Try:
    back = np.array([(1 / factor, 0, 0), (0, 1 / factor, 0)], np.float64)
    if factor == 1.0:
        return Try(name, grey, back)
    smooth = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    height, width = grey.shape
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return Try(name, np.asarray(cv2.resize(grey, size, interpolation=smooth), np.uint8), back)


def _turned(base: Try, degrees: float) -> Try:
    """Bars are looked for along rows and columns only."""
    height, width = base.picture.shape
    side = int(np.ceil(np.hypot(height, width)))
    forth = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    forth[:, 2] += ((side - width) / 2, (side - height) / 2)
    turned = cv2.warpAffine(base.picture, forth, (side, side), borderValue=(255,))
    unturned = np.vstack([cv2.invertAffineTransform(forth), (0, 0, 1)])
    back = base.back @ unturned
    return Try(f"turned {degrees:.0f}", np.asarray(turned, np.uint8), back)


def _sharpened(picture: Grey, sigma_px: float, strength: float) -> Grey:
    soft = cv2.GaussianBlur(picture, (0, 0), sigma_px)
    return np.asarray(cv2.addWeighted(picture, 1 + strength, soft, -strength, 0), np.uint8)


def _clear(picture: Grey) -> Grey:
    """Local contrast, for shade and glare."""
    return np.asarray(cv2.createCLAHE(3.0, (8, 8)).apply(picture), np.uint8)


def _black_and_white(picture: Grey) -> Grey:
    around = cv2.ADAPTIVE_THRESH_GAUSSIAN_C
    return np.asarray(
        cv2.adaptiveThreshold(picture, 255, around, cv2.THRESH_BINARY, 51, 5), np.uint8
    )


_CHANGES: Final[dict[str, Callable[[Grey], Grey]]] = {
    "clear": _clear,
    "sharp": lambda picture: _sharpened(picture, 2, 1),
    "very sharp": lambda picture: _sharpened(picture, 4, 2),
    "black and white": _black_and_white,
    "inverted": lambda picture: np.asarray(255 - picture, np.uint8),
    "soft": lambda picture: np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.5), np.uint8),
    "along columns": lambda picture: np.asarray(cv2.blur(picture, (1, 17)), np.uint8),
}
