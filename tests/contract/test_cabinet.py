"""What every cabinet promises; the same for the emulator and, on a bench, for hardware."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Final, Literal, Protocol

import pytest

from device_drivers.cabinet.driver import ModbusCabinet
from device_drivers.cabinet.emulator import CabinetEmulator, Wiring
from device_drivers.cabinet.interface import CabinetStatus, LightMode, Slot
from device_drivers.errors import DeviceGarbled, DeviceMissing
from device_drivers.ports import Port
from device_drivers.status import DeviceKind, DeviceStatus
from tests.conftest import Technician
from tests.device_drivers.waiting import until

DEVICE: Final[Literal[DeviceKind.CABINET]] = DeviceKind.CABINET
HOT_C, COOL_C = 70.0, 20.0


class Hand(Protocol):
    """What people and things do to a cabinet, and whoever looks at its lights."""

    async def set_door(self, *, is_open: bool) -> None: ...
    async def set_tamper(self, *, is_tampered: bool) -> None: ...
    async def set_headset(self, *, is_in: bool) -> None: ...
    async def set_person(self, *, is_there: bool) -> None: ...
    async def set_hot(self, *, is_hot: bool) -> None: ...
    async def warm_a_little(self) -> None: ...
    async def set_fan(self, *, turns: bool) -> None: ...
    async def see_only(self, slot: Slot, mode: LightMode) -> None: ...
    async def unplug(self) -> None: ...
    async def plug(self) -> None: ...


class EmulatorsHand:
    """The hand at the emulated board."""

    def __init__(self, emulator: CabinetEmulator) -> None:
        self._emulator = emulator

    async def set_door(self, *, is_open: bool) -> None:
        self._emulator.set_door(is_open=is_open)

    async def set_tamper(self, *, is_tampered: bool) -> None:
        self._emulator.set_tamper(is_tampered=is_tampered)

    async def set_headset(self, *, is_in: bool) -> None:
        self._emulator.set_headset(is_in=is_in)

    async def set_person(self, *, is_there: bool) -> None:
        self._emulator.set_person(is_there=is_there)

    async def set_hot(self, *, is_hot: bool) -> None:
        self._emulator.set_temperature(HOT_C if is_hot else COOL_C)

    async def warm_a_little(self) -> None:
        self._emulator.set_temperature(33.3)

    async def set_fan(self, *, turns: bool) -> None:
        self._emulator.set_fan(turns=turns)

    async def see_only(self, slot: Slot, mode: LightMode) -> None:
        assert self._emulator.lights[slot.value] == mode.value
        others = {word for name, word in self._emulator.lights.items() if name != slot.value}
        assert others == {"off"}

    async def unplug(self) -> None:
        await asyncio.to_thread(self._emulator.unplug)

    async def plug(self) -> None:
        await asyncio.to_thread(self._emulator.plug)


class TechniciansHand:
    """The hands and eyes of a person at a real cabinet."""

    def __init__(self, technician: Technician) -> None:
        self._technician = technician

    async def set_door(self, *, is_open: bool) -> None:
        await self._technician.please("Open the door" if is_open else "Close the door")

    async def set_tamper(self, *, is_tampered: bool) -> None:
        words = "Release the tamper switch" if is_tampered else "Press the tamper switch back"
        await self._technician.please(words)

    async def set_headset(self, *, is_in: bool) -> None:
        await self._technician.please("Plug a headset in" if is_in else "Pull the headset out")

    async def set_person(self, *, is_there: bool) -> None:
        words = "Stand in front of it" if is_there else "Step away, so that it sees nobody"
        await self._technician.please(words)

    async def set_hot(self, *, is_hot: bool) -> None:
        words = "Warm the temperature sensor above the sheet's limit" if is_hot else "Let it cool"
        await self._technician.please(words)

    async def warm_a_little(self) -> None:
        await self._technician.please("Warm the temperature sensor by a few degrees")

    async def set_fan(self, *, turns: bool) -> None:
        await self._technician.please("Let the fan turn" if turns else "Stop the fan")

    async def see_only(self, slot: Slot, mode: LightMode) -> None:
        await self._technician.please(
            f"See that the light at {slot.value} is {mode.value} and every other one is off"
        )

    async def unplug(self) -> None:
        await self._technician.please("Pull the board's cable")

    async def plug(self) -> None:
        await self._technician.please("Put the board's cable back")


Stand = tuple[Port, Hand]


@pytest.fixture
async def stand(stand_kind: str, request: pytest.FixtureRequest) -> AsyncIterator[Stand]:
    """A cabinet in order, and the hand beside it."""
    async with STANDS[stand_kind](request) as standing:
        yield standing


@asynccontextmanager
async def emulated(request: pytest.FixtureRequest) -> AsyncIterator[Stand]:
    del request
    with CabinetEmulator() as emulator:
        yield Port.parse(emulator.port), EmulatorsHand(emulator)


@asynccontextmanager
async def real(request: pytest.FixtureRequest) -> AsyncIterator[Stand]:
    technician = request.getfixturevalue("technician")
    await technician.please("See that the door is closed, no headset in and nobody before it")
    yield request.getfixturevalue("hardware_port"), TechniciansHand(technician)


STANDS = {"emulator": emulated, "hardware": real}


@pytest.fixture
def hand(stand: Stand) -> Hand:
    return stand[1]


@pytest.fixture
async def cabinet(stand: Stand) -> AsyncIterator[ModbusCabinet]:
    made = ModbusCabinet(stand[0])
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
    await hand.set_door(is_open=True)
    await until(cabinet.status, lambda seen: seen.fault == "D305")
    await hand.set_door(is_open=False)
    await hand.set_tamper(is_tampered=True)
    await until(cabinet.status, lambda seen: seen.fault == "D306")
    await hand.set_tamper(is_tampered=False)
    await hand.set_fan(turns=False)
    await until(cabinet.status, lambda seen: seen.fault == "D206")
    await hand.set_fan(turns=True)
    await hand.set_hot(is_hot=True)
    seen = await until(cabinet.status, lambda seen: seen.fault == "D207")
    assert seen.temperature_c is not None
    await hand.set_hot(is_hot=False)
    await hand.set_headset(is_in=True)
    await hand.set_person(is_there=True)
    await until(
        cabinet.status,
        lambda seen: (
            seen.fault is None
            and (seen.parts()["headset"], seen.parts()["person"]) == ("present", "present")
        ),
    )


@pytest.mark.parametrize("slot", Slot)
async def test_the_light_at_each_slot_goes_on_blinks_and_goes_off(
    cabinet: ModbusCabinet, hand: Hand, slot: Slot
) -> None:
    for mode in (LightMode.ON, LightMode.BLINK, LightMode.OFF):
        await cabinet.light(slot, mode)
        await hand.see_only(slot, mode)


async def test_watching_tells_edges_and_no_levels(cabinet: ModbusCabinet, hand: Hand) -> None:
    async with aclosing(cabinet.watch()) as edges:
        assert (await anext(edges)).parts()["door"] == "closed"
        await hand.warm_a_little()  # a number, no word
        await hand.set_door(is_open=True)
        seen = await asyncio.wait_for(anext(edges), 30)
        assert seen.parts()["door"] == "open"
        await hand.unplug()
        assert (await asyncio.wait_for(anext(edges), 30)).device is DeviceStatus.NO_DEVICE


async def test_without_its_cable_is_no_device_and_a_fault_until_it_is_back(
    cabinet: ModbusCabinet, hand: Hand
) -> None:
    await hand.unplug()
    seen = await until(cabinet.status, lambda status: status.fault == "D101")
    assert seen.device is DeviceStatus.NO_DEVICE
    with pytest.raises(DeviceMissing):
        await cabinet.connect()
    await hand.plug()
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


# What a person at a bench cannot bring about: frost to a tenth, a board that refuses or lies, and
# the boards of other vendors.


@pytest.mark.parametrize("celsius", [-12.5, 0.0, 33.3])
async def test_frost_is_a_number_below_zero_and_warmth_one_above(celsius: float) -> None:
    with CabinetEmulator() as board:
        cabinet = ModbusCabinet(Port.parse(board.port))
        board.set_temperature(celsius)
        seen = await until(cabinet.status, is_online)
        assert seen.temperature_c == celsius
        await cabinet.close()


async def test_a_board_that_says_another_value_was_written_has_not_taken_the_light() -> None:
    with CabinetEmulator() as board:
        cabinet = ModbusCabinet(Port.parse(board.port))
        await until(cabinet.status, is_online)
        board.echoes_wrong = True
        with pytest.raises(DeviceGarbled):
            await cabinet.light(Slot.CAMERA, LightMode.ON)
        assert board.lights["camera"] == "off"
        board.echoes_wrong = False
        await until(cabinet.status, lambda _: board.lights["camera"] == "on")
        await cabinet.close()


def lamps(table: str, addresses: dict[Slot, int], values: str) -> str:
    """The lights of a sheet."""
    return "".join(
        f'[lights.{slot}]\ntable = "{table}"\naddress = {address}\n{values}\n'
        for slot, address in addresses.items()
    )


OTHER_BOARDS = {
    "relays": (
        lamps("coil", {slot: 8 + number for number, slot in enumerate(Slot)}, ""),
        Wiring(lights=range(8, 14), has_relays=True),
    ),
    "far apart": (
        lamps("holding", {slot: 6 * number for number, slot in enumerate(Slot)}, "off = 0\non = 1"),
        Wiring(lights=range(0, 36, 6)),
    ),
    "with real gaps": (
        "widest_gap = 0\n"
        + lamps("holding", {slot: 2 * number for number, slot in enumerate(Slot)}, "off=0\non=1"),
        Wiring(lights=range(0, 12, 2)),
    ),
    "long": (
        "widest_gap = 50\n"
        + lamps("holding", {slot: 8 * number for number, slot in enumerate(Slot)}, "off=0\non=1"),
        Wiring(lights=range(0, 48, 8), unused=range(48), most=32),
    ),
    "of few words": (
        "most_places = 2\n"
        + lamps("holding", {slot: 20 + number for number, slot in enumerate(Slot)}, "off=0\non=1"),
        Wiring(most=2),
    ),
}
"""Sheets, and the boards they are the sheets of."""


@pytest.mark.parametrize("name", OTHER_BOARDS)
async def test_the_board_of_another_vendor_is_asked_as_its_sheet_says(
    tmp_path: Path, name: str
) -> None:
    sheet = tmp_path / "board.toml"
    text, wiring = OTHER_BOARDS[name]
    sheet.write_text(f"unit = 1\n{text}", "utf-8")
    with CabinetEmulator(wiring=wiring) as board:
        cabinet = ModbusCabinet(Port.parse(board.port), board=str(sheet))
        await until(cabinet.status, is_online)
        for slot in Slot:
            await cabinet.light(slot, LightMode.ON)
            assert {name for name, word in board.lights.items() if word == "on"} == {slot.value}
            await cabinet.light(slot, LightMode.OFF)
        await cabinet.light(Slot.CAMERA, LightMode.ON)
        board.switch_off_and_on()
        await until(cabinet.status, lambda _: board.lights["camera"] == "on")
        await cabinet.close()


@pytest.mark.parametrize(
    ("exception", "code", "device"),
    [
        (2, "D401", DeviceStatus.HARDWARE_ERROR),
        (4, "D205", DeviceStatus.HARDWARE_ERROR),
        (6, "D102", DeviceStatus.OFFLINE),
    ],
    ids=["no such place", "broken inside", "busy"],
)
async def test_a_board_that_refuses_says_why(
    exception: int, code: str, device: DeviceStatus
) -> None:
    with CabinetEmulator() as board:
        cabinet = ModbusCabinet(Port.parse(board.port))
        await until(cabinet.status, is_online)
        board.refuses_with = exception
        seen = await until(cabinet.status, lambda status: status.fault == code)
        assert seen.device is device
        board.refuses_with = 0
        await until(cabinet.status, is_online)
        await cabinet.close()
