"""Why a kiosk is closed, and when what is under way must end. Pure."""

from enum import StrEnum

from kiosk.contract.devices import DeviceKind
from kiosk.flow.world import World


class Closing(StrEnum):
    """Why no new session starts. Text keys `out_of_service.why.<value>`, but for a command's."""

    COMMAND = "command"
    """An operator closed it, and wrote why."""
    BATTERY_LOW = "battery_low"
    """Mains is lost and the battery at its end."""
    MAINS_LOST = "mains_lost"
    DOOR_OPEN = "door_open"
    """Somebody works inside the cabinet."""


def closing(world: World) -> Closing | None:
    """The reason that goes first; None while the kiosk is open.

    A supply or a cabinet that cannot be asked closes nothing: it is the console's business.
    """
    if world.out_of_service is not None:
        return Closing.COMMAND
    if _part(world, DeviceKind.POWER_SUPPLY, "mains") == "notPresent":
        is_low = _part(world, DeviceKind.POWER_SUPPLY, "battery") == "low"
        return Closing.BATTERY_LOW if is_low else Closing.MAINS_LOST
    if _part(world, DeviceKind.CABINET, "door") == "open":
        return Closing.DOOR_OPEN
    return None


def must_end(world: World) -> bool:
    """The battery is at its end: what is under way ends in order, and soon."""
    on_battery = _part(world, DeviceKind.POWER_SUPPLY, "mains") == "notPresent"
    return on_battery and _part(world, DeviceKind.POWER_SUPPLY, "battery") == "low"


def _part(world: World, kind: DeviceKind, name: str) -> str:
    state = world.devices.get(kind)
    return "" if state is None else state.parts.get(name, "")
