"""What NUT's variables and error words mean. Pure; every constant from the documents of NUT 2.8.0.

Status words: "Status data" in docs/new-drivers.txt; variables: docs/nut-names.txt; errors:
"Error responses" in docs/net-protocol.txt (networkupstools.org).
"""

import math
from collections.abc import Mapping

from device_drivers.errors import FaultCode
from device_drivers.power_supply.interface import BatteryStatus, MainsStatus, PowerSupplyStatus
from device_drivers.status import DeviceStatus

ON_LINE = "OL"
ON_BATTERY = "OB"
BATTERY_LOW = "LB"
REPLACE_BATTERY = "RB"
ON_BYPASS = "BYPASS"
"""Mains goes past the supply: there is current, and nothing behind it."""
FORCED_SHUTDOWN = "FSD"
"""upsd's master ends the machines: the battery is at its end, whatever else is said."""
WAITING = "WAIT"
"""The driver has only begun, and has not heard from the supply."""

STALE = "DATA-STALE"
"""The driver has not heard from the supply for upsd's MAXAGE, or has died with its data."""
DRIVER_AWAY = "DRIVER-NOT-CONNECTED"
"""upsd runs, the driver of this supply does not."""
UNKNOWN_SUPPLY = "UNKNOWN-UPS"
"""upsd has no supply of this name."""
REFUSED = "ACCESS-DENIED"
"""Whoever asks is not on the server's list."""


def status_of(variables: Mapping[str, str]) -> PowerSupplyStatus:
    """What a supply's variables say."""
    words = frozenset(variables.get("ups.status", "").upper().split())
    mains = _mains(words)
    charge, runtime = _number(variables, "battery.charge"), _number(variables, "battery.runtime")
    battery = _battery(words, variables, is_on_battery=mains is MainsStatus.NOT_PRESENT)
    fault = _fault(mains, battery)
    return PowerSupplyStatus(
        device=_device(words, mains),
        fault=fault,
        detail=variables.get("ups.status", "no ups.status")[:80],
        mains=mains,
        battery=battery,
        charge_percent=charge,
        runtime_s=runtime,
    )


def error_word(message: str) -> str:
    """The word behind `ERR` in what aionut makes of an error line; empty where there is none."""
    _, found, rest = message.rpartition("ERR ")
    return rest.split()[0].upper() if found and rest.split() else ""


def _mains(words: frozenset[str]) -> MainsStatus:
    if WAITING in words:
        return MainsStatus.UNKNOWN
    if ON_BATTERY in words:
        return MainsStatus.NOT_PRESENT
    if words & {ON_LINE, ON_BYPASS}:
        return MainsStatus.PRESENT
    return MainsStatus.UNKNOWN


def _battery(
    words: frozenset[str], variables: Mapping[str, str], *, is_on_battery: bool
) -> BatteryStatus:
    if words & {BATTERY_LOW, FORCED_SHUTDOWN}:
        return BatteryStatus.LOW
    if is_on_battery and (
        _is_below(variables, "battery.charge") or _is_below(variables, "battery.runtime")
    ):
        return BatteryStatus.LOW  # supplies whose driver leaves the comparing to us
    if REPLACE_BATTERY in words:
        return BatteryStatus.WORN
    if WAITING in words or not words:
        return BatteryStatus.UNKNOWN
    return BatteryStatus.OK


def _is_below(variables: Mapping[str, str], name: str) -> bool:
    """Is a value at or below the limit the supply itself has for it?"""
    value, limit = _number(variables, name), _number(variables, f"{name}.low")
    return value is not None and limit is not None and value <= limit


def _fault(mains: MainsStatus, battery: BatteryStatus) -> FaultCode | None:
    """The most pressing first: what ends the kiosk, then what may, then what would."""
    if battery is BatteryStatus.LOW:
        return FaultCode.BATTERY_LOW
    if mains is MainsStatus.NOT_PRESENT:
        return FaultCode.MAINS_LOST
    return FaultCode.BATTERY_WORN if battery is BatteryStatus.WORN else None


def _device(words: frozenset[str], mains: MainsStatus) -> DeviceStatus:
    if WAITING in words:
        return DeviceStatus.STARTING
    return DeviceStatus.UNKNOWN if mains is MainsStatus.UNKNOWN else DeviceStatus.ONLINE


def _number(variables: Mapping[str, str], name: str) -> float | None:
    try:
        value = float(variables[name])
    except (KeyError, ValueError):
        return None
    return value if math.isfinite(value) and value >= 0 else None
