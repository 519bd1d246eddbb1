"""What every cabinet promises; the same for the emulator and, on a bench, for hardware."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Protocol

import pytest

from device_drivers.cabinet.driver import ModbusCabinet
from device_drivers.cabinet.emulator import CabinetEmulator
from device_drivers.cabinet.interface import CabinetStatus, LightMode, Slot
from device_drivers.errors import DeviceMissing
from device_drivers.ports import Port
from device_drivers.status import DeviceStatus
from tests.device_drivers.waiting import until


class Hand(Protocol):
    """What people and things do to a cabinet."""

    def set_door(self, *, is_open: bool) -> None: ...
    def set_tamper(self, *, is_tampered: bool) -> None: ...
    def set_headset(self, *, is_in: bool) -> None: ...
    def set_person(self, *, is_there: bool) -> None: ...
    def set_temperature(self, celsius: float) -> None: ...
    def set_fan(self, *, turns: bool) -> None: ...
    def unplug(self) -> None: ...
    def plug(self) -> None: ...


@pytest.fixture
def emulator() -> Iterator[CabinetEmulator]:
    with CabinetEmulator() as running:
        yield running


@pytest.fixture
def hand(emulator: CabinetEmulator) -> Hand:
    return emulator


@pytest.fixture
async def cabinet(emulator: CabinetEmulator) -> AsyncIterator[ModbusCabinet]:
    made = ModbusCabinet(Port.parse(emulator.port))
    await until(made.status, is_online)
    yield made
    await made.close()


def is_online(status: CabinetStatus) -> bool:
    return status.device is DeviceStatus.ONLINE


async def test_a_cabinet_in_order_says_so(cabinet: ModbusCabinet) -> None:
    seen = await until(cabinet.status, is_online)
    assert (seen.fault, seen.parts()) == (
        None,
        {
            "door": "closed",
            "tamper": "ok",
            "fan": "ok",
            "heat": "ok",
            "headset": "notPresent",
            "person": "notPresent",
        },
    )


async def test_every_part_is_told_when_it_changes_and_when_it_changes_back(
    cabinet: ModbusCabinet, hand: Hand
) -> None:
    hand.set_door(is_open=True)
    await until(cabinet.status, lambda seen: seen.fault == "D305")
    hand.set_door(is_open=False)
    hand.set_tamper(is_tampered=True)
    await until(cabinet.status, lambda seen: seen.fault == "D306")
    hand.set_tamper(is_tampered=False)
    hand.set_fan(turns=False)
    await until(cabinet.status, lambda seen: seen.fault == "D206")
    hand.set_fan(turns=True)
    hand.set_temperature(70.0)
    await until(cabinet.status, lambda seen: seen.fault == "D207" and seen.temperature_c == 70.0)
    hand.set_temperature(20.0)
    hand.set_headset(is_in=True)
    hand.set_person(is_there=True)
    await until(
        cabinet.status,
        lambda seen: (
            seen.fault is None
            and (seen.parts()["headset"], seen.parts()["person"]) == ("present", "present")
        ),
    )


@pytest.mark.parametrize("slot", Slot)
async def test_the_light_at_each_slot_goes_on_blinks_and_goes_off(
    cabinet: ModbusCabinet, emulator: CabinetEmulator, slot: Slot
) -> None:
    for mode in (LightMode.ON, LightMode.BLINK, LightMode.OFF):
        await cabinet.light(slot, mode)
        assert emulator.lights[slot.value] == mode.value
        others = {word for name, word in emulator.lights.items() if name != slot.value}
        assert others == {"off"}


async def test_watching_tells_edges_and_no_levels(cabinet: ModbusCabinet, hand: Hand) -> None:
    async with aclosing(cabinet.watch()) as edges:
        assert (await anext(edges)).parts()["door"] == "closed"
        hand.set_temperature(33.3)  # a number, no word
        hand.set_door(is_open=True)
        seen = await asyncio.wait_for(anext(edges), 30)
        assert seen.parts()["door"] == "open"
        hand.unplug()
        assert (await asyncio.wait_for(anext(edges), 30)).device is DeviceStatus.NO_DEVICE


async def test_without_its_cable_is_no_device_and_a_fault_until_it_is_back(
    cabinet: ModbusCabinet, hand: Hand
) -> None:
    hand.unplug()
    seen = await until(cabinet.status, lambda status: status.fault == "D101")
    assert seen.device is DeviceStatus.NO_DEVICE
    with pytest.raises(DeviceMissing):
        await cabinet.connect()
    hand.plug()
    await until(cabinet.status, is_online)


async def test_a_question_that_was_cancelled_leaves_the_line_free(cabinet: ModbusCabinet) -> None:
    asking = asyncio.create_task(cabinet.status())
    await asyncio.sleep(0.01)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await until(cabinet.status, is_online)


async def test_works_again_after_close_and_connect(cabinet: ModbusCabinet) -> None:
    await cabinet.close()
    await cabinet.close()
    await cabinet.connect()
    await until(cabinet.status, is_online)
