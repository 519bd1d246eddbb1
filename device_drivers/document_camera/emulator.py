"""A desk under a camera: a folder whose only picture is what the camera sees now.

Each frame is written whole beside the old one and renamed over it, so that no reader ever sees half
a picture. The desk shows drawn papers in perspective, or photographs handed in.
"""

import contextlib
import os
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from device_drivers.document_camera import cards, papers
from device_drivers.emulation.wire_fault import WireFault

_FRAME_PX = (1944, 2592)
"""Five megapixels, mounted on its side: an A4 page comes to some 200 dpi."""
_JPEG_QUALITY = 90
_FRAME_NAME = "frame.jpg"
_GRAIN = 70.0
"""Standard deviation in grey levels: letters drown in it."""
_TORN_HEAD_BYTES = 64
"""A JPEG cut off within its tables: decoders make nothing of it."""
SLOW_FRAME_S = 2.0
"""A camera on a bus with too much on it: a picture every other second."""

_Corners = tuple[tuple[float, float], ...]
_LYING: _Corners = ((176, 118), (1772, 96), (1818, 2430), (118, 2462))
_ASKEW: _Corners = ((262, 148), (1764, 262), (1640, 2440), (88, 2296))
_CARD: _Corners = ((480, 900), (1158, 880), (1170, 1306), (474, 1328))
"""Some 200 dpi as well: in the middle of the desk."""
_OVER_THE_EDGE: _Corners = ((420, 620), (1980, 560), (2080, 2840), (380, 2900))


class DocumentCameraEmulator:
    """One camera looking down on one desk. Its methods block up to a second: drawing takes time."""

    PAPERS = (
        "employer_letter",
        "application_form",
        "id_card_front",
        "id_card_back",
        "blurred_letter",
        "cut_off_letter",
        "upside_down_letter",
        "curled_letter",
        "shining_letter",
        "dim_letter",
    )
    """What `put` knows by name; the last six are pictures no camera should accept."""

    def __init__(self, folder: Path) -> None:
        """Make the folder when it isn't there; the desk is empty until `put`."""
        self._folder = folder
        self._aside = folder.with_name(f".{folder.name}.unplugged")
        folder.mkdir(parents=True, exist_ok=True)
        self._fault = WireFault.NONE
        self._scene = b""
        """The whole frame as a camera in order would show it."""
        self.paper: str | None = None
        """The name of what lies on the desk, or None."""
        self.take()

    @property
    def port(self) -> str:
        """The port as a driver's configuration names it."""
        return f"images:{self._folder}"

    @property
    def is_plugged(self) -> bool:
        """Is the cable in?"""
        return self._folder.is_dir()

    @property
    def fault(self) -> WireFault:
        """What is wrong with the camera now."""
        return self._fault

    def disturb(self, fault: WireFault) -> None:
        """Let this be wrong from now on: few pictures, grain, the old picture for ever, no picture.

        Slow: what is laid down is seen `SLOW_FRAME_S` later, and the hand waits for it.
        """
        was, self._fault = self._fault, fault
        if fault is not was and fault is not WireFault.SILENT:
            self._show(self._scene)

    def put(self, paper: str) -> None:
        """Lay one of `PAPERS` under the camera. Raises KeyError for another name."""
        self._show(_encoded(paper))
        self.paper = paper

    def put_picture(self, picture: bytes) -> None:
        """Show an encoded picture (JPEG or PNG) as the whole frame: a photograph of a desk."""
        self._show(picture)
        self.paper = "picture"

    def take(self) -> None:
        """Leave the desk empty."""
        self._show(_encoded(""))
        self.paper = None

    def unplug(self) -> None:
        """Pull the cable: the camera's port is gone."""
        with contextlib.suppress(FileNotFoundError):
            self._folder.rename(self._aside)

    def plug(self) -> None:
        """Put the cable back; what lay on the desk still lies there."""
        with contextlib.suppress(FileNotFoundError):
            self._aside.rename(self._folder)

    def _show(self, encoded: bytes) -> None:
        self._scene = encoded
        match self._fault:
            case WireFault.SILENT:
                return
            case WireFault.SLOW:
                time.sleep(SLOW_FRAME_S)
            case WireFault.NOISY:
                encoded = _grained(encoded)
            case WireFault.WRONG:
                encoded = encoded[: len(encoded) // 2][:_TORN_HEAD_BYTES]
            case WireFault.NONE:
                pass
        folder = self._folder if self.is_plugged else self._aside
        half = folder / f".{_FRAME_NAME}.half"
        half.write_bytes(encoded)
        os.replace(half, folder / _FRAME_NAME)


_Frame = NDArray[np.uint8]


@cache
def _encoded(paper: str) -> bytes:
    """The whole frame with that paper: drawn once a process, for it takes up to a second."""
    _, data = cv2.imencode(".jpg", _SCENES[paper](), [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return data.tobytes()


def _grained(encoded: bytes) -> bytes:
    """The same picture as a sensor in the dark gives it: more noise than anything else."""
    frame = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR)
    assert frame is not None
    chance = np.random.default_rng(370321)
    grain = np.asarray(chance.normal(0, _GRAIN, frame.shape), np.float32)
    spoilt = np.asarray(np.clip(frame * 0.5 + 64 + grain, 0, 255), np.uint8)
    _, data = cv2.imencode(".jpg", spoilt, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return data.tobytes()


def _desk() -> _Frame:
    """A grey-brown table with grain, lit from one side."""
    width, height = _FRAME_PX
    chance = np.random.default_rng(370321)
    coarse = chance.normal(0, 9, (height // 8, width // 96)).astype(np.float32)
    grain = cv2.resize(coarse, _FRAME_PX, interpolation=cv2.INTER_CUBIC)
    desk = np.empty((height, width, 3), np.float32)
    desk[:] = (62, 78, 92)
    desk += grain[:, :, None] + chance.normal(0, 3, (height, width, 1)).astype(np.float32)
    return np.asarray(np.clip(desk * _light()[:, :, None], 0, 255), np.uint8)


def _light() -> NDArray[np.float32]:
    """Brightest at the upper left, where the lamp is."""
    width, height = _FRAME_PX
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    away = np.hypot((x - 0.3 * width) / width, (y - 0.25 * height) / height)
    return np.asarray(1.02 - 0.22 * away, np.float32)


def _lay(sheet: Image.Image, corners: _Corners, *, bow: float = 0.0) -> _Frame:
    """The sheet on the desk, with a shadow, seen by the camera; `bow` shifts its middle down."""
    desk = _desk()
    page = cv2.cvtColor(np.asarray(sheet, np.uint8), cv2.COLOR_RGB2BGR)
    height, width = page.shape[:2]
    whole = np.full((height, width), 255, np.uint8)
    if bow:
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        y -= np.float32(bow * height) * (1 - (2 * x / width - 1) ** 2)
        page = np.asarray(cv2.remap(page, x, y, cv2.INTER_LINEAR), np.uint8)
        whole = np.asarray(cv2.remap(whole, x, y, cv2.INTER_LINEAR), np.uint8)
    edge = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    matrix = cv2.getPerspectiveTransform(edge, np.array(corners, np.float32))
    seen = cv2.warpPerspective(page, matrix, _FRAME_PX, flags=cv2.INTER_AREA).astype(np.float32)
    cover = cv2.warpPerspective(whole, matrix, _FRAME_PX)
    shadow = cv2.GaussianBlur(np.roll(cover, (14, 10), (0, 1)), (0, 0), 14)[:, :, None] / 255.0
    ground = desk * (1 - 0.45 * shadow)
    share = cover[:, :, None] / 255.0
    lit = seen * (0.92 * _light())[:, :, None]
    noise = np.random.default_rng(8).normal(0, 1.6, (*cover.shape, 1))
    return np.asarray(np.clip(ground * (1 - share) + lit * share + noise, 0, 255), np.uint8)


def _blurred() -> _Frame:
    return np.asarray(cv2.GaussianBlur(_lay(papers.employer_letter(), _LYING), (0, 0), 7), np.uint8)


def _shining() -> _Frame:
    """A lamp mirrored in a plastic sleeve."""
    frame = _lay(papers.employer_letter(), _LYING).astype(np.float32)
    y, x = np.mgrid[0 : _FRAME_PX[1], 0 : _FRAME_PX[0]].astype(np.float32)
    away = np.hypot((x - 1050) / 210, (y - 1000) / 330)
    frame += 400 * np.clip(1.4 - away, 0, 1)[:, :, None]
    return np.asarray(np.clip(frame, 0, 255), np.uint8)


def _dim() -> _Frame:
    return np.asarray(_lay(papers.employer_letter(), _LYING) * 0.24, np.uint8)


def _turned(sheet: Image.Image) -> Image.Image:
    return sheet.transpose(Image.Transpose.ROTATE_180)


_SCENES: dict[str, Callable[[], _Frame]] = {
    "": _desk,
    "employer_letter": lambda: _lay(papers.employer_letter(), _LYING),
    "application_form": lambda: _lay(papers.application_form(), _ASKEW),
    "blurred_letter": _blurred,
    "id_card_front": lambda: _lay(cards.front_of_card(), _CARD),
    "id_card_back": lambda: _lay(cards.back_of_card(), _CARD),
    "cut_off_letter": lambda: _lay(papers.employer_letter(), _OVER_THE_EDGE),
    "upside_down_letter": lambda: _lay(_turned(papers.employer_letter()), _LYING),
    "curled_letter": lambda: _lay(papers.employer_letter(), _LYING, bow=0.04),
    "shining_letter": _shining,
    "dim_letter": _dim,
}
