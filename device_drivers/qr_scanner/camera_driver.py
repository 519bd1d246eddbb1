"""A camera that looks for codes: `v4l2:` or `images:`."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from device_drivers.errors import DeviceFault, DeviceMissing
from device_drivers.ports import Port
from device_drivers.qr_scanner.decode import Code, decode_image
from device_drivers.qr_scanner.interface import NothingShown, Scan, ScanReading
from device_drivers.status import DeviceKind, DeviceStatus, StatusReport
from device_drivers.transport.frame_source import FrameSource

_Result = TypeVar("_Result")

_DEVICE = DeviceKind.QR_SCANNER.value
_STATUS_S = 0.9
_GONE_S = 1.0
"""A hand that shakes hides a code for some frames; who shows the same code again takes longer."""


class CameraQrScanner:
    """One camera that looks at whatever is held before it; a `QrScanner`.

    A frame may cost `budget_ms` once its first look is taken: a lower one looks oftener, a higher
    one reads more of what is blurred. What is in view when a reading begins is being shown.
    """

    def __init__(
        self, port: Port, *, budget_ms: float = 150.0, width_px: int = 1280, height_px: int = 720
    ) -> None:
        self.capabilities: Mapping[str, str] = {
            "resolution_px": f"{width_px}x{height_px}",
            "budget_ms": f"{budget_ms:g}",
        }
        """Fixed by model and settings, see `Device`."""
        self._budget_ms = budget_ms
        self._source = FrameSource(port, device=_DEVICE, width_px=width_px, height_px=height_px)
        self._worker: ThreadPoolExecutor | None = None

    async def connect(self) -> None:
        """Open the camera. Raises DeviceMissing."""
        await self._in_worker(self._living_worker(), self._source.open)

    async def close(self) -> None:
        """Release the camera. Safe to call twice, and after a fault."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.submit(self._source.close)
            await asyncio.to_thread(worker.shutdown)

    async def status(self) -> StatusReport:
        """Take a frame now; answers within 1 s. Never raises."""
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

    async def read_code(self, *, within_s: float) -> ScanReading:
        """Look until a code is seen. Raises DeviceFault; cancelling leaves the camera idle.

        Of several on one frame the first counts. At least one frame is looked at.
        """
        worker = self._living_worker()
        deadline = time.monotonic() + within_s
        while True:
            codes = await self._in_worker(worker, self._look)
            if codes:
                return _scan(codes[0])
            if time.monotonic() >= deadline:
                return NothingShown()

    async def listen(self) -> AsyncGenerator[Scan, None]:
        """Every code shown, once for as long as it stays in view. Raises DeviceFault."""
        worker = self._living_worker()
        seen_at: dict[bytes, float] = {}
        while True:
            codes = await self._in_worker(worker, self._look)
            now = time.monotonic()
            for code in codes:
                if now - seen_at.get(code.raw, -_GONE_S) >= _GONE_S:
                    yield _scan(code)
                seen_at[code.raw] = time.monotonic()
            seen_at = {raw: at for raw, at in seen_at.items() if now - at < _GONE_S}

    def _look(self) -> list[Code]:
        return decode_image(self._source.read(), budget_ms=self._budget_ms)

    def _living_worker(self) -> ThreadPoolExecutor:
        """The camera's thread, begun anew after `close`."""
        if self._worker is None:
            self._worker = ThreadPoolExecutor(1, thread_name_prefix="qr-camera")
        return self._worker

    async def _in_worker(self, worker: ThreadPoolExecutor, work: Callable[[], _Result]) -> _Result:
        """Run `work` in the camera's thread; a cancelled caller leaves it to end by itself.

        Raises DeviceMissing when the camera has been closed since `worker` was the living one.
        """
        if worker is not self._worker:
            raise DeviceMissing(_DEVICE, "the camera was closed")
        return await asyncio.get_running_loop().run_in_executor(worker, work)


def _scan(code: Code) -> Scan:
    return Scan(text=code.text, raw=code.raw, symbology=code.format)
