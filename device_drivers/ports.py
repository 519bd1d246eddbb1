"""Where a device is reached: the one setting that differs between a device and its emulator."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Scheme(StrEnum):
    """The ways a device can be reached."""

    SERIAL = "serial"
    TCP = "tcp"
    PCSC = "pcsc"
    IMAGES = "images"
    V4L2 = "v4l2"
    USB = "usb"
    EVDEV = "evdev"
    CUPS = "cups"
    NUT = "nut"


_EXAMPLES = {
    Scheme.SERIAL: "serial:/dev/kiosk/id_card",
    Scheme.TCP: "tcp:192.0.2.7:9100",
    Scheme.PCSC: "pcsc:<reader name>",
    Scheme.IMAGES: "images:<folder or video file>",
    Scheme.V4L2: "v4l2:/dev/video0",
    Scheme.USB: "usb:0400:c35a",
    Scheme.EVDEV: "evdev:/dev/kiosk/qr_scanner",
    Scheme.CUPS: "cups:document_printer",
    Scheme.NUT: "nut:kiosk@127.0.0.1:3493",
}

_SHAPES = {
    Scheme.USB: re.compile(r"[0-9a-f]{4}:[0-9a-f]{4}"),
    Scheme.CUPS: re.compile(r"[A-Za-z0-9_-]{1,127}"),
    Scheme.NUT: re.compile(r"[A-Za-z0-9_-]+@[A-Za-z0-9.-]+:[0-9]{1,5}"),
}
"""Vendor and product of a USB device (usb.org, in lower case); a queue as `lpadmin` lets it be
called; a supply as `upsc` takes it, its port always named."""


@dataclass(frozen=True, slots=True)
class Port:
    """One way to reach one device.

    `address` is a path, a reader name or a host, as the scheme has it; `number` is the TCP port
    and 0 for every other scheme.
    """

    scheme: Scheme
    address: str
    number: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `scheme:address`. Raises ValueError, with an example, on anything else."""
        word, colon, address = text.partition(":")
        if not colon or word not in set(Scheme):
            schemes = ", ".join(scheme.value for scheme in Scheme)
            raise ValueError(f"port {text!r} begins with none of {schemes} and a colon")
        scheme = Scheme(word)
        if not address.strip() or not address.isprintable() or address != address.strip():
            raise ValueError(f"port {text!r} names no place, such as {_EXAMPLES[scheme]}")
        if scheme is Scheme.TCP:
            host, number = _host_and_number(text, address)
            return cls(scheme, host, number)
        shape = _SHAPES.get(scheme)
        if shape is not None and shape.fullmatch(address) is None:
            raise ValueError(f"port {text!r} is not of the shape {_EXAMPLES[scheme]}")
        if scheme is Scheme.NUT:
            _host_and_number(text, address.partition("@")[2])
        if scheme in {Scheme.SERIAL, Scheme.V4L2, Scheme.EVDEV} and not address.startswith("/"):
            raise ValueError(f"port {text!r} needs a full path, such as {_EXAMPLES[scheme]}")
        return cls(scheme, address)

    def __str__(self) -> str:
        if self.scheme is Scheme.TCP:
            host = f"[{self.address}]" if ":" in self.address else self.address
            return f"tcp:{host}:{self.number}"
        return f"{self.scheme.value}:{self.address}"


def _host_and_number(text: str, address: str) -> tuple[str, int]:
    """Split `host:number`; an IPv6 host stands in brackets."""
    host, colon, digits = address.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        colon = ""
    if not colon or not host or not (digits.isascii() and digits.isdigit()):
        raise ValueError(f"port {text!r} needs a host and a number, such as tcp:192.0.2.7:9100")
    number = int(digits)
    if not 1 <= number <= 65535:
        raise ValueError(f"port {text!r}: the number must lie between 1 and 65535")
    return host, number
