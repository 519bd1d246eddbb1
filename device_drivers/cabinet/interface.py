"""The cabinet (机柜) around the devices: what its board sees, and the light at each slot."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from device_drivers.device import Device
from device_drivers.status import StatusReport


class Slot(StrEnum):
    """Where a guidance light (引导灯) shows the citizen what comes next."""

    ID_CARD = "id_card"
    SOCIAL_SECURITY_CARD = "social_security_card"
    SCANNER = "scanner"
    CAMERA = "camera"
    RECEIPT_PRINTER = "receipt_printer"
    DOCUMENT_PRINTER = "document_printer"


class LightMode(StrEnum):
    """What one light does."""

    OFF = "off"
    ON = "on"
    BLINK = "blink"


class DoorStatus(StrEnum):
    """XFS4IoT Auxiliaries.cabinetDoor."""

    CLOSED = "closed"
    OPEN = "open"
    UNKNOWN = "unknown"


class TamperStatus(StrEnum):
    """Has somebody moved or forced the cabinet? The switch's contact, as long as it says so."""

    OK = "ok"
    TAMPERED = "tampered"
    UNKNOWN = "unknown"


class FanStatus(StrEnum):
    """Does the fan turn?"""

    OK = "ok"
    STOPPED = "stopped"
    UNKNOWN = "unknown"


class HeatStatus(StrEnum):
    """Is it too hot inside for what is built in?"""

    OK = "ok"
    HOT = "hot"
    UNKNOWN = "unknown"


class Presence(StrEnum):
    """A thing or a person that comes and goes: headset in its jack, somebody before the kiosk."""

    PRESENT = "present"
    NOT_PRESENT = "notPresent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class CabinetStatus(StatusReport):
    """What the board sees; None for a part the board does not have.

    A board that does not answer leaves each part it has `unknown`.
    """

    door: DoorStatus | None = None
    tamper: TamperStatus | None = None
    fan: FanStatus | None = None
    heat: HeatStatus | None = None
    headset: Presence | None = None
    person: Presence | None = None
    """Somebody stands before the kiosk."""
    temperature_c: float | None = None
    """Inside the cabinet; None also while it is not known."""

    def parts(self) -> dict[str, str]:
        """The parts the board has, by their words."""
        every = {
            "door": self.door,
            "tamper": self.tamper,
            "fan": self.fan,
            "heat": self.heat,
            "headset": self.headset,
            "person": self.person,
        }
        return {name: word.value for name, word in every.items() if word is not None}


class Cabinet(Device, Protocol):
    """One cabinet. Its methods may be called by several tasks of one event loop."""

    async def connect(self) -> None:
        """Open the port, see that the board answers, give it its lights. Raises DeviceFault."""

    async def close(self) -> None:
        """Release the port; the lights stay as they are. Safe to call twice, and after a fault."""

    async def status(self) -> CabinetStatus:
        """Ask the board now; answers within 1 s. Never raises: absence is a status.

        A board found again, or found with other lights than it was given, gets them again.
        """

    async def light(self, slot: Slot, mode: LightMode) -> None:
        """Set the light at one slot; where the board has none there, nothing happens.

        Raises DeviceFault when the board does not take it; the light is then remembered, and
        given when the board is back. Takes 1 s at most.
        """

    def watch(self) -> AsyncIterator[CabinetStatus]:
        """How the board is now, and then each time a word of it changes. Never raises."""
