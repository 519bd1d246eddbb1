"""The driver of a scanner that pretends to be a keyboard, at `evdev:/dev/…`."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from concurrent.futures import Future
from functools import partial

from device_drivers.errors import DeviceFault, DeviceGarbled, DeviceMissing, DeviceSilent
from device_drivers.ports import Port, Scheme
from device_drivers.qr_scanner.framing.arrival import CodeArrived
from device_drivers.qr_scanner.interface import NothingShown, Scan, ScanReading
from device_drivers.qr_scanner.keyboard_node import KeyboardNode
from device_drivers.qr_scanner.keys import (
    ALT_CODES,
    KEY_GAP_S,
    LAYOUTS,
    AltCodes,
    InputEvent,
    KeyDecoder,
    LayoutName,
)
from device_drivers.qr_scanner.payload import decode_text, split_identifier
from device_drivers.status import DeviceKind, DeviceStatus, StatusReport
from device_drivers.transport.port_thread import CLOSE_S, PortThread

_DEVICE = DeviceKind.QR_SCANNER.value
STUCK_S = 10.0
"""The longest code, 2,953 bytes, is typed in 9 s at 3 ms a key; a stuck key goes on for ever."""
CONNECT_S = 5.0
"""Opening and grabbing an input device are two calls of the kernel, done in milliseconds, unless
the device is being reset on its bus, which takes seconds. What takes longer hangs."""
_STATUS_S = 0.9
"""`status` promises an answer within 1 s."""
_LISTEN_S = 3600.0
"""One wait of `listen`, after which it waits again."""


class HidQrScanner:
    """A scanner in keyboard mode; a `QrScanner`. It triggers by itself.

    The keyboard is grabbed while the port is open, whether somebody listens or not: keys nobody
    waits for are thrown away and reach no text field. Only keys less than `key_gap_s` apart and
    ended by Enter are a code. Opens its port whenever it is asked something and it is not open.
    """

    def __init__(
        self,
        port: Port,
        *,
        layout: LayoutName = "us",
        alt_codes: AltCodes = "bytes",
        key_gap_s: float = KEY_GAP_S,
    ) -> None:
        if port.scheme is not Scheme.EVDEV:
            raise ValueError(f"{port} is no input device")
        if layout not in LAYOUTS or alt_codes not in ALT_CODES:
            raise ValueError(
                f"layout must be one of {', '.join(LAYOUTS)}, alt_codes of {', '.join(ALT_CODES)}"
            )
        self.capabilities: Mapping[str, str] = {
            "layout": layout,
            "alt_codes": alt_codes,
        }
        """Fixed by model and settings, see `Device`."""
        self._port = port
        self._key_gap_s = key_gap_s
        self._make_decoder: Callable[[], KeyDecoder] = lambda: KeyDecoder(
            layout=layout, alt_codes=alt_codes, key_gap_s=key_gap_s
        )
        self._decoder = self._make_decoder()
        self._node: KeyboardNode | None = None
        self._thread = PortThread(_DEVICE, name="qr-keyboard")
        self._opening = asyncio.Lock()
        self._opened_at = 0.0

    async def connect(self) -> None:
        """Open the port and grab the keyboard.

        Raises DeviceMissing, and DeviceSilent where that takes longer than `CONNECT_S`.
        """
        try:
            async with asyncio.timeout(CONNECT_S), self._opening:
                if self._node is None:
                    await self._open()
        except TimeoutError:
            raise DeviceSilent(_DEVICE, f"{self._port} hangs for {CONNECT_S:g} s") from None

    async def _open(self) -> None:
        node = KeyboardNode(self._port, device=_DEVICE)
        opening: Future[None] | None = None
        try:
            opening = self._thread.submit(node.open)
            await asyncio.wrap_future(opening)
        except BaseException:
            if opening is None or opening.cancel():  # never begun: another, before it, hangs
                node.close()
                self._thread.rest()
            else:
                self._thread.let_go(node.close)
            raise
        self._node = node
        self._opened_at = time.monotonic()

    async def close(self) -> None:
        """Release the port. Safe to call twice; a wait under way raises DeviceMissing."""
        node, self._node = self._node, None
        if node is not None:
            node.wake()
            await self._thread.close(node.close, within_s=CLOSE_S)

    async def status(self) -> StatusReport:
        """Tell whether the keyboard is there and ours; answers within 1 s. Never raises."""
        try:
            async with asyncio.timeout(_STATUS_S):
                await self.connect()
                if self._node is not None and self._node.has_hung_up():
                    await self.close()
                    raise DeviceMissing(_DEVICE, f"{self._port} is gone")  # noqa: TRY301  one way out
        except DeviceMissing as fault:
            return StatusReport(
                device=DeviceStatus.NO_DEVICE, fault=fault.code, detail=fault.detail
            )
        except DeviceFault as fault:
            return StatusReport(device=DeviceStatus.OFFLINE, fault=fault.code, detail=fault.detail)
        except TimeoutError:
            return StatusReport(device=DeviceStatus.UNKNOWN, detail="the port hangs")
        return StatusReport(device=DeviceStatus.ONLINE)

    async def read_code(self, *, within_s: float) -> ScanReading:
        """Wait for one code. Raises DeviceFault; cancelling leaves the scanner idle.

        What was shown before the call is discarded, half a code with it.
        """
        deadline = asyncio.get_running_loop().time() + within_s
        await self.connect()
        await self._forget_shown()
        while True:
            left_s = max(0.0, deadline - asyncio.get_running_loop().time())
            codes = await self._codes(left_s)
            if codes:
                return _scan(codes[0])
            if asyncio.get_running_loop().time() >= deadline:
                return NothingShown()

    async def listen(self) -> AsyncGenerator[Scan, None]:
        """Every code shown from now on, none left out, until closed. Raises DeviceFault."""
        await self.connect()
        await self._forget_shown()
        while True:
            for code in await self._codes(_LISTEN_S):
                yield _scan(code)

    async def _forget_shown(self) -> None:
        """Throw away what came before now, with the rest of a burst that has begun.

        Raises DeviceGarbled for a key that is stuck.
        """
        # the head of a code may have been typed before the keyboard was ours
        within_s = max(0.0, self._opened_at + self._key_gap_s - time.monotonic())
        deadline = time.monotonic() + STUCK_S
        while await self._events(within_s):
            within_s = self._key_gap_s
            if time.monotonic() > deadline:
                raise DeviceGarbled(_DEVICE, f"keys without a pause for {STUCK_S} s")
        self._decoder = self._make_decoder()

    async def _codes(self, within_s: float) -> list[CodeArrived]:
        events = await self._events(within_s)
        arrivals = [arrival for event in events for arrival in self._decoder.take(event)]
        return [arrival for arrival in arrivals if isinstance(arrival, CodeArrived)]

    async def _events(self, within_s: float) -> list[InputEvent]:
        """Read in the keyboard's thread; cancelled, the wait there is ended before we go on."""
        node = self._node
        if node is None:
            raise DeviceMissing(_DEVICE, f"{self._port} was closed")
        running = asyncio.wrap_future(self._thread.submit(partial(node.read, within_s)))
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            if node is self._node:
                node.wake()
            await asyncio.wait([running])
            if node is self._node:
                node.calm()
            raise
        except DeviceMissing:
            if node is self._node:
                await self.close()
            raise


def _scan(code: CodeArrived) -> Scan:
    symbology, raw = split_identifier(code.raw)
    return Scan(text=decode_text(raw), raw=raw, symbology=symbology)
