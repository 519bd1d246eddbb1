"""The app with a real upsd and a real board: what a power cut and an open door do to it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from device_drivers.cabinet.driver import ModbusCabinet
from device_drivers.cabinet.emulator import CabinetEmulator
from device_drivers.cabinet.interface import LightMode, Slot
from device_drivers.ports import Port
from device_drivers.power_supply.emulator import PROGRAMS, PowerSupplyEmulator
from kiosk.contract.devices import DeviceKind
from kiosk.contract.uplink import AppState, DeviceStatusChanged, ServiceStateChanged
from kiosk.store.shared_state import AppAlive
from tests.kiosk.app_process import Kiosk, a_kiosk

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (PROGRAMS / "upsd").exists(), reason="needs Debian's nut-server"),
]

DEVICES = """
[devices.cabinet]
model = "modbus_rtu"
port = "{board}"
[devices.power_supply]
model = "nut"
port = "{supply}"
"""

MIDDLE = (540, 1000)
"""A touch here begins on the idle page."""


@pytest.fixture
def supply() -> Iterator[PowerSupplyEmulator]:
    with PowerSupplyEmulator() as running:
        yield running


@pytest.fixture
def board() -> Iterator[CabinetEmulator]:
    with CabinetEmulator() as running:
        yield running


@pytest.fixture
def kiosk(tmp_path: Path, supply: PowerSupplyEmulator, board: CabinetEmulator) -> Iterator[Kiosk]:
    asyncio.run(left_burning(board))
    with a_kiosk(tmp_path, DEVICES.format(board=board.port, supply=supply.port)) as running:
        yield running


async def left_burning(board: CabinetEmulator) -> None:
    """A light that a kiosk before this one did not put out."""
    cabinet = ModbusCabinet(Port.parse(board.port))
    await cabinet.light(Slot.CAMERA, LightMode.BLINK)
    await cabinet.close()


def told(kiosk: Kiosk) -> list[tuple[bool, str]]:
    return [
        (row.event.out_of_service, row.event.reason)
        for row in kiosk.outbox.pending()
        if isinstance(row.event, ServiceStateChanged)
    ]


def faults_of(kiosk: Kiosk, kind: DeviceKind) -> list[str | None]:
    return [
        row.event.state.fault
        for row in kiosk.outbox.pending()
        if isinstance(row.event, DeviceStatusChanged) and row.event.device is kind
    ]


def test_a_power_cut_and_an_open_door_close_the_kiosk_until_they_are_over(
    kiosk: Kiosk, supply: PowerSupplyEmulator, board: CabinetEmulator
) -> None:
    kiosk.on_page("idle")
    kiosk.until(lambda: board.lights["camera"] == "off")
    supply.set_mains(is_on=False)
    kiosk.on_page("out_of_service")
    kiosk.touch(*MIDDLE)
    kiosk.until(lambda: told(kiosk) == [(True, "mains_lost")])
    kiosk.until(lambda: alive(kiosk) is AppState.OUT_OF_SERVICE)
    assert kiosk.page()["page"] == "out_of_service"
    supply.set_mains(is_on=True)
    kiosk.on_page("idle")
    kiosk.until(lambda: told(kiosk)[-1] == (False, "mains_lost"))
    board.set_door(is_open=True)
    kiosk.on_page("out_of_service")
    kiosk.until(lambda: "D305" in faults_of(kiosk, DeviceKind.CABINET))
    kiosk.until(lambda: told(kiosk)[-1] == (True, "door_open"))
    board.set_door(is_open=False)
    kiosk.on_page("idle")
    kiosk.touch(*MIDDLE)  # the control: this touch begins where the kiosk is open
    kiosk.on_page("home")
    assert "D308" in faults_of(kiosk, DeviceKind.POWER_SUPPLY)
    assert kiosk.end() == 0


def test_without_a_board_and_without_upsd_citizens_are_served_and_both_come_back_by_themselves(
    kiosk: Kiosk, supply: PowerSupplyEmulator, board: CabinetEmulator
) -> None:
    kiosk.on_page("idle")
    board.unplug()
    supply.stop_service()
    kiosk.until(lambda: faults_of(kiosk, DeviceKind.CABINET)[-1:] == ["D101"])
    kiosk.until(lambda: faults_of(kiosk, DeviceKind.POWER_SUPPLY)[-1:] == ["D104"])
    kiosk.touch(*MIDDLE)
    kiosk.on_page("home")
    board.plug()
    supply.start_service()
    kiosk.until(lambda: faults_of(kiosk, DeviceKind.CABINET)[-1:] == [None])
    kiosk.until(lambda: faults_of(kiosk, DeviceKind.POWER_SUPPLY)[-1:] == [None])
    assert kiosk.end() == 0


def alive(kiosk: Kiosk) -> AppState | None:
    sign = kiosk.shared.get(AppAlive)
    return None if sign is None else sign.state
