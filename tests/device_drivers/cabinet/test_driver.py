"""The cabinet's driver on a real line: what the wire can do, and lights that are remembered."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from device_drivers.cabinet.driver import TRIES, ModbusCabinet
from device_drivers.cabinet.emulator import CabinetEmulator
from device_drivers.cabinet.interface import CabinetStatus, LightMode, Slot
from device_drivers.errors import DeviceFault, DeviceMissing
from device_drivers.ports import Port
from device_drivers.status import DeviceStatus
from tests.device_drivers.waiting import until


@pytest.fixture
def board() -> Iterator[CabinetEmulator]:
    with CabinetEmulator() as running:
        yield running


@pytest.fixture
async def cabinet(board: CabinetEmulator) -> AsyncIterator[ModbusCabinet]:
    made = ModbusCabinet(Port.parse(board.port))
    await until(made.status, lambda seen: seen.device is DeviceStatus.ONLINE)
    yield made
    await made.close()


def is_online(status: CabinetStatus) -> bool:
    return status.device is DeviceStatus.ONLINE


@pytest.mark.parametrize(
    ("trouble", "code", "device"),
    [
        ({"is_silent": True}, "D102", DeviceStatus.OFFLINE),
        ({"spoils_crc": 1000}, "D103", DeviceStatus.OFFLINE),
        pytest.param({"delay_s": 2.0}, "D102", DeviceStatus.OFFLINE, marks=pytest.mark.slow),
    ],
    ids=["silence", "garbage", "too slow"],
)
async def test_each_thing_the_wire_can_do_has_its_own_fault(
    cabinet: ModbusCabinet,
    board: CabinetEmulator,
    trouble: dict[str, object],
    code: str,
    device: DeviceStatus,
) -> None:
    for name, value in trouble.items():
        setattr(board, name, value)
    seen = await until(cabinet.status, lambda status: status.fault == code)
    assert seen.device is device
    assert set(seen.parts().values()) == {"unknown"}
    for name, value in trouble.items():
        setattr(board, name, type(value)())
    await until(cabinet.status, is_online)


async def test_noise_in_front_of_an_answer_costs_nothing(
    cabinet: ModbusCabinet, board: CabinetEmulator
) -> None:
    # what pymodbus's own framer takes for the beginning of a frame of twelve registers
    board.noise = b"\x01\x03\x18"
    assert is_online(await until(cabinet.status, is_online))
    before = board.questions
    await until(cabinet.status, is_online)
    assert board.questions - before <= 3 * TRIES


async def test_one_spoilt_answer_is_asked_for_again(
    cabinet: ModbusCabinet, board: CabinetEmulator
) -> None:
    board.spoils_crc = 1
    assert is_online(await cabinet.status())
    assert board.spoils_crc == 0


async def test_unasked_bytes_are_no_answer(cabinet: ModbusCabinet, board: CabinetEmulator) -> None:
    door_open = bytes.fromhex("01 02 01 03 e1 89")
    await asyncio.to_thread(board.babble, door_open)
    seen = await until(cabinet.status, is_online)
    assert seen.parts()["door"] == "closed"


async def test_cancelling_leaves_no_answer_for_the_next_question(
    cabinet: ModbusCabinet, board: CabinetEmulator
) -> None:
    board.delay_s = 0.1
    for _ in range(5):
        asking = asyncio.create_task(cabinet.status())
        await asyncio.sleep(0.05)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
    board.delay_s = 0.0
    board.set_door(is_open=True)
    seen = await until(cabinet.status, lambda status: status.device is DeviceStatus.USER_ERROR)
    assert seen.parts()["door"] == "open"


async def test_a_board_switched_off_and_on_gets_its_lights_again(
    cabinet: ModbusCabinet, board: CabinetEmulator
) -> None:
    await cabinet.light(Slot.CAMERA, LightMode.BLINK)
    await cabinet.light(Slot.ID_CARD, LightMode.ON)
    board.switch_off_and_on()
    assert set(board.lights.values()) == {"off"}
    await until(cabinet.status, lambda _: board.lights["camera"] == "blink")
    await until(cabinet.status, lambda _: board.lights["id_card"] == "on")


async def test_a_light_set_while_the_cable_is_out_is_given_when_it_is_back(
    cabinet: ModbusCabinet, board: CabinetEmulator
) -> None:
    await cabinet.light(Slot.CAMERA, LightMode.ON)
    board.unplug()
    with pytest.raises(DeviceMissing):
        await cabinet.light(Slot.SCANNER, LightMode.BLINK)
    board.switch_off_and_on()
    board.plug()
    await until(cabinet.status, lambda _: board.lights["scanner"] == "blink")
    assert board.lights["camera"] == "on"


async def test_asking_changes_no_light_that_nobody_set(board: CabinetEmulator) -> None:
    technician = ModbusCabinet(Port.parse(board.port))
    await technician.light(Slot.RECEIPT_PRINTER, LightMode.BLINK)
    await technician.close()
    another = ModbusCabinet(Port.parse(board.port))
    await until(another.status, is_online)
    assert board.lights["receipt_printer"] == "blink"
    await another.close()


COIL_BOARD = """
unit = 1
[door]
table = "discrete"
address = 0
[lights.camera]
table = "holding"
address = 23
off = 0
on = 1
"""
"""A light that only knows on and off: ours to blink."""


@pytest.mark.slow
async def test_a_light_that_cannot_blink_is_made_to(board: CabinetEmulator, tmp_path: Path) -> None:
    sheet = tmp_path / "board.toml"
    sheet.write_text(COIL_BOARD, "utf-8")
    cabinet = ModbusCabinet(Port.parse(board.port), board=str(sheet))
    await cabinet.light(Slot.CAMERA, LightMode.BLINK)
    await until(cabinet.status, lambda _: board.lights["camera"] == "on")
    await until(cabinet.status, lambda _: board.lights["camera"] == "off")
    await until(cabinet.status, lambda _: board.lights["camera"] == "on")
    await cabinet.light(Slot.CAMERA, LightMode.OFF)
    await until(cabinet.status, lambda _: board.lights["camera"] == "off")
    assert [task.get_name() for task in asyncio.all_tasks() if "blink" in task.get_name()] == []
    await cabinet.close()


async def test_a_board_without_what_the_sheet_names_is_our_own_mistake(
    board: CabinetEmulator, tmp_path: Path
) -> None:
    sheet = tmp_path / "board.toml"
    sheet.write_text('unit = 1\n[door]\ntable = "discrete"\naddress = 500\n', "utf-8")
    cabinet = ModbusCabinet(Port.parse(board.port), board=str(sheet))
    with pytest.raises(DeviceFault, match="D401"):
        await cabinet.connect()
    await cabinet.close()


async def test_another_unit_on_the_line_does_not_answer_for_ours(
    board: CabinetEmulator, tmp_path: Path
) -> None:
    sheet = tmp_path / "board.toml"
    sheet.write_text('unit = 2\n[door]\ntable = "discrete"\naddress = 0\n', "utf-8")
    cabinet = ModbusCabinet(Port.parse(board.port), board=str(sheet))
    assert (await cabinet.status()).fault == "D102"
    await cabinet.close()


@pytest.mark.slow
async def test_nothing_is_left_over_after_many_openings() -> None:
    with CabinetEmulator(bytes_per_s=None) as board:
        cabinet = ModbusCabinet(Port.parse(board.port))
        await cabinet.connect()
        await cabinet.close()
        before = await settled()
        for _ in range(100):
            await cabinet.status()
            await cabinet.close()
        assert await settled() == before


async def settled() -> tuple[int, int]:
    """Descriptors and threads, once the workers of closed lines are gone."""

    async def count() -> tuple[int, int]:
        return len(os.listdir("/proc/self/fd")), threading.active_count()

    await until(count, lambda _: not any("line-" in each.name for each in threading.enumerate()))
    return await count()
