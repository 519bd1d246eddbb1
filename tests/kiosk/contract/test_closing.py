"""The one rule by which devices close a kiosk, on the kiosk and in the server's reading of it."""

import pytest

from kiosk.contract.closing import Closing, closing_by_devices
from kiosk.contract.devices import DeviceKind, DeviceState, DeviceStatus


def _shown(**parts: str) -> dict[DeviceKind, DeviceState]:
    """A supply and a cabinet, each with all these parts: each is asked for its own only."""
    state = DeviceState(status=DeviceStatus.ONLINE, parts=parts)
    return {DeviceKind.POWER_SUPPLY: state, DeviceKind.CABINET: state}


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"mains": "notPresent"}, Closing.MAINS_LOST),
        ({"mains": "notPresent", "battery": "low"}, Closing.BATTERY_LOW),
        ({"mains": "notPresent", "door": "open"}, Closing.MAINS_LOST),
        ({"door": "open"}, Closing.DOOR_OPEN),
        ({"mains": "present", "battery": "low", "door": "closed"}, None),
        ({"mains": "unknown", "battery": "low", "door": "unknown"}, None),
        ({}, None),
    ],
)
def test_the_reason_that_devices_show(parts: dict[str, str], reason: Closing | None) -> None:
    assert closing_by_devices(_shown(**parts)) is reason


def test_devices_that_are_not_there_close_nothing() -> None:
    assert closing_by_devices({}) is None
