"""The cabinet in the kiosk: lights beside everything else, a door that is news, a board away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from device_drivers.cabinet.emulator import CabinetEmulator
from device_drivers.cabinet.interface import LightMode, Slot
from kiosk.config import DeviceConfig
from kiosk.contract.devices import DeviceKind, DeviceState
from kiosk.devices.fleet import Fleet
from kiosk.devices.lights import CabinetLights
from kiosk.devices.watch import watch_devices
from kiosk.flow.lights import DARK
from tests.device_drivers.waiting import until

pytestmark = pytest.mark.slow

CAMERA = {**DARK, Slot.CAMERA: LightMode.BLINK}
SCANNER = {**DARK, Slot.SCANNER: LightMode.BLINK}


@pytest.fixture
async def board(tmp_path: Path) -> AsyncIterator[CabinetEmulator]:
    emulator = CabinetEmulator(tmp_path / "cabinet")
    emulator.plug()
    yield emulator
    await asyncio.to_thread(emulator.close)


@pytest.fixture
async def fleet(board: CabinetEmulator) -> AsyncIterator[Fleet]:
    made = Fleet.from_config(
        {DeviceKind.CABINET: DeviceConfig(model="modbus_rtu", port=board.port)}
    )
    yield made
    await made.close()


@asynccontextmanager
async def lit(fleet: Fleet) -> AsyncIterator[CabinetLights]:
    lights = CabinetLights(fleet.cabinet)
    running = asyncio.create_task(lights.run())
    try:
        yield lights
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def shows(board: CabinetEmulator, *words: tuple[str, str]) -> None:
    """Wait until the lights that are not off are these."""

    async def look() -> set[tuple[str, str]]:
        return {(slot, mode) for slot, mode in board.lights.items() if mode != "off"}

    await until(look, lambda seen: seen == set(words))


async def test_the_light_follows_the_page_and_what_came_between_is_left_out(
    board: CabinetEmulator, fleet: Fleet
) -> None:
    async with lit(fleet) as lights:
        lights.show(CAMERA)
        await shows(board, ("camera", "blink"))
        for _ in range(50):
            lights.show(CAMERA)
            lights.show(SCANNER)
        await shows(board, ("scanner", "blink"))
        lights.show(DARK)
        await shows(board)


async def test_what_burnt_when_the_kiosk_begins_goes_out(
    board: CabinetEmulator, fleet: Fleet
) -> None:
    async with lit(fleet) as lights:
        lights.show(CAMERA)
        await shows(board, ("camera", "blink"))
    async with lit(fleet):
        await shows(board)


async def test_a_board_that_is_away_keeps_nobody_waiting_and_gets_its_light_when_back(
    board: CabinetEmulator, fleet: Fleet
) -> None:
    async with lit(fleet) as lights:
        await shows(board)
        await asyncio.to_thread(board.unplug)
        before = asyncio.get_running_loop().time()
        lights.show(CAMERA)
        assert asyncio.get_running_loop().time() - before < 1.0
        board.plug()
        await shows(board, ("camera", "blink"))


async def test_an_open_door_is_news_and_a_headset_or_a_person_is_not(
    board: CabinetEmulator, fleet: Fleet
) -> None:
    edges: list[tuple[DeviceKind, DeviceState]] = []
    watching = asyncio.create_task(
        watch_devices(fleet, lambda kind, state: edges.append((kind, state)), ask_every_s=0.02)
    )

    async def told() -> list[str | None]:
        return [state.fault for _, state in edges]

    await until(told, lambda faults: faults[-1:] == [None])
    board.set_headset(is_in=True)
    board.set_person(is_there=True)
    board.set_temperature(33.3)
    board.set_door(is_open=True)
    await until(told, lambda faults: faults[-1] == "D305")
    # a busy machine may lose an answer in between: what counts is what the parts say
    assert {frozenset(state.parts) for _, state in edges} == {
        frozenset({"door", "tamper", "fan", "heat"})
    }
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
