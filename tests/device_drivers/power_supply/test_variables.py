"""NUT's status words and numbers, as its documents name them, in our words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from device_drivers.errors import FaultCode
from device_drivers.power_supply.interface import BatteryStatus, MainsStatus
from device_drivers.power_supply.variables import (
    DRIVER_AWAY,
    REFUSED,
    STALE,
    UNKNOWN_SUPPLY,
    error_word,
    status_of,
)
from device_drivers.status import DeviceStatus

MAINS, BATTERY, NOBODY_KNOWS = MainsStatus.PRESENT, MainsStatus.NOT_PRESENT, MainsStatus.UNKNOWN
OK, LOW, WORN = BatteryStatus.OK, BatteryStatus.LOW, BatteryStatus.WORN


@pytest.mark.parametrize(
    ("words", "mains", "battery", "fault", "device"),
    [
        ("OL", MAINS, OK, None, DeviceStatus.ONLINE),
        ("OL CHRG", MAINS, OK, None, DeviceStatus.ONLINE),
        ("OL TRIM", MAINS, OK, None, DeviceStatus.ONLINE),
        ("BYPASS", MAINS, OK, None, DeviceStatus.ONLINE),
        ("OL RB", MAINS, WORN, FaultCode.BATTERY_WORN, DeviceStatus.ONLINE),
        ("OL CHRG LB", MAINS, LOW, FaultCode.BATTERY_LOW, DeviceStatus.ONLINE),
        ("OB DISCHRG", BATTERY, OK, FaultCode.MAINS_LOST, DeviceStatus.ONLINE),
        ("ob dischrg", BATTERY, OK, FaultCode.MAINS_LOST, DeviceStatus.ONLINE),
        ("OB RB", BATTERY, WORN, FaultCode.MAINS_LOST, DeviceStatus.ONLINE),
        ("OB DISCHRG LB", BATTERY, LOW, FaultCode.BATTERY_LOW, DeviceStatus.ONLINE),
        ("FSD OL", MAINS, LOW, FaultCode.BATTERY_LOW, DeviceStatus.ONLINE),
        ("WAIT", NOBODY_KNOWS, BatteryStatus.UNKNOWN, None, DeviceStatus.STARTING),
        ("", NOBODY_KNOWS, BatteryStatus.UNKNOWN, None, DeviceStatus.UNKNOWN),
        ("OFF", NOBODY_KNOWS, OK, None, DeviceStatus.UNKNOWN),
        ("BLOB OLOB", NOBODY_KNOWS, OK, None, DeviceStatus.UNKNOWN),
    ],
)
def test_status_words(
    words: str,
    mains: MainsStatus,
    battery: BatteryStatus,
    fault: FaultCode | None,
    device: DeviceStatus,
) -> None:
    seen = status_of({"ups.status": words})
    assert (seen.mains, seen.battery, seen.fault, seen.device) == (mains, battery, fault, device)


@pytest.mark.parametrize(
    ("words", "variables", "battery"),
    [
        ("OB", {"battery.charge": "10", "battery.charge.low": "10"}, LOW),
        ("OB", {"battery.charge": "11", "battery.charge.low": "10"}, OK),
        ("OB", {"battery.runtime": "90", "battery.runtime.low": "120"}, LOW),
        ("OB", {"battery.runtime": "90"}, OK),
        ("OL", {"battery.charge": "5", "battery.charge.low": "10"}, OK),
    ],
)
def test_a_supply_that_does_not_say_low_is_compared_with_its_own_limits(
    words: str, variables: dict[str, str], battery: BatteryStatus
) -> None:
    assert status_of({"ups.status": words, **variables}).battery is battery


def test_numbers_are_read_and_what_is_none_is_none() -> None:
    seen = status_of({"ups.status": "OL", "battery.charge": "87.5", "battery.runtime": "1800"})
    assert (seen.charge_percent, seen.runtime_s) == (87.5, 1800.0)
    odd = status_of({"ups.status": "OL", "battery.charge": "nan", "battery.runtime": "-1"})
    assert (odd.charge_percent, odd.runtime_s) == (None, None)


@pytest.mark.parametrize(
    ("message", "word"),
    [
        ("Error running: LIST VAR kiosk: ERR DATA-STALE", "DATA-STALE"),
        ("Error running: LIST VAR kiosk: ERR UNKNOWN-UPS", "UNKNOWN-UPS"),
        ("Error running: LIST VAR kiosk: ERR", ""),
        ("", ""),
    ],
)
def test_the_word_of_an_error_is_found(message: str, word: str) -> None:
    assert error_word(message) == word


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("ERR DATA-STALE", STALE),
        ("ERR DRIVER-NOT-CONNECTED", DRIVER_AWAY),
        ("ERR UNKNOWN-UPS", UNKNOWN_SUPPLY),
        ("ERR ACCESS-DENIED", REFUSED),
    ],
)
def test_the_errors_are_those_of_the_network_protocol(line: str, word: str) -> None:
    assert error_word(line) == word


NAMES = [
    "ups.status",
    "battery.charge",
    "battery.charge.low",
    "battery.runtime",
    "battery.runtime.low",
]


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(some.dictionaries(some.sampled_from(NAMES), some.text(max_size=40)))
def test_any_variables_give_a_status_in_known_words(variables: dict[str, str]) -> None:
    seen = status_of(variables)
    assert set(seen.parts()) == {"mains", "battery"}
    # the control: what nobody said is never taken for mains
    assert seen.mains is not MAINS or {"OL", "BYPASS"} & set(
        variables["ups.status"].upper().split()
    )


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(some.text(max_size=60))
def test_any_error_line_has_a_word_or_none(message: str) -> None:
    assert isinstance(error_word(message), str)
