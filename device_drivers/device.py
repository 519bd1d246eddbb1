"""What every driver offers, whatever it drives: the face supervision and readiness see."""

from collections.abc import Mapping
from typing import Protocol

from device_drivers.status import StatusReport


class Device(Protocol):
    """One device on one port. Its methods are called by one task at a time."""

    @property
    def capabilities(self) -> Mapping[str, str]:
        """What it can do by model and settings (XFS4IoT `Common.Capabilities`), not how it is.

        Known before it is connected, asked of nobody, and the same for as long as it lives.
        """

    async def connect(self) -> None:
        """Open the port and see that the device answers. Raises DeviceFault."""

    async def close(self) -> None:
        """Release the port. Safe to call twice, and after a fault."""

    async def status(self) -> StatusReport:
        """Ask the device now; answers within 1 s. Never raises: absence is a status."""
