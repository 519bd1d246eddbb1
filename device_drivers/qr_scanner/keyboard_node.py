"""One `/dev/input/event…`, taken for ourselves: the blocking half of the driver.

Grabbed from opening to closing, so that no key reaches anybody else: no text field, no console.
"""

import contextlib
import errno
import fcntl
import os
import select
import struct
import time

import evdev

from device_drivers.errors import DeviceMissing
from device_drivers.ports import Port
from device_drivers.qr_scanner.keys import InputEvent

_EVIOCGRAB = 0x40044590
"""linux/input.h, _IOW('E', 0x90, int). The kernel looks only whether the argument is null."""
_GRAB = struct.pack("i", 1)
_KEY_ENTER = 28


class KeyboardNode:
    """Used by one thread; `wake` and `has_hung_up` by any."""

    def __init__(self, port: Port, *, device: str) -> None:
        self._port = port
        self._device_name = device
        self._wake_reader, self._wake_writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._device: evdev.InputDevice[str] | None = None

    def open(self) -> None:
        """Open and grab. Raises DeviceMissing, also where somebody else has grabbed it."""
        try:
            device = evdev.InputDevice(self._port.address)
        except OSError as error:
            raise self._missing(error) from error
        try:
            fcntl.ioctl(device.fd, _EVIOCGRAB, _GRAB)
            keys = device.capabilities(absinfo=False).get(evdev.ecodes.EV_KEY, [])
        except OSError as error:
            device.close()
            raise self._missing(error) from error
        if _KEY_ENTER not in keys:
            device.close()
            raise DeviceMissing(self._device_name, f"{self._port} is no keyboard")
        self._device = device

    def read(self, within_s: float) -> list[InputEvent]:
        """Events that are there, or come within the time; none when woken. Raises DeviceMissing."""
        device = self._opened()
        poll = select.poll()
        poll.register(device.fd, select.POLLIN)
        poll.register(self._wake_reader, select.POLLIN)
        deadline = time.monotonic() + within_s
        ready = dict(poll.poll(max(0.0, deadline - time.monotonic()) * 1000))
        if self._wake_reader in ready:
            self.calm()
            return []
        if device.fd not in ready:
            return []
        try:
            return [
                InputEvent(event.timestamp(), event.type, event.code, event.value)
                for event in device.read()
            ]
        except BlockingIOError:
            return []
        except OSError as error:
            raise self._missing(error) from error

    def wake(self) -> None:
        """End a `read` under way, or the next one."""
        os.write(self._wake_writer, b"!")

    def calm(self) -> None:
        """Take back a `wake` that no `read` has seen."""
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake_reader, 4096)

    def has_hung_up(self) -> bool:
        """Ask the kernel at once."""
        poll = select.poll()
        poll.register(self._opened().fd, 0)
        return bool(poll.poll(0))

    def close(self) -> None:
        """Let go of the keyboard and of everything; used no more."""
        device, self._device = self._device, None
        if device is not None:
            with contextlib.suppress(OSError):  # gone already: nothing is left to let go of
                device.close()
        os.close(self._wake_reader)
        os.close(self._wake_writer)

    def _opened(self) -> "evdev.InputDevice[str]":
        if self._device is None:
            raise DeviceMissing(self._device_name, f"{self._port} is not open")
        return self._device

    def _missing(self, error: OSError) -> DeviceMissing:
        known = error.errno is not None and error.errno in errno.errorcode
        reason = os.strerror(error.errno or 0) if known else str(error)
        return DeviceMissing(self._device_name, f"{self._port}: {reason}")
