"""What every power supply promises, asked through a real upsd; on a bench, of real hardware."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from device_drivers.errors import ServiceDown
from device_drivers.ports import Port
from device_drivers.power_supply.driver import NutPowerSupply
from device_drivers.power_supply.emulator import PROGRAMS, PowerSupplyEmulator
from device_drivers.power_supply.interface import BatteryStatus, MainsStatus, PowerSupplyStatus
from device_drivers.status import DeviceStatus
from tests.device_drivers.waiting import until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (PROGRAMS / "upsd").exists(), reason="needs Debian's nut-server"),
]


@pytest.fixture(scope="module")
def emulator() -> Iterator[PowerSupplyEmulator]:
    with PowerSupplyEmulator() as running:
        yield running


@pytest.fixture
async def supply(emulator: PowerSupplyEmulator) -> AsyncIterator[NutPowerSupply]:
    emulator.recover()
    made = NutPowerSupply(Port.parse(emulator.port))
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
    supply: NutPowerSupply, emulator: PowerSupplyEmulator
) -> None:
    emulator.set_mains(is_on=False)
    seen = await until(supply.status, lambda status: status.fault == "D308")
    assert (seen.device, seen.mains) == (DeviceStatus.ONLINE, MainsStatus.NOT_PRESENT)
    assert (seen.charge_percent, seen.runtime_s) == (80.0, 1400.0)
    emulator.drain()
    seen = await until(supply.status, lambda status: status.fault == "D307")
    assert (seen.mains, seen.battery) == (MainsStatus.NOT_PRESENT, BatteryStatus.LOW)
    emulator.set_mains(is_on=True)
    seen = await until(supply.status, lambda status: status.fault is None)
    assert (seen.mains, seen.charge_percent) == (MainsStatus.PRESENT, 90.0)


async def test_a_worn_battery_and_a_forced_shutdown(
    supply: NutPowerSupply, emulator: PowerSupplyEmulator
) -> None:
    emulator.wear_out()
    seen = await until(supply.status, lambda status: status.fault == "D208")
    assert (seen.mains, seen.battery) == (MainsStatus.PRESENT, BatteryStatus.WORN)
    emulator.say("FSD OB")
    seen = await until(supply.status, lambda status: status.fault == "D307")
    assert seen.battery is BatteryStatus.LOW


async def test_a_driver_that_died_is_a_service_down_until_it_is_back(
    supply: NutPowerSupply, emulator: PowerSupplyEmulator
) -> None:
    emulator.unplug()
    seen = await until(supply.status, lambda status: status.fault == "D104")
    assert (seen.device, seen.mains) == (DeviceStatus.OFFLINE, MainsStatus.UNKNOWN)
    emulator.plug()
    await until(supply.status, is_well)


async def test_a_driver_that_hangs_makes_stale_data_and_no_mains(
    supply: NutPowerSupply, emulator: PowerSupplyEmulator
) -> None:
    emulator.freeze()
    seen = await until(supply.status, lambda status: status.fault == "D102")
    assert (seen.device, seen.mains) == (DeviceStatus.OFFLINE, MainsStatus.UNKNOWN)
    emulator.thaw()
    await until(supply.status, is_well)


async def test_upsd_gone_is_a_service_down_until_it_is_back(
    supply: NutPowerSupply, emulator: PowerSupplyEmulator
) -> None:
    emulator.stop_service()
    seen = await until(supply.status, lambda status: status.fault == "D104")
    assert (seen.device, seen.mains) == (DeviceStatus.OFFLINE, MainsStatus.UNKNOWN)
    with pytest.raises(ServiceDown):
        await supply.connect()
    emulator.start_service()
    await until(supply.status, is_well)
    await supply.connect()


async def test_a_supply_upsd_does_not_know_is_no_device(emulator: PowerSupplyEmulator) -> None:
    nobody = NutPowerSupply(Port.parse(emulator.port.replace("kiosk", "nobody")))
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
