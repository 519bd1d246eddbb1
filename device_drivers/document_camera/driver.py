"""Watches the desk through OpenCV and takes a page by itself when it lies still and is good."""

import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np

from device_drivers.document_camera.enhancement import enhance
from device_drivers.document_camera.flattening import flatten
from device_drivers.document_camera.interface import (
    CaptureResult,
    NoPage,
    Page,
    PageLook,
    PageProblem,
    PaperSize,
    Picture,
    Preview,
    Quad,
)
from device_drivers.document_camera.judgement import Judgement, judge
from device_drivers.document_camera.page import find_page
from device_drivers.document_camera.pages_pdf import LARGEST_PAGE_BYTES, jpeg_of
from device_drivers.document_camera.text_reading.interface import PageTurn
from device_drivers.document_camera.text_reading.reader import TextReader
from device_drivers.document_camera.watching import PageWatch, moved_px
from device_drivers.ports import Port
from device_drivers.status import DeviceKind, StatusReport
from device_drivers.transport.frame_source import FrameSource
from device_drivers.transport.frame_thread import FrameThread

_DEVICE = DeviceKind.DOCUMENT_CAMERA.value

ReadCodes = Callable[[Picture], Sequence[str]]
"""Reads the codes on a flattened page; runs in the camera's thread."""

_LIES_THERE_SHARE = 0.02
"""A page that was refused is the same as long as its corners are within this share of the frame."""
_TURNS = {1: cv2.ROTATE_90_CLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_COUNTERCLOCKWISE}


class OpencvDocumentCamera:
    """One camera on `v4l2:` or `images:`.

    `dpi` is the resolution of a taken A4 page, `card_dpi` of a card. A page is taken after lying
    still and good for `steady_s`: a hand that only pauses moves again sooner. `quarter_turns` turns
    frames clockwise for a camera mounted on its side. `least_dpi` is what the camera must see of
    the paper; `least_sharpness`, `most_glare`, `least_light` and `most_bow` are the limits of
    `judgement.judge`, which depend on camera and lamp. `look` is `plain`, `colour` or `grey`; cards
    are always kept plain, for their ground is a colour. `checks_upright` has the text of a taken
    page looked at by the reading process: known in 0.1 s, 1.5 s after a cold start; a page whose
    text could not be looked at within `upright_within_s` is taken as it lies.
    """

    def __init__(
        self,
        port: Port,
        read_codes: ReadCodes | None = None,
        *,
        dpi: int = 200,
        card_dpi: int = 300,
        steady_s: float = 0.5,
        quarter_turns: int = 0,
        least_dpi: int = 120,
        least_sharpness: float = 0.12,
        most_glare: float = 0.005,
        least_light: float = 70.0,
        most_bow: float = 0.03,
        look: str = PageLook.COLOUR.value,
        checks_upright: bool = True,
        upright_within_s: float = 4.0,
        largest_jpeg_bytes: int = LARGEST_PAGE_BYTES,
        width_px: int = 2592,
        height_px: int = 1944,
    ) -> None:
        self.capabilities: Mapping[str, str] = {
            "resolution_px": f"{width_px}x{height_px}",
            "dpi": str(dpi),
            "card_dpi": str(card_dpi),
            "look": look,
            "checks_upright": "yes" if checks_upright else "no",
        }
        """Fixed by model and settings, see `Device`."""
        self._dpi = {PaperSize.A4: dpi, PaperSize.ID_CARD: card_dpi}
        self._steady_s = steady_s
        self._quarter_turns = quarter_turns % 4
        self._look_of = {PaperSize.A4: PageLook(look), PaperSize.ID_CARD: PageLook.PLAIN}
        self._largest_jpeg_bytes = largest_jpeg_bytes
        self._read_codes = read_codes
        self._judge = partial(
            judge,
            least_dpi=least_dpi,
            least_sharpness=least_sharpness,
            most_glare=most_glare,
            least_light=least_light,
            most_bow=most_bow,
        )
        self._source = FrameSource(port, device=_DEVICE, width_px=width_px, height_px=height_px)
        self._thread = FrameThread(self._source, device=_DEVICE)
        self._reader = TextReader() if checks_upright else None
        self._upright_within_s = upright_within_s
        self._refused: Quad | None = None
        """Where the page lies whose text was found upside down."""

    async def connect(self) -> None:
        """Open the camera and take one frame. Raises DeviceFault."""
        await self._thread.connect(self._source.read)

    async def close(self) -> None:
        """Release the camera and end the reading process. Safe to call twice, and after a fault.

        A preview or a capture under way raises DeviceMissing; only what is asked afterwards opens
        the camera again. One that hangs is released when it comes back, and is waited for no longer
        than `port_thread.CLOSE_S`.
        """
        await self._thread.close()
        if self._reader is not None:
            await self._reader.close()

    async def status(self) -> StatusReport:
        """Ask for a frame now; answers within 1 s. Never raises."""
        return await self._thread.status()

    async def preview(self, *, paper: PaperSize = PaperSize.A4) -> AsyncGenerator[Preview, None]:
        """Live frames, judged, until the iterator is closed; a slow reader misses frames.

        Raises DeviceFault while iterating.
        """
        watch = PageWatch()
        opening = self._thread.opening()
        await self._warm_the_reader()
        while True:
            look = await opening.run(partial(self._look, watch, paper))
            yield look.preview

    async def capture(self, *, within_s: float, paper: PaperSize = PaperSize.A4) -> CaptureResult:
        """Wait until a page lies still and is good, and take it. Raises DeviceFault.

        Of the frames in which it was good the sharpest is taken. Whether its text is upright may
        take some seconds more than `within_s`. Cancelling leaves the camera idle.
        """
        watch = PageWatch()
        opening = self._thread.opening()
        await self._warm_the_reader()
        deadline = time.monotonic() + within_s
        problem = PageProblem.NO_PAGE
        best: _Look | None = None
        while time.monotonic() < deadline:
            look = await opening.run(partial(self._look, watch, paper))
            if look.preview.problems or look.preview.quad is None:
                problem = (look.preview.problems or (PageProblem.NO_PAGE,))[0]
                best = None
                continue
            problem = PageProblem.MOVING
            if not look.is_good_now:
                continue
            if best is None or look.judged.sharpness > best.judged.sharpness:
                best = look
            if look.good_for_s < self._steady_s:
                continue
            flat = await opening.run(partial(self._flatten, best, paper))
            if await self._is_turned(flat):
                self._refused = best.preview.quad
                problem, best = PageProblem.UPSIDE_DOWN, None
                continue
            return await opening.run(partial(self._keep, flat, best.judged, paper))
        return NoPage(problem)

    async def _warm_the_reader(self) -> None:
        if self._reader is not None:
            await self._reader.start()

    async def _is_turned(self, flat: Picture) -> bool:
        if self._reader is None:
            return False
        turn = await self._reader.turn_of(flat, within_s=self._upright_within_s)
        return turn in {PageTurn.UPSIDE_DOWN, PageTurn.SIDEWAYS}

    def _look(self, watch: PageWatch, paper: PaperSize) -> "_Look":
        picture = self._source.read()
        if self._quarter_turns:
            picture = np.asarray(cv2.rotate(picture, _TURNS[self._quarter_turns]), np.uint8)
        long_side_px = max(picture.shape[:2])
        quad = find_page(picture, near=watch.near)
        judged = self._judge(picture, quad, paper=paper)
        watched = watch.see(quad, judged.problems, long_side_px=long_side_px, at_s=time.monotonic())
        problems = watched.problems
        refused = self._refused
        if refused is not None:
            limit_px = _LIES_THERE_SHARE * long_side_px
            if watched.quad is None or moved_px(watched.quad, refused) > limit_px:
                self._refused = None
            else:
                problems = (PageProblem.UPSIDE_DOWN, *problems)
        return _Look(
            preview=Preview(picture=picture, quad=watched.quad, problems=problems),
            judged=judged,
            is_good_now=quad is not None and not judged.problems,
            good_for_s=watched.good_for_s,
        )

    def _flatten(self, look: "_Look", paper: PaperSize) -> Picture:
        assert look.preview.quad is not None
        return flatten(look.preview.picture, look.preview.quad, dpi=self._dpi[paper], paper=paper)

    def _keep(self, flat: Picture, judged: Judgement, paper: PaperSize) -> Page:
        jpeg, width_px, height_px, dpi = jpeg_of(
            enhance(flat, self._look_of[paper]),
            dpi=self._dpi[paper],
            largest_bytes=self._largest_jpeg_bytes,
        )
        return Page(
            jpeg=jpeg,
            width_px=width_px,
            height_px=height_px,
            dpi=dpi,
            sharpness=judged.sharpness,
            glare=judged.glare,
            paper=paper,
            codes=tuple(self._read_codes(flat)) if self._read_codes is not None else (),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """One frame, judged, and how long it has been good."""

    preview: Preview
    judged: Judgement
    is_good_now: bool
    good_for_s: float
