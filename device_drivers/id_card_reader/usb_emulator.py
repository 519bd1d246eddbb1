"""A USB wire for the emulated module, where `pyusb` meets libusb: `DEVICES.md` section 1.1.

There is no kernel side of it: this stands in for libusb, below everything the driver calls.
"""

import errno
import queue
import threading
import time
from array import array
from collections import deque
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import usb.backend
import usb.core

from device_drivers.emulation.wire_fault import Disturber

VENDOR, PRODUCT = 0x0400, 0xC35A

_HEADER_OUT, _BODY_OUT, _HEADER_IN, _BODY_IN = 0x02, 0x06, 0x81, 0x85  # 1.1
_PIPES = (_HEADER_OUT, _BODY_OUT, _HEADER_IN, _BODY_IN)
_BULK = 2  # USB 2.0, table 9-13: bmAttributes
_HEADER_BYTES = 7  # preamble and LEN (1.1)


class UsbWire:
    """The device's end: `on_bytes` gets what was written, `send` is read by the host.

    Used like a pty line. A body without its header before it, as a driver in disorder would send
    it, goes to the module as it is; a header of another size is none, and is passed over.
    """

    baud = 115200
    """There is no speed to set on USB; the module's own."""

    def __init__(self, on_bytes: Callable[[bytes], None]) -> None:
        self.bytes_per_s: float | None = None
        self.disturber = Disturber()
        self.backend = _Backend(self)
        self.is_plugged = False
        self._on_bytes = on_bytes
        self._arrived: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._changed = threading.Condition()
        self._leaving: dict[int, deque[bytes]] = {_HEADER_IN: deque(), _BODY_IN: deque()}
        self._thread = threading.Thread(target=self._listen, name="usb-wire", daemon=True)
        self._thread.start()

    @property
    def port(self) -> str:
        """Vendor and product, as a configuration names them."""
        return f"usb:{VENDOR:04x}:{PRODUCT:04x}"

    def plug(self) -> None:
        """Make the device appear on the bus."""
        with self._changed:
            for pipe in self._leaving.values():
                pipe.clear()
            self.is_plugged = True

    def unplug(self) -> None:
        """Make it vanish: every transfer under way ends with ENODEV."""
        with self._changed:
            self.is_plugged = False
            self._changed.notify_all()

    def close(self) -> None:
        """Unplug for good. Safe to call twice."""
        self.unplug()
        self._arrived.put(None)

    def send(self, data: bytes) -> None:
        """Lay header and body into the two pipes to the host (1.1)."""
        disturbed = self.disturber.says(data)
        data = disturbed.data
        time.sleep(disturbed.delay_s)
        if not data:
            return
        with self._changed:
            self._leaving[_HEADER_IN].append(data[:_HEADER_BYTES])
            if data[_HEADER_BYTES:]:
                self._leaving[_BODY_IN].append(data[_HEADER_BYTES:])
            self._changed.notify_all()

    def take(self, pipe: int, data: bytes) -> int:
        """What the host wrote to a pipe. Raises USBError when unplugged."""
        if not self.is_plugged:
            raise usb.core.USBError("unplugged", errno=errno.ENODEV)
        if pipe not in {_HEADER_OUT, _BODY_OUT}:
            raise usb.core.USBError("no such pipe", errno=errno.EPIPE)
        if pipe == _BODY_OUT or len(data) == _HEADER_BYTES:
            self._arrived.put(data)
        return len(data)

    def give(self, pipe: int, timeout_ms: int) -> bytes:
        """What the host reads from a pipe. Raises USBError, USBTimeoutError."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._leaving[pipe] or not self.is_plugged, timeout_ms / 1000
            )
            if not self.is_plugged:
                raise usb.core.USBError("unplugged", errno=errno.ENODEV)
            if not self._leaving[pipe]:
                raise usb.core.USBTimeoutError("timed out", errno=errno.ETIMEDOUT)
            return self._leaving[pipe].popleft()

    def _listen(self) -> None:
        while (data := self._arrived.get()) is not None:
            if heard := self.disturber.hears(data):
                self._on_bytes(heard)


class _Backend(usb.backend.IBackend):  # type: ignore[misc]  # pyusb publishes no types
    """What pyusb asks of libusb; one device with one interface and four bulk pipes."""

    def __init__(self, wire: UsbWire) -> None:
        super().__init__()
        self._wire = wire

    def enumerate_devices(self) -> Iterator[object]:
        if self._wire.is_plugged:
            yield "the module"

    def get_parent(self, dev: object) -> None:
        del dev

    def get_device_descriptor(self, dev: object) -> SimpleNamespace:
        del dev
        return SimpleNamespace(
            bLength=18, bDescriptorType=1, bcdUSB=0x0110, bDeviceClass=0, bDeviceSubClass=0,
            bDeviceProtocol=0, bMaxPacketSize0=64, idVendor=VENDOR, idProduct=PRODUCT,
            bcdDevice=0x0100, iManufacturer=0, iProduct=0, iSerialNumber=0, bNumConfigurations=1,
            address=1, bus=1, port_number=1, port_numbers=(1,), speed=2,
        )  # fmt: skip

    def get_configuration_descriptor(self, dev: object, config: int) -> SimpleNamespace:
        del dev
        if config != 0:
            raise IndexError(config)
        return SimpleNamespace(
            bLength=9, bDescriptorType=2, wTotalLength=46, bNumInterfaces=1, bConfigurationValue=1,
            iConfiguration=0, bmAttributes=0x80, bMaxPower=50, extra_descriptors=b"",
        )  # fmt: skip

    def get_interface_descriptor(
        self, dev: object, intf: int, alt: int, config: int
    ) -> SimpleNamespace:
        del dev
        if (intf, alt, config) != (0, 0, 0):
            raise IndexError(intf)
        return SimpleNamespace(
            bLength=9, bDescriptorType=4, bInterfaceNumber=0, bAlternateSetting=0,
            bNumEndpoints=len(_PIPES), bInterfaceClass=255, bInterfaceSubClass=0,
            bInterfaceProtocol=0, iInterface=0, extra_descriptors=b"",
        )  # fmt: skip

    def get_endpoint_descriptor(
        self, dev: object, ep: int, intf: int, alt: int, config: int
    ) -> SimpleNamespace:
        del dev, intf, alt, config
        return SimpleNamespace(
            bLength=7, bDescriptorType=5, bEndpointAddress=_PIPES[ep], bmAttributes=_BULK,
            wMaxPacketSize=64, bInterval=0, bRefresh=0, bSynchAddress=0, extra_descriptors=b"",
        )  # fmt: skip

    def open_device(self, dev: object) -> object:
        if not self._wire.is_plugged:
            raise usb.core.USBError("unplugged", errno=errno.ENODEV)
        return dev

    def close_device(self, dev_handle: object) -> None:
        del dev_handle

    def set_configuration(self, dev_handle: object, config_value: int) -> None:
        del dev_handle, config_value

    def get_configuration(self, dev_handle: object) -> int:
        del dev_handle
        return 1

    def claim_interface(self, dev_handle: object, intf: int) -> None:
        del dev_handle, intf

    def release_interface(self, dev_handle: object, intf: int) -> None:
        del dev_handle, intf

    def is_kernel_driver_active(self, dev_handle: object, intf: int) -> bool:
        del dev_handle, intf
        return False

    def bulk_write(
        self, dev_handle: object, ep: int, intf: int, data: "array[int]", timeout: int
    ) -> int:
        del dev_handle, intf, timeout
        return self._wire.take(ep, data.tobytes())

    def bulk_read(
        self, dev_handle: object, ep: int, intf: int, buff: "array[int]", timeout: int
    ) -> int:
        del dev_handle, intf
        data = self._wire.give(ep, timeout)
        if len(data) > len(buff):
            raise usb.core.USBError("overflow", errno=errno.EOVERFLOW)
        buff[: len(data)] = array("B", data)
        return len(data)
