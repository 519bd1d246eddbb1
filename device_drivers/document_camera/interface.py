"""The document camera (高拍仪) in the citizen's terms."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from device_drivers.device import Device
from device_drivers.status import StatusReport

Picture = NDArray[np.uint8]
"""Height × width × 3, blue-green-red, as OpenCV hands it over."""

Quad = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]
"""Corners in pixels: top-left, top-right, bottom-right, bottom-left."""


class PaperSize(StrEnum):
    """What lies under the camera; ISO names."""

    A4 = "a4"
    ID_CARD = "id_card"
    """ID-1: resident identity card (居民身份证), bank card, driving licence."""


class PageLook(StrEnum):
    """What is done to a page before it is kept."""

    PLAIN = "plain"
    """As the camera saw it."""
    COLOUR = "colour"
    """Shadows taken out, white paper, true colours."""
    GREY = "grey"
    """The same without colours."""


class PageProblem(StrEnum):
    """Why a picture of a paper is not good enough; each has a sentence in `assets/text`."""

    NO_PAGE = "no_page"
    CUT_OFF = "cut_off"
    TOO_SMALL = "too_small"
    BLURRED = "blurred"
    GLARE = "glare"
    TOO_DARK = "too_dark"
    NOT_FLAT = "not_flat"
    UPSIDE_DOWN = "upside_down"
    """Its text stands on its head, or lies on its side."""
    MOVING = "moving"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One live frame and what was found on it."""

    picture: Picture = field(repr=False)
    quad: Quad | None
    problems: tuple[PageProblem, ...]
    """Empty when the page could be taken now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page, flattened and judged."""

    jpeg: bytes = field(repr=False)
    width_px: int
    height_px: int
    dpi: int
    sharpness: float
    """Variance of the Laplacian over that of the grey, where the ink is, on the page at 1000 px
    width: 0.7 and more in focus, 0.1 unreadable; 0 for a page without ink."""
    glare: float
    """Share of the page that is burnt out, 0 to 1."""
    paper: PaperSize = PaperSize.A4
    codes: tuple[str, ...] = field(default=(), repr=False)
    """The texts of the codes on the paper, where the camera was told how to read them."""


@dataclass(frozen=True, slots=True)
class NoPage:
    """No good page lay still within the time given; `problem` is the last thing in the way."""

    problem: PageProblem


CaptureResult = Page | NoPage


class DocumentCamera(Device, Protocol):
    """One camera. Its methods are called by one task at a time."""

    async def connect(self) -> None:
        """Open the camera and take one frame. Raises DeviceFault."""

    async def close(self) -> None:
        """Release the camera. Safe to call twice, and after a fault."""

    async def status(self) -> StatusReport:
        """Ask the device now; answers within 1 s. Never raises: absence is a status."""

    def preview(self, *, paper: PaperSize = PaperSize.A4) -> AsyncIterator[Preview]:
        """Live frames, judged, until the iterator is closed. Raises DeviceFault while iterating."""

    async def capture(self, *, within_s: float, paper: PaperSize = PaperSize.A4) -> CaptureResult:
        """Wait until a page lies still and is good, and take it. Raises DeviceFault."""
