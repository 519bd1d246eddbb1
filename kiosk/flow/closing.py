"""Whether the kiosk is closed now, and when what is under way must end. Pure."""

from kiosk.contract.closing import Closing, closing_by_devices
from kiosk.flow.world import World


def closing(world: World) -> Closing | None:
    """The reason that goes first, an operator's before all; None while the kiosk is open."""
    if world.out_of_service is not None:
        return Closing.COMMAND
    return closing_by_devices(world.devices)


def must_end(world: World) -> bool:
    """The battery is at its end: what is under way ends in order, and soon."""
    return closing_by_devices(world.devices) is Closing.BATTERY_LOW
