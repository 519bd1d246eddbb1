"""A SAM_V module on USB, as a line of bytes: frames are cut over its four pipes and put together.

The module is no tty. `pyusb` blocks, so it is called in the port's own thread; every transfer has a
time-out of its own, which is how cancelling and closing end a wait.
"""

import asyncio
import contextlib
import errno
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from functools import partial
from typing import Protocol, TypeVar

import usb.core
import usb.util

from device_drivers.errors import DeviceMissing, DeviceSilent
from device_drivers.id_card_reader import usb_frames
from device_drivers.id_card_reader.frames import LONGEST
from device_drivers.ports import Port, Scheme
from device_drivers.transport.port_thread import CLOSE_S, PortThread

_Result = TypeVar("_Result")

OPEN_S = 0.5
"""Finding and claiming are a few control transfers of milliseconds; with the question that follows
it is the second in which `status` answers. One that takes longer is taken up by the next try."""
_SLICE_S = 0.1
"""One transfer of a longer wait: as long as a close may have to wait for the thread."""
_BODY_S = 0.05
"""A body follows its header at full speed: 2,321 bytes are 3 ms; sixteen times that. The header
holds their number, so the module has them all by then, and `status` has a second for two replies.
"""
_PACKET_BYTES = 64
"""Full speed: the largest packet of a bulk or interrupt pipe (USB 2.0, 5.7.3 and 5.8.3)."""
_BODY_BYTES = (LONGEST // _PACKET_BYTES + 1) * _PACKET_BYTES
"""Whole packets that hold the longest body; a shorter one ends with a short packet (5.8.3)."""


class Backend(Protocol):
    """What `usb.core.find` takes as `backend`; libusb where it is None."""


class UsbPipes:
    """One module, found by vendor and product; a `sam_module.Line`.

    `backend` stands in for libusb where the device is no real one.
    """

    def __init__(self, port: Port, *, device: str, backend: Backend | None = None) -> None:
        if port.scheme is not Scheme.USB:
            raise ValueError(f"{port} is no USB device")
        vendor, product = port.address.split(":")
        self._port = port
        self._ids = (int(vendor, 16), int(product, 16))
        self._device = device
        self._backend = backend
        self._talking = asyncio.Lock()
        self._opening = asyncio.Lock()
        self._thread = PortThread(device, name="usb-sam")
        self._handle: usb.core.Device | None = None
        self._claiming: Future[usb.core.Device] | None = None
        """Under way, or come after its time."""
        self._held = b""

    @contextlib.asynccontextmanager
    async def conversation(self) -> AsyncIterator[None]:
        """Keep every other conversation off the pipes meanwhile."""
        async with self._talking:
            yield

    async def open(self, *, within_s: float = OPEN_S) -> None:
        """Find and claim the device; nothing happens when it is open.

        Raises DeviceMissing, and DeviceSilent where that takes longer than `within_s`, or `OPEN_S`.
        """
        limit_s = min(within_s, OPEN_S)
        try:
            async with asyncio.timeout(limit_s), self._opening:
                if self._handle is None:
                    await self._take_claimed()
        except TimeoutError:
            raise DeviceSilent(self._device, f"{self._port} hangs for {limit_s:.1f} s") from None

    async def _take_claimed(self) -> None:
        """Whoever is cancelled or late leaves the claim to the next: there is never a second."""
        if self._claiming is None:
            self._claiming = self._thread.submit(self._claim)
        claiming = self._claiming
        try:
            handle = await asyncio.shield(asyncio.wrap_future(claiming))
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            if self._claiming is claiming:
                self._claiming = None
                self._thread.rest()
            if isinstance(error, usb.core.USBError | usb.core.NoBackendError):
                raise DeviceMissing(self._device, f"{self._port}: {_reason(error)}") from error
            raise
        if self._claiming is not claiming:
            raise DeviceMissing(self._device, f"{self._port} was closed")
        self._claiming = None
        self._handle = handle
        self._held = b""

    async def close(self) -> None:
        """Release the device. Safe to call twice, and when it is gone."""
        handle, self._handle = self._handle, None
        claiming, self._claiming = self._claiming, None
        self._held = b""
        if handle is not None:
            await self._thread.close(partial(_dispose, handle), within_s=CLOSE_S)
        if claiming is not None:
            await self._thread.close(partial(_dispose_claimed, claiming), within_s=CLOSE_S)

    async def write(self, data: bytes, *, within_s: float) -> None:
        """Send one frame: its header, then its body. Raises DeviceSilent, DeviceMissing."""
        handle = self._opened()
        header, body = usb_frames.split(data)

        def send() -> int:
            deadline = time.monotonic() + within_s
            sent = handle.write(usb_frames.HEADER_OUT, header, _ms(within_s))
            left_s = deadline - time.monotonic()
            return int(sent + handle.write(usb_frames.BODY_OUT, body, _ms(left_s)))

        sent = await self._transfer(send, when_late=0)
        if sent < len(data):
            raise DeviceSilent(self._device, f"{self._port} took {sent} of {len(data)} bytes")

    async def read(self, *, within_s: float) -> bytes:
        """One whole frame, header and body; empty when none began within the time.

        What arrives is handed on as it is, right or wrong: the decoder judges it. Cancelling
        loses nothing: what had arrived is returned by the next read. Raises DeviceMissing.
        """
        if self._held:
            held, self._held = self._held, b""
            return held
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within_s
        while True:
            left_s = deadline - loop.time()
            piece_s = max(0.001, min(_SLICE_S, left_s))
            data = await self._kept(partial(self._frame, piece_s))
            if data or left_s <= piece_s:
                return data

    async def discard_input(self) -> int:
        """Throw away what has arrived and nobody read; how many bytes. Raises DeviceMissing."""
        self._opened()
        count = len(self._held)
        self._held = b""
        while data := await self._transfer(lambda: self._frame(0.001), when_late=b""):
            count += len(data)
        return count

    async def _kept(self, work: Callable[[], bytes]) -> bytes:
        """Do `work`; cancelled, wait for its end and keep its bytes for the next read."""
        self._opened()
        running = asyncio.ensure_future(self._transfer(work, when_late=b""))
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.wait([running])
            if running.exception() is None:
                self._held += running.result()
            raise

    def _frame(self, within_s: float) -> bytes:
        """In the thread: a header and its body; a garbled one too, or the pipes get out of step."""
        handle = self._opened()
        try:
            header = bytes(handle.read(usb_frames.HEADER_IN, _PACKET_BYTES, _ms(within_s)))
        except usb.core.USBTimeoutError:
            return b""
        try:
            return header + bytes(handle.read(usb_frames.BODY_IN, _BODY_BYTES, _ms(_BODY_S)))
        except usb.core.USBTimeoutError:
            return header
        except usb.core.USBError as error:
            if error.errno == errno.EOVERFLOW:  # longer than any frame
                return header
            raise

    def _claim(self) -> usb.core.Device:
        vendor, product = self._ids
        handle = usb.core.find(idVendor=vendor, idProduct=product, backend=self._backend)
        if handle is None:
            raise DeviceMissing(self._device, f"{self._port}: no such device")
        # a kernel driver for HID may have it; where there is none, there is nothing to detach
        with contextlib.suppress(NotImplementedError, usb.core.USBError):
            if handle.is_kernel_driver_active(0):
                handle.detach_kernel_driver(0)
        handle.set_configuration()
        return handle

    async def _transfer(self, work: Callable[[], _Result], *, when_late: _Result) -> _Result:
        self._opened()
        try:
            return await self._in_thread(work)
        except usb.core.USBTimeoutError:
            return when_late

    async def _in_thread(self, work: Callable[[], _Result]) -> _Result:
        """Run `work` in the thread. Raises DeviceMissing, and USBTimeoutError as it is."""
        try:
            return await self._thread.run(work)
        except usb.core.USBTimeoutError:
            raise
        except (usb.core.USBError, usb.core.NoBackendError) as error:
            self._let_go()
            raise DeviceMissing(self._device, f"{self._port}: {_reason(error)}") from error

    def _let_go(self) -> None:
        """The device is gone: `open` finds it anew."""
        handle, self._handle = self._handle, None
        if handle is not None:
            self._thread.let_go(partial(_dispose, handle))

    def _opened(self) -> usb.core.Device:
        if self._handle is None:
            raise DeviceMissing(self._device, f"{self._port} is not open")
        return self._handle


def _dispose(handle: usb.core.Device) -> None:
    with contextlib.suppress(usb.core.USBError):  # gone already: nothing is left to let go of
        usb.util.dispose_resources(handle)


def _dispose_claimed(claiming: "Future[usb.core.Device]") -> None:
    """In the thread, behind the claim: it has ended, or `close` has left it behind."""
    if claiming.exception() is None:
        _dispose(claiming.result())


def _ms(seconds: float) -> int:
    return max(1, round(seconds * 1000))


def _reason(error: Exception) -> str:
    number = getattr(error, "errno", None)
    if number == errno.ENODEV:
        return "unplugged"
    if number == errno.EACCES:
        return "no permission"
    return str(error)
