"""One thread for one camera: opened, read, looked at and released there and nowhere else."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from device_drivers.errors import DeviceFault, DeviceMissing, DeviceSilent
from device_drivers.status import DeviceStatus, StatusReport
from device_drivers.transport.frame_source import FrameSource
from device_drivers.transport.port_thread import CLOSE_S, PortThread

_Result = TypeVar("_Result")

_STATUS_S = 0.9
"""`status` promises an answer within 1 s."""
CONNECT_S = 12.0
"""OpenCV waits 10 s for the frame of a V4L2 camera that stalls (`OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT`
in its cap_v4l.cpp) and then says so; opening it takes a second. What takes longer hangs."""


class FrameThread:
    """The thread of one `FrameSource`; begun when it is first needed, and anew after `close`.

    A camera that hangs holds it, across closing and opening, until it comes back.
    """

    def __init__(self, source: FrameSource, *, device: str) -> None:
        self._source = source
        self._device = device
        self._thread = PortThread(device, name=device.replace("_", "-"))
        self._opening: FrameOpening | None = None

    def opening(self) -> "FrameOpening":
        """What an action works with from its beginning to its end: `close` ends both."""
        if self._opening is None:
            self._opening = FrameOpening(self._device, self._thread)
        return self._opening

    async def connect(self, first: Callable[[], object]) -> None:
        """Run `first` in the thread. Raises what it raises, and DeviceSilent after `CONNECT_S`."""
        try:
            async with asyncio.timeout(CONNECT_S):
                await self.opening().run(first)
        except TimeoutError:
            raise DeviceSilent(self._device, f"the camera hangs for {CONNECT_S:g} s") from None

    async def close(self) -> None:
        """Release the camera and end the thread. Safe to call twice, and after a fault.

        A camera that hangs is waited for no longer than `CLOSE_S`, and released when it comes back.
        """
        opening, self._opening = self._opening, None
        if opening is not None:
            await opening.close(self._source.close)

    async def status(self) -> StatusReport:
        """Ask for a frame now; answers within 1 s. Never raises."""
        try:
            async with asyncio.timeout(_STATUS_S):
                await self.opening().run(self._source.read)
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


class FrameOpening:
    """The thread from one opening of the camera to its closing."""

    def __init__(self, device: str, thread: PortThread) -> None:
        self._device = device
        self._thread = thread
        self._is_closed = False

    async def run(self, work: Callable[[], _Result]) -> _Result:
        """Run `work` in the camera's thread; a cancelled caller leaves it to end by itself.

        Raises DeviceMissing when the camera has been closed, and what `work` raises.
        """
        if self._is_closed:
            raise DeviceMissing(self._device, "the camera was closed")
        return await self._thread.run(work)

    async def close(self, release: Callable[[], None]) -> None:
        """Run `release` behind what is under way, and end the thread; returns within `CLOSE_S`."""
        self._is_closed = True
        await self._thread.close(release, within_s=CLOSE_S)
