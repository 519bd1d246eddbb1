"""One thread for one camera: opened, read, looked at and released there and nowhere else."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from device_drivers.errors import DeviceFault, DeviceMissing
from device_drivers.status import DeviceStatus, StatusReport
from device_drivers.transport.frame_source import FrameSource

_Result = TypeVar("_Result")

_STATUS_S = 0.9
"""`status` promises an answer within 1 s."""


class FrameThread:
    """The thread of one `FrameSource`; begun when it is first needed, and anew after `close`."""

    def __init__(self, source: FrameSource, *, device: str) -> None:
        self._source = source
        self._device = device
        self._opening: FrameOpening | None = None

    def opening(self) -> "FrameOpening":
        """What an action works with from its beginning to its end: `close` ends both."""
        if self._opening is None:
            self._opening = FrameOpening(self._device)
        return self._opening

    async def close(self) -> None:
        """Release the camera and end the thread. Safe to call twice, and after a fault."""
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

    def __init__(self, device: str) -> None:
        self._device = device
        self._worker = ThreadPoolExecutor(1, thread_name_prefix=device.replace("_", "-"))
        self._is_closed = False

    async def run(self, work: Callable[[], _Result]) -> _Result:
        """Run `work` in the camera's thread; a cancelled caller leaves it to end by itself.

        Raises DeviceMissing when the camera has been closed, and what `work` raises.
        """
        if self._is_closed:
            raise DeviceMissing(self._device, "the camera was closed")
        return await asyncio.get_running_loop().run_in_executor(self._worker, work)

    async def close(self, release: Callable[[], None]) -> None:
        """Run `release` behind what is under way, and end the thread."""
        self._is_closed = True
        self._worker.submit(release)
        await asyncio.to_thread(self._worker.shutdown)
