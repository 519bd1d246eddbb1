"""What every power supply promises, asked through a real upsd; on a bench, of real hardware."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final, Literal, Protocol

import pytest

from device_drivers.errors import ServiceDown
from device_drivers.ports import Port
from device_drivers.power_supply.emulator import PROGRAMS, PowerSupplyEmulator
from device_drivers.power_supply.interface import (
    BatteryStatus,
    MainsStatus,
    PowerSupply,
    PowerSupplyStatus,
)
from device_drivers.registry import make_device
from device_drivers.status import DeviceKind, DeviceStatus
from tests.conftest import Technician
from tests.device_drivers.waiting import until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (PROGRAMS / "upsd").exists(), reason="needs Debian's nut-server"),
]


DEVICE: Final[Literal[DeviceKind.POWER_SUPPLY]] = DeviceKind.POWER_SUPPLY


class Hand(Protocol):
    """Sees to mains, battery and upsd."""

    async def cut_mains(self) -> None: ...
    async def bring_mains_back(self) -> None: ...
    async def drain(self) -> None: ...
    async def wear_out(self) -> None: ...
    async def recover(self) -> None: ...
    async def kill_driver(self) -> None: ...
    async def start_driver(self) -> None: ...
    async def stop_service(self) -> None: ...
    async def start_service(self) -> None: ...


class EmulatorsHand:
    """The hand at dummy-ups, whose processes belong to this thread."""

    def __init__(self, emulator: PowerSupplyEmulator) -> None:
        self._emulator = emulator

    async def cut_mains(self) -> None:
        self._emulator.set_mains(is_on=False)

    async def bring_mains_back(self) -> None:
        self._emulator.set_mains(is_on=True)

    async def drain(self) -> None:
        self._emulator.drain()

    async def wear_out(self) -> None:
        self._emulator.wear_out()

    async def recover(self) -> None:
        self._emulator.recover()

    async def kill_driver(self) -> None:
        self._emulator.unplug()

    async def start_driver(self) -> None:
        self._emulator.plug()

    async def stop_service(self) -> None:
        self._emulator.stop_service()

    async def start_service(self) -> None:
        self._emulator.start_service()


class TechniciansHand:
    """The hand of a person at a real supply and its upsd."""

    def __init__(self, technician: Technician) -> None:
        self._technician = technician

    async def cut_mains(self) -> None:
        await self._technician.please("Pull the supply's plug out of the wall")

    async def bring_mains_back(self) -> None:
        await self._technician.please("Put the supply's plug back into the wall")

    async def drain(self) -> None:
        await self._technician.please("Without mains, wait until the battery is low")

    async def wear_out(self) -> None:
        await self._technician.please("Put a worn battery in, on mains, and run its test")

    async def recover(self) -> None:
        await self._technician.please("See that mains is there and the battery good and full")

    async def kill_driver(self) -> None:
        await self._technician.please("Stop the supply's driver, or pull its USB cable")

    async def start_driver(self) -> None:
        await self._technician.please("Start the supply's driver with its cable in")

    async def stop_service(self) -> None:
        await self._technician.please("Stop upsd (systemctl stop nut-server)")

    async def start_service(self) -> None:
        await self._technician.please("Start upsd (systemctl start nut-server)")


Stand = tuple[Port, Hand]


@pytest.fixture(scope="module")
def emulator() -> Iterator[PowerSupplyEmulator]:
    with PowerSupplyEmulator() as running:
        yield running


@pytest.fixture
def stand(stand_kind: str, request: pytest.FixtureRequest) -> Stand:
    """A supply, and the hand beside it."""
    return STANDS[stand_kind](request)


def emulated(request: pytest.FixtureRequest) -> Stand:
    running = request.getfixturevalue("emulator")
    return Port.parse(running.port), EmulatorsHand(running)


def real(request: pytest.FixtureRequest) -> Stand:
    hand = TechniciansHand(request.getfixturevalue("technician"))
    return request.getfixturevalue("hardware_port"), hand


STANDS = {"emulator": emulated, "hardware": real}


@pytest.fixture
def hand(stand: Stand) -> Hand:
    return stand[1]


@pytest.fixture
async def supply(stand: Stand) -> AsyncIterator[PowerSupply]:
    port, hand = stand
    await hand.recover()
    made = make_device(DEVICE, "nut", port)
    await until(made.status, is_well)
    yield made
    await made.close()


def is_well(seen: PowerSupplyStatus) -> bool:
    return (seen.device, seen.mains, seen.battery, seen.charge_percent) == (
        DeviceStatus.ONLINE,
        MainsStatus.PRESENT,
        BatteryStatus.OK,
        100.0,
    )


async def test_mains_lost_a_battery_at_its_end_and_mains_back(
    supply: PowerSupply, hand: Hand
) -> None:
    await hand.cut_mains()
    seen = await until(supply.status, lambda status: status.fault == "D308")
    assert (seen.device, seen.mains) == (DeviceStatus.ONLINE, MainsStatus.NOT_PRESENT)
    assert seen.charge_percent is not None
    await hand.drain()
    seen = await until(supply.status, lambda status: status.fault == "D307")
    assert (seen.mains, seen.battery) == (MainsStatus.NOT_PRESENT, BatteryStatus.LOW)
    await hand.bring_mains_back()
    seen = await until(supply.status, lambda status: status.mains is MainsStatus.PRESENT)
    assert seen.device is DeviceStatus.ONLINE


async def test_charge_and_runtime_are_the_supplys_own(
    emulator: PowerSupplyEmulator,
) -> None:
    asked = make_device(DEVICE, "nut", Port.parse(emulator.port))
    emulator.set_mains(is_on=False)
    seen = await until(asked.status, lambda status: status.fault == "D308")
    assert (seen.charge_percent, seen.runtime_s) == (80.0, 1400.0)
    emulator.set_mains(is_on=True)
    seen = await until(asked.status, lambda status: status.fault is None)
    assert (seen.mains, seen.charge_percent) == (MainsStatus.PRESENT, 90.0)
    emulator.say("FSD OB")
    seen = await until(asked.status, lambda status: status.fault == "D307")
    assert seen.battery is BatteryStatus.LOW


async def test_words_that_no_hand_at_a_socket_brings_about(emulator: PowerSupplyEmulator) -> None:
    emulator.recover()
    supply = make_device(DEVICE, "nut", Port.parse(emulator.port))
    await until(supply.status, is_well)
    emulator.say("BYPASS")
    seen = await until(supply.status, lambda status: status.detail == "BYPASS")
    assert (seen.device, seen.mains) == (DeviceStatus.ONLINE, MainsStatus.PRESENT)
    emulator.say("OL LB")
    seen = await until(supply.status, lambda status: status.detail == "OL LB")
    assert (seen.fault, seen.battery) == ("D307", BatteryStatus.LOW)
    emulator.say("WAIT")
    seen = await until(supply.status, lambda status: status.detail == "WAIT")
    assert (seen.device, seen.mains) == (DeviceStatus.STARTING, MainsStatus.UNKNOWN)
    await supply.close()


async def test_a_worn_battery_is_told_on_mains(supply: PowerSupply, hand: Hand) -> None:
    await hand.wear_out()
    seen = await until(supply.status, lambda status: status.fault == "D208")
    assert (seen.mains, seen.battery) == (MainsStatus.PRESENT, BatteryStatus.WORN)


async def test_a_driver_that_died_is_a_service_down_until_it_is_back(
    supply: PowerSupply, hand: Hand
) -> None:
    await hand.kill_driver()
    seen = await until(supply.status, lambda status: status.fault == "D104")
    assert (seen.device, seen.mains) == (DeviceStatus.OFFLINE, MainsStatus.UNKNOWN)
    await hand.start_driver()
    await until(supply.status, is_well)


async def test_a_driver_that_hangs_makes_stale_data_and_no_mains(
    emulator: PowerSupplyEmulator,
) -> None:
    emulator.recover()
    supply = make_device(DEVICE, "nut", Port.parse(emulator.port))
    await until(supply.status, is_well)
    emulator.freeze()
    seen = await until(supply.status, lambda status: status.fault == "D102")
    assert (seen.device, seen.mains) == (DeviceStatus.OFFLINE, MainsStatus.UNKNOWN)
    emulator.thaw()
    await until(supply.status, is_well)


async def test_upsd_gone_is_a_service_down_until_it_is_back(
    supply: PowerSupply, hand: Hand
) -> None:
    await hand.stop_service()
    seen = await until(supply.status, lambda status: status.fault == "D104")
    assert (seen.device, seen.mains) == (DeviceStatus.OFFLINE, MainsStatus.UNKNOWN)
    with pytest.raises(ServiceDown):
        await supply.connect()
    await hand.start_service()
    await until(supply.status, is_well)
    await supply.connect()


async def test_a_server_that_denies_us_access_is_our_own_mistake_until_it_grants_it(
    emulator: PowerSupplyEmulator,
) -> None:
    emulator.recover()
    supply = make_device(DEVICE, "nut", Port.parse(emulator.port))
    await until(supply.status, is_well)
    emulator.deny_access()
    seen = await until(supply.status, lambda status: status.fault == "D401")
    assert (seen.device, seen.mains) == (DeviceStatus.HARDWARE_ERROR, MainsStatus.UNKNOWN)
    emulator.grant_access()
    await until(supply.status, is_well)
    await supply.close()


async def test_a_supply_upsd_does_not_know_is_no_device(emulator: PowerSupplyEmulator) -> None:
    nobody = make_device(DEVICE, "nut", Port.parse(emulator.port.replace("kiosk", "nobody")))
    seen = await nobody.status()
    assert (seen.device, seen.fault) == (DeviceStatus.NO_DEVICE, "D101")


def test_nothing_of_it_is_left_and_nothing_of_the_machine_is_touched(tmp_path: Path) -> None:
    folder = tmp_path / "nut"
    with PowerSupplyEmulator(folder) as running:
        pids = processes_in(folder)
        assert len(pids) == 2
        assert running.port.startswith("nut:kiosk@127.0.0.1:")
    assert processes_in(folder) == []


def processes_in(folder: Path) -> list[str]:
    """Those whose configuration folder this is."""
    wanted = f"NUT_CONFPATH={folder}".encode()
    found = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        try:
            if wanted in environment.read_bytes().split(b"\0"):
                found.append(environment.parent.name)
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found
