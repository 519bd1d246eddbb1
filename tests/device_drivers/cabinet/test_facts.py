"""What values mean: contacts, numbers with a sign, limits, and which fault goes first."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from device_drivers.cabinet.board_sheet import load_sheet, parse_sheet
from device_drivers.cabinet.facts import status_of, unknown_status
from device_drivers.cabinet.interface import (
    CabinetStatus,
    DoorStatus,
    FanStatus,
    HeatStatus,
    Presence,
    TamperStatus,
)
from device_drivers.cabinet.register_map import Place, Table, Values
from device_drivers.errors import FaultCode
from device_drivers.status import DeviceStatus

BOARD = load_sheet("default")
DOOR, TAMPER_LOOP, HEADSET, PERSON = (Place(Table.DISCRETE, number) for number in range(4))
TENTHS, TURNS = Place(Table.INPUT, 0), Place(Table.INPUT, 1)
FINE = {DOOR: 0, TAMPER_LOOP: 1, HEADSET: 0, PERSON: 0, TENTHS: 315, TURNS: 2400}


def status(values: Values, *, was_hot: bool = False) -> CabinetStatus:
    return status_of(BOARD, values, was_hot=was_hot)


def test_a_cabinet_in_order() -> None:
    assert status(FINE) == CabinetStatus(
        device=DeviceStatus.ONLINE,
        detail="31.5 °C inside",
        door=DoorStatus.CLOSED,
        tamper=TamperStatus.OK,
        fan=FanStatus.OK,
        heat=HeatStatus.OK,
        headset=Presence.NOT_PRESENT,
        person=Presence.NOT_PRESENT,
        temperature_c=31.5,
    )


@pytest.mark.parametrize(
    ("changed", "device", "fault"),
    [
        ({DOOR: 1}, DeviceStatus.USER_ERROR, FaultCode.DOOR_OPEN),
        ({TAMPER_LOOP: 0}, DeviceStatus.USER_ERROR, FaultCode.TAMPERED),
        ({TENTHS: 551}, DeviceStatus.HARDWARE_ERROR, FaultCode.TOO_HOT),
        ({TURNS: 299}, DeviceStatus.HARDWARE_ERROR, FaultCode.FAN_FAILED),
        ({TENTHS: 551, TURNS: 0}, DeviceStatus.HARDWARE_ERROR, FaultCode.TOO_HOT),
        ({TAMPER_LOOP: 0, TENTHS: 900, DOOR: 1}, DeviceStatus.USER_ERROR, FaultCode.TAMPERED),
        ({HEADSET: 1, PERSON: 1}, DeviceStatus.ONLINE, None),
    ],
)
def test_each_fault_has_its_code_and_the_most_pressing_goes_first(
    changed: dict[Place, int], device: DeviceStatus, fault: FaultCode | None
) -> None:
    seen = status({**FINE, **changed})
    assert (seen.device, seen.fault) == (device, fault)


def test_heat_ends_only_well_below_where_it_began() -> None:
    warm = {**FINE, TENTHS: 520}
    assert status(warm).heat is HeatStatus.OK
    assert status(warm, was_hot=True).heat is HeatStatus.HOT
    assert status({**FINE, TENTHS: 499}, was_hot=True).heat is HeatStatus.OK


@pytest.mark.parametrize(
    ("raw", "celsius"), [(0xFFDD, -3.5), (0x8000, -3276.8), (0x7FFF, 3276.7), (0x4000, 1638.4)]
)
def test_frost_is_a_number_with_a_sign(raw: int, celsius: float) -> None:
    assert status({**FINE, TENTHS: raw}).temperature_c == celsius


def test_a_fan_may_be_a_contact() -> None:
    board = parse_sheet({"unit": 1, "fan": {"table": "discrete", "address": 9, "inverted": True}})
    place = Place(Table.DISCRETE, 9)
    assert status_of(board, {place: 0}, was_hot=False).fan is FanStatus.STOPPED
    assert status_of(board, {place: 1}, was_hot=False).fan is FanStatus.OK


def test_a_part_the_board_does_not_have_is_not_in_its_status() -> None:
    bare = parse_sheet({"unit": 1, "door": {"table": "coil", "address": 0}})
    assert status_of(bare, {}, was_hot=False).parts() == {"door": "unknown"}


def test_of_a_board_that_does_not_answer_no_part_is_known() -> None:
    seen = unknown_status(
        BOARD, device=DeviceStatus.OFFLINE, fault=FaultCode.DEVICE_SILENT, detail="no answer"
    )
    assert set(seen.parts().values()) == {"unknown"}
    assert seen.temperature_c is None


@settings(max_examples=150, deadline=None)
@given(
    some.dictionaries(some.sampled_from(sorted(BOARD.places(), key=str)), some.integers(0, 0xFFFF)),
    some.booleans(),
)
def test_any_values_give_a_status_in_known_words(values: dict[Place, int], was_hot: bool) -> None:
    seen = status(values, was_hot=was_hot)
    assert set(seen.parts()) == {"door", "tamper", "fan", "heat", "headset", "person"}
    assert (seen.fault is None) == (seen.device is DeviceStatus.ONLINE)
