"""What every driver offers, whatever it drives: the face supervision and readiness see."""

from typing import Protocol

from device_drivers.status import StatusReport


class Device(Protocol):
    """One device on one port. Its methods are called by one task at a time."""

    async def connect(self) -> None:
        """Open the port and see that the device answers. Raises DeviceFault."""

    async def close(self) -> None:
        """Release the port. Safe to call twice, and after a fault."""

    async def status(self) -> StatusReport:
        """Ask the device now; answers within 1 s. Never raises: absence is a status."""
