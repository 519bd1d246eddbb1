"""A camera that looks for codes: `v4l2:` or `images:`."""

import time
from collections.abc import AsyncGenerator, Mapping

from device_drivers.ports import Port
from device_drivers.qr_scanner.decode import Code, decode_image
from device_drivers.qr_scanner.interface import NothingShown, Scan, ScanReading
from device_drivers.status import DeviceKind, StatusReport
from device_drivers.transport.frame_source import FrameSource
from device_drivers.transport.frame_thread import FrameThread

_DEVICE = DeviceKind.QR_SCANNER.value
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
        self._thread = FrameThread(self._source, device=_DEVICE)

    async def connect(self) -> None:
        """Open the camera. Raises DeviceMissing, and DeviceSilent for one that hangs."""
        await self._thread.connect(self._source.open)

    async def close(self) -> None:
        """Release the camera, one that hangs when it comes back.

        Safe to call twice, and after a fault; takes `port_thread.CLOSE_S` at most.
        """
        await self._thread.close()

    async def status(self) -> StatusReport:
        """Take a frame now; answers within 1 s. Never raises."""
        return await self._thread.status()

    async def read_code(self, *, within_s: float) -> ScanReading:
        """Look until a code is seen. Raises DeviceFault; cancelling leaves the camera idle.

        Of several on one frame the first counts. At least one frame is looked at.
        """
        opening = self._thread.opening()
        deadline = time.monotonic() + within_s
        while True:
            codes = await opening.run(self._look)
            if codes:
                return _scan(codes[0])
            if time.monotonic() >= deadline:
                return NothingShown()

    async def listen(self) -> AsyncGenerator[Scan, None]:
        """Every code shown, once for as long as it stays in view. Raises DeviceFault."""
        opening = self._thread.opening()
        seen_at: dict[bytes, float] = {}
        while True:
            codes = await opening.run(self._look)
            now = time.monotonic()
            for code in codes:
                if now - seen_at.get(code.raw, -_GONE_S) >= _GONE_S:
                    yield _scan(code)
                seen_at[code.raw] = time.monotonic()
            seen_at = {raw: at for raw, at in seen_at.items() if now - at < _GONE_S}

    def _look(self) -> list[Code]:
        return decode_image(self._source.read(), budget_ms=self._budget_ms)


def _scan(code: Code) -> Scan:
    return Scan(text=code.text, raw=code.raw, symbology=code.format)
