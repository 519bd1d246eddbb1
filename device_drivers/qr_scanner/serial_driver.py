"""The driver of a scanner that sends plain lines over a serial line (`DEVICES.md` section 5.1)."""

import asyncio
from collections.abc import AsyncGenerator

from device_drivers.errors import DeviceGarbled, DeviceMissing
from device_drivers.ports import Port
from device_drivers.qr_scanner.interface import NothingShown, Scan, ScanReading
from device_drivers.qr_scanner.payload import decode_text, split_burst, split_identifier
from device_drivers.status import DeviceKind, DeviceStatus, StatusReport
from device_drivers.transport.serial_port import SerialPort

_DEVICE = DeviceKind.QR_SCANNER.value

LONGEST_BURST = 8192
"""A QR code holds 7089 digits at most (ISO/IEC 18004, version 40-L); a burst longer than this,
with identifier and suffix, is no scan."""

LONGEST_BURST_S = 10.0
"""What `LONGEST_BURST` takes at 9600 baud, the slowest speed scanners are set to, and a margin."""

_LISTEN_S = 3600.0
"""One wait of `listen`, after which it waits again."""


class SerialQrScanner:
    """A scanner behind a tty or a TCP serial server; a `QrScanner`.

    The scanner triggers by itself and sends each code in one burst, with or without an AIM
    identifier in front and CR, LF or both behind. `idle_s` without a byte ends a burst: 96 bytes
    at 9600 baud, six times what a USB serial adapter holds bytes back, and too short to notice.
    Opens its port whenever it is asked something and the port is not open.
    """

    def __init__(self, port: Port, *, baud: int = 115200, idle_s: float = 0.1) -> None:
        self._line = SerialPort(port, device=_DEVICE, baud=baud)
        self._idle_s = idle_s

    async def connect(self) -> None:
        """Open the port. Raises DeviceMissing."""
        await self._line.open()

    async def close(self) -> None:
        """Release the port. Safe to call twice, and after a fault."""
        await self._line.close()

    async def status(self) -> StatusReport:
        """Tell whether the port is there; answers within 1 s. Never raises.

        A scanner of plain lines takes no questions, so an open port is all that can be known.
        """
        try:
            await self._line.open()
            await self._line.check()
        except DeviceMissing as fault:
            return StatusReport(
                device=DeviceStatus.NO_DEVICE, fault=fault.code, detail=fault.detail
            )
        return StatusReport(device=DeviceStatus.ONLINE)

    async def read_code(self, *, within_s: float) -> ScanReading:
        """Wait for one code. Raises DeviceFault; cancelling leaves the scanner idle.

        What was shown before the call is discarded; so is what came in one burst with the code.
        """
        deadline = asyncio.get_running_loop().time() + within_s
        await self._line.open()
        await self._forget_shown()
        while True:
            left_s = max(0.0, deadline - asyncio.get_running_loop().time())
            burst = await self._burst(left_s)
            if not burst:
                return NothingShown()
            for payload in split_burst(burst):
                return _scan(payload)

    async def listen(self) -> AsyncGenerator[Scan, None]:
        """Every code shown from now on, none left out, until closed. Raises DeviceFault."""
        await self._line.open()
        await self._forget_shown()
        while True:
            for payload in split_burst(await self._burst(_LISTEN_S)):
                yield _scan(payload)

    async def _forget_shown(self) -> None:
        """Discard what came before now, with the rest of a burst that has already begun.

        Half a code must never be taken for one.
        """
        if await self._line.discard_input():
            await self._rest_of_burst(b"")

    async def _burst(self, within_s: float) -> bytes:
        """Wait for a burst and read it to its end; empty when none begins within the time."""
        begin = await self._line.read(within_s=within_s)
        return await self._rest_of_burst(begin) if begin else b""

    async def _rest_of_burst(self, burst: bytes) -> bytes:
        """Add what comes until the line is quiet. Raises DeviceGarbled where it never is."""
        deadline = asyncio.get_running_loop().time() + LONGEST_BURST_S
        while more := await self._line.read(within_s=self._idle_s):
            burst += more
            if len(burst) > LONGEST_BURST or asyncio.get_running_loop().time() > deadline:
                await self._line.discard_input()
                raise DeviceGarbled(
                    _DEVICE, f"more than {LONGEST_BURST} bytes or {LONGEST_BURST_S} s of no pause"
                )
        return burst


def _scan(payload: bytes) -> Scan:
    symbology, raw = split_identifier(payload)
    return Scan(text=decode_text(raw), raw=raw, symbology=symbology)
