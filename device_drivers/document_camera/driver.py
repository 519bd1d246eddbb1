"""Watches the desk through OpenCV and takes a page by itself when it lies still and is good."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import cv2
import numpy as np

from device_drivers.document_camera.interface import (
    CaptureResult,
    NoPage,
    Page,
    PageProblem,
    Picture,
    Preview,
    Quad,
)
from device_drivers.document_camera.page import find_page, flatten, judge
from device_drivers.errors import DeviceFault, DeviceMissing
from device_drivers.ports import Port
from device_drivers.status import DeviceKind, DeviceStatus, StatusReport
from device_drivers.transport.frame_source import FrameSource

_Result = TypeVar("_Result")

_STATUS_S = 0.9
_STILL_SHARE = 0.006
"""Corners that moved less than this share of the frame's long side did not move: twice the noise
of the corner search on a page that lies still."""
_QUALITIES = (90, 84, 78, 70, 62, 54, 46)
_SHRINK = 0.85


class OpencvDocumentCamera:
    """One camera on `v4l2:` or `images:`.

    `dpi` is the resolution of a taken A4 page. A page is taken after lying still and good for
    `steady_s`: a hand that only pauses moves again sooner. `quarter_turns` turns frames clockwise
    for a camera mounted on its side. `least_dpi` is what the camera must see of an A4 page.
    """

    def __init__(
        self,
        port: Port,
        *,
        dpi: int = 200,
        steady_s: float = 0.5,
        quarter_turns: int = 0,
        least_dpi: int = 120,
        largest_jpeg_bytes: int = 300_000,
        width_px: int = 2592,
        height_px: int = 1944,
    ) -> None:
        self._dpi = dpi
        self._steady_s = steady_s
        self._quarter_turns = quarter_turns % 4
        self._least_dpi = least_dpi
        self._largest_jpeg_bytes = largest_jpeg_bytes
        self._source = FrameSource(
            port,
            device=DeviceKind.DOCUMENT_CAMERA.value,
            width_px=width_px,
            height_px=height_px,
        )
        self._worker: ThreadPoolExecutor | None = None

    async def connect(self) -> None:
        """Open the camera and take one frame. Raises DeviceFault."""
        await self._in_worker(self._living_worker(), self._source.read)

    async def close(self) -> None:
        """Release the camera. Safe to call twice, and after a fault.

        A preview or a capture under way raises DeviceMissing; only what is asked afterwards opens
        the camera again.
        """
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.submit(self._source.close)
            await asyncio.to_thread(worker.shutdown)

    async def status(self) -> StatusReport:
        """Ask for a frame now; answers within 1 s. Never raises."""
        try:
            async with asyncio.timeout(_STATUS_S):
                await self._in_worker(self._living_worker(), self._source.read)
        except DeviceMissing as fault:
            return StatusReport(
                device=DeviceStatus.NO_DEVICE, fault=fault.code, detail=fault.detail
            )
        except DeviceFault as fault:
            return StatusReport(
                device=DeviceStatus.HARDWARE_ERROR, fault=fault.code, detail=fault.detail
            )
        except TimeoutError:
            return StatusReport(device=DeviceStatus.UNKNOWN, detail="no frame in time")
        return StatusReport(device=DeviceStatus.ONLINE)

    async def preview(self) -> AsyncIterator[Preview]:
        """Live frames, judged, until the iterator is closed; a slow reader misses frames.

        Raises DeviceFault while iterating.
        """
        stillness = _Stillness()
        worker = self._living_worker()
        while True:
            yield await self._in_worker(worker, lambda: self._look(stillness))

    async def capture(self, *, within_s: float) -> CaptureResult:
        """Wait until a page lies still and is good, and take it. Raises DeviceFault.

        Cancelling leaves the camera idle.
        """
        stillness = _Stillness()
        worker = self._living_worker()
        deadline = time.monotonic() + within_s
        problem = PageProblem.NO_PAGE
        good_since: float | None = None
        while time.monotonic() < deadline:
            seen = await self._in_worker(worker, lambda: self._look(stillness))
            now = time.monotonic()
            if seen.problems or seen.quad is None:
                problem = (seen.problems or (PageProblem.NO_PAGE,))[0]
                good_since = None
                continue
            problem = PageProblem.MOVING
            good_since = now if good_since is None else good_since
            if now - good_since >= self._steady_s:
                take = partial(self._take, seen.picture, seen.quad)
                return await self._in_worker(worker, take)
        return NoPage(problem)

    def _look(self, stillness: "_Stillness") -> Preview:
        picture = np.rot90(self._source.read(), -self._quarter_turns)
        picture = np.ascontiguousarray(picture)
        quad = find_page(picture)
        problems = judge(picture, quad, least_dpi=self._least_dpi).problems
        if quad is not None and not stillness.is_still(quad, max(picture.shape[:2])):
            problems = (*problems, PageProblem.MOVING)
        return Preview(picture=picture, quad=quad, problems=problems)

    def _take(self, picture: Picture, quad: Quad) -> Page:
        measured = judge(picture, quad, least_dpi=self._least_dpi)
        page = flatten(picture, quad, dpi=self._dpi)
        jpeg, scale = _encode(page, self._largest_jpeg_bytes)
        return Page(
            jpeg=jpeg,
            width_px=round(page.shape[1] * scale),
            height_px=round(page.shape[0] * scale),
            dpi=round(self._dpi * scale),
            sharpness=measured.sharpness,
            glare=measured.glare,
        )

    def _living_worker(self) -> ThreadPoolExecutor:
        """The camera's thread, begun anew after `close`."""
        if self._worker is None:
            self._worker = ThreadPoolExecutor(1, thread_name_prefix="document-camera")
        return self._worker

    async def _in_worker(self, worker: ThreadPoolExecutor, work: Callable[[], _Result]) -> _Result:
        """Run `work` in the camera's thread; a cancelled caller leaves it to end by itself.

        Raises DeviceMissing when the camera has been closed since `worker` was the living one.
        """
        if worker is not self._worker:
            raise DeviceMissing(DeviceKind.DOCUMENT_CAMERA.value, "the camera was closed")
        return await asyncio.get_running_loop().run_in_executor(worker, work)


class _Stillness:
    """Remembers where the page lay in the last frame."""

    def __init__(self) -> None:
        self._last: Quad | None = None

    def is_still(self, quad: Quad, long_side_px: int) -> bool:
        last, self._last = self._last, quad
        if last is None:
            return False
        moved = float(np.abs(np.array(quad) - np.array(last)).max())
        return moved <= _STILL_SHARE * long_side_px


def _encode(page: Picture, largest_bytes: int) -> tuple[bytes, float]:
    """The best JPEG that is small enough, and how much the page had to shrink for it."""
    scale = 1.0
    while True:
        size = (round(page.shape[1] * scale), round(page.shape[0] * scale))
        picture = page if scale == 1.0 else cv2.resize(page, size, interpolation=cv2.INTER_AREA)
        for quality in _QUALITIES:
            _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
            if data.size <= largest_bytes:
                return data.tobytes(), scale
        scale *= _SHRINK
