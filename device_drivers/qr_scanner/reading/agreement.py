"""What counts as read: how many readings must say the same at the same place, and who is right."""

from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np

from device_drivers.qr_scanner.reading.engines import MATRIX_FORMATS, Engine, Quad, Reading

_VOTES: Final = {"ean13": 2, "code128": 2}
"""One check digit lets a misreading through now and then (a blurred photograph was read as another
valid EAN by zxing-cpp, `DEVICES.md` 5.3); two readings that agree are no accident."""
_VOTES_OF_WEAK: Final = 3
"""Codes with less redundancy, or none; or two engines."""
_MARGIN: Final = 0.15
"""Share of a code's long side by which two engines' corners may differ."""


@dataclass(slots=True)
class Candidate:
    """Readings of the same content at the same place."""

    readings: list[Reading] = field(default_factory=list)

    @property
    def format(self) -> str:
        """As the first reading has it."""
        return self.readings[0].format

    @property
    def is_matrix(self) -> bool:
        """Does Reed-Solomon vouch for it?"""
        return self.format in MATRIX_FORMATS

    @property
    def engines(self) -> set[Engine]:
        """Who read it."""
        return {reading.engine for reading in self.readings}

    @property
    def is_enough(self) -> bool:
        """Are the readings enough to believe it?"""
        if self.is_matrix:
            return True
        wanted = _VOTES.get(self.format, _VOTES_OF_WEAK)
        return len(self.readings) >= wanted or len(self.engines) >= 2

    @property
    def weight(self) -> float:
        """How much speaks for it against a rival at the same place."""
        weight = float(len(self.readings)) + (1000.0 if self.is_matrix else 0.0)
        if Engine.ZXING in self.engines and self.format in {"code128", "qr"}:
            weight += 100.0  # zbar knows no FNC4 of Code 128, and guesses at a QR code's kanji
        return weight

    @property
    def best(self) -> Reading:
        """The reading with the best corners and bytes: zxing-cpp's, where there is one."""
        order = [Engine.ZXING, Engine.OPENCV, Engine.ZBAR]
        return min(self.readings, key=lambda reading: order.index(reading.engine))


class Tally:
    """Collects readings, their corners on the original picture."""

    def __init__(self) -> None:
        self._candidates: list[Candidate] = []

    def add(self, reading: Reading) -> None:
        """Count one reading."""
        for candidate in self._candidates:
            first = candidate.readings[0]
            if _content(first) == _content(reading) and is_same_place(first.quad, reading.quad):
                candidate.readings.append(reading)
                return
        self._candidates.append(Candidate([reading]))

    def accepted(self) -> list[Candidate]:
        """Those believed, in the order found: enough readings, and no stronger rival."""
        return [each for each in self._candidates if each.is_enough and self._wins(each)]

    @property
    def is_settled(self) -> bool:
        """Has something been read, and does nothing else still wait for a second reading?"""
        accepted = self.accepted()
        return bool(accepted) and all(
            any(_is_rival(each, winner) for winner in accepted)
            for each in self._candidates
            if each not in accepted
        )

    def _wins(self, candidate: Candidate) -> bool:
        """Two that are equally strong at one place are both doubtful."""
        rivals = [
            each
            for each in self._candidates
            if each is not candidate and _is_rival(each, candidate)
        ]
        return all(candidate.weight > rival.weight for rival in rivals)


def _content(reading: Reading) -> tuple[str, bytes]:
    """A UPC-A code is an EAN-13 one with a zero in front, which some engines send."""
    if reading.format == "ean13":
        return "ean13", reading.raw.rjust(13, b"0")
    return reading.format, reading.raw


def _is_rival(one: Candidate, other: Candidate) -> bool:
    return is_same_place(one.readings[0].quad, other.readings[0].quad)


def is_same_place(one: Quad, other: Quad) -> bool:
    """Does the middle of one lie on the other, give or take?

    zbar gives a bar code's scan lines, which may be one thin line across it.
    """
    return _holds(one, _middle(other)) or _holds(other, _middle(one))


def _middle(quad: Quad) -> tuple[float, float]:
    x, y = quad.mean(axis=0)
    return float(x), float(y)


def _holds(quad: Quad, point: tuple[float, float]) -> bool:
    margin_px = 2.0 + _MARGIN * float(np.ptp(quad, axis=0).max())
    return cv2.pointPolygonTest(cv2.convexHull(quad), point, True) >= -margin_px
