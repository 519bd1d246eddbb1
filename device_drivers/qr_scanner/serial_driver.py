"""The driver of a scanner that sends plain lines over a serial line (`DEVICES.md` section 5.1)."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Literal, get_args

from device_drivers.errors import DeviceGarbled, DeviceMissing
from device_drivers.ports import Port
from device_drivers.qr_scanner.interface import NothingShown, Scan, ScanReading
from device_drivers.qr_scanner.payload import (
    decode_text,
    split_burst,
    split_identifier,
    split_lines,
)
from device_drivers.status import DeviceKind, DeviceStatus, StatusReport
from device_drivers.transport.serial_port import SerialPort

_DEVICE = DeviceKind.QR_SCANNER.value

Framing = Literal["auto", "line"]
"""How codes are told apart. `auto`: by silence, whatever suffix the scanner is set to, even none.
`line`: by CR, LF or CR LF behind each code; it waits for no silence, and takes no code without."""
FRAMINGS: tuple[Framing, ...] = get_args(Framing)

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
    identifier in front and CR, LF or both behind. With `framing` `auto`, `idle_s` without a byte
    ends a burst: 96 bytes at 9600 baud, six times what a USB serial adapter holds bytes back, and
    too short to notice. Opens its port whenever it is asked something and the port is not open.
    """

    def __init__(
        self, port: Port, *, baud: int = 115200, framing: Framing = "auto", idle_s: float = 0.1
    ) -> None:
        if framing not in FRAMINGS:
            raise ValueError(f"framing must be one of {', '.join(FRAMINGS)}")
        self._line = SerialPort(port, device=_DEVICE, baud=baud)
        self._framing = framing
        self._idle_s = idle_s
        self._rest = b""
        """The beginning of a line whose end has not come."""

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

        What was shown before the call is discarded; so is what came together with the code.
        """
        deadline = asyncio.get_running_loop().time() + within_s
        await self._line.open()
        await self._forget_shown()
        while True:
            left_s = max(0.0, deadline - asyncio.get_running_loop().time())
            payloads = await self._payloads(left_s)
            if payloads is None:
                return NothingShown()
            for payload in payloads:
                return _scan(payload)

    async def listen(self) -> AsyncGenerator[Scan, None]:
        """Every code shown from now on, none left out, until closed. Raises DeviceFault."""
        await self._line.open()
        await self._forget_shown()
        while True:
            for payload in await self._payloads(_LISTEN_S) or []:
                yield _scan(payload)

    async def _forget_shown(self) -> None:
        """Discard what came before now, with the rest of a burst that has already begun.

        Half a code must never be taken for one.
        """
        self._rest = b""
        if await self._line.discard_input():
            await self._rest_of_burst(b"")

    async def _payloads(self, within_s: float) -> list[bytes] | None:
        """Wait for codes, one or more; None when nothing came within the time."""
        if self._framing == "line":
            return await self._lines(within_s)
        burst = await self._burst(within_s)
        return split_burst(burst) if burst else None

    async def _lines(self, within_s: float) -> list[bytes] | None:
        """Wait until a line ends. A beginning whose end stays away is noise, and is dropped."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_s
        while True:
            left_s = max(0.0, deadline - loop.time())
            came = await self._line.read(
                within_s=min(left_s, LONGEST_BURST_S) if self._rest else left_s
            )
            if not came:
                self._rest = b""
                if loop.time() >= deadline:
                    return None
                continue
            lines, self._rest = split_lines(self._rest + came)
            if len(self._rest) > LONGEST_BURST:
                self._rest = b""
                raise DeviceGarbled(_DEVICE, f"more than {LONGEST_BURST} bytes without a line end")
            if lines:
                return lines

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
