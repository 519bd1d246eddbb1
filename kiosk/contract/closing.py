"""Why a kiosk closes, and the one rule by which its devices close it. Pure.

The kiosk closes by it; the server reads the same reason from the devices in each heartbeat, since
the event that names it may be lost or come late.
"""

from collections.abc import Mapping
from enum import StrEnum

from kiosk.contract.devices import DeviceKind, DeviceState


class Closing(StrEnum):
    """Why no new session starts. Text keys `out_of_service.why.<value>`, but for a command's."""

    COMMAND = "command"
    """An operator closed it, and wrote why."""
    BATTERY_LOW = "battery_low"
    """Mains is lost and the battery at its end."""
    MAINS_LOST = "mains_lost"
    DOOR_OPEN = "door_open"
    """Somebody works inside the cabinet."""


def closing_by_devices(devices: Mapping[DeviceKind, DeviceState]) -> Closing | None:
    """The reason the devices show, the one that goes first; None while they show none.

    A supply or a cabinet that cannot be asked closes nothing: it is the console's business.
    """
    if _part(devices, DeviceKind.POWER_SUPPLY, "mains") == "notPresent":
        is_low = _part(devices, DeviceKind.POWER_SUPPLY, "battery") == "low"
        return Closing.BATTERY_LOW if is_low else Closing.MAINS_LOST
    if _part(devices, DeviceKind.CABINET, "door") == "open":
        return Closing.DOOR_OPEN
    return None


def _part(devices: Mapping[DeviceKind, DeviceState], kind: DeviceKind, name: str) -> str:
    state = devices.get(kind)
    return "" if state is None else state.parts.get(name, "")
