"""The uninterruptible power supply (不间断电源): where the current comes from, and how long."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from device_drivers.device import Device
from device_drivers.status import StatusReport


class MainsStatus(StrEnum):
    """Does the kiosk live on mains (市电)?"""

    PRESENT = "present"
    NOT_PRESENT = "notPresent"
    """On battery."""
    UNKNOWN = "unknown"


class BatteryStatus(StrEnum):
    """How the battery is."""

    OK = "ok"
    LOW = "low"
    """It will not carry the kiosk much longer."""
    WORN = "worn"
    """It wants to be replaced."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerSupplyStatus(StatusReport):
    """What the supply says; a supply nobody can ask leaves both parts `unknown`."""

    mains: MainsStatus = MainsStatus.UNKNOWN
    battery: BatteryStatus = BatteryStatus.UNKNOWN
    charge_percent: float | None = None
    runtime_s: float | None = None
    """How long the battery would carry the present load."""

    def parts(self) -> dict[str, str]:
        """The parts by their words."""
        return {"mains": self.mains.value, "battery": self.battery.value}


class PowerSupply(Device, Protocol):
    """One supply. Its methods are called by one task at a time."""

    async def connect(self) -> None:
        """See that the supply can be asked. Raises DeviceFault."""

    async def close(self) -> None:
        """Let go. Safe to call twice, and after a fault."""

    async def status(self) -> PowerSupplyStatus:
        """Ask the supply now; answers within 1 s. Never raises: absence is a status."""
