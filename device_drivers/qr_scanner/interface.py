"""The QR scanner (扫码器) in the citizen's terms."""

from dataclasses import dataclass, field
from typing import Protocol

from device_drivers.device import Device
from device_drivers.status import StatusReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One code that was shown to the scanner."""

    text: str = field(repr=False)
    raw: bytes = field(repr=False)
    """The payload as it came, without framing."""
    symbology: str = "unknown"
    """Lower-case name from the AIM identifier (`qr`, `code128`), else `unknown`."""


@dataclass(frozen=True, slots=True)
class NothingShown:
    """No code was shown within the time given."""


ScanReading = Scan | NothingShown


class QrScanner(Device, Protocol):
    """One scanner. Its methods are called by one task at a time."""

    async def connect(self) -> None:
        """Open the port. Raises DeviceFault."""

    async def close(self) -> None:
        """Release the port. Safe to call twice, and after a fault."""

    async def status(self) -> StatusReport:
        """Ask the device now; answers within 1 s. Never raises: absence is a status."""

    async def read_code(self, *, within_s: float) -> ScanReading:
        """Wait for one code; what was shown before the call is discarded. Raises DeviceFault."""
