"""The stations around the devices: the cabinet's board, and the power supply behind it."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from device_drivers.bench.serial_station import SerialStation
from device_drivers.bench.station import Action, at_once
from device_drivers.cabinet.emulator import CabinetEmulator
from device_drivers.power_supply.emulator import PowerSupplyEmulator

HOT_C = 61.5
"""Above any limit a sheet names."""
WARM_C = 31.5


class CabinetStation(SerialStation):
    """A cabinet with its door, its switches, its fan and its lights."""

    def __init__(self, link: Path) -> None:
        self._emulator = CabinetEmulator(link)
        super().__init__(self._emulator)

    @property
    def actions(self) -> Mapping[str, Action]:
        """What technicians, burglars, citizens and summers do to a cabinet."""
        board = self._emulator
        return {
            "open_door": at_once(lambda: board.set_door(is_open=True)),
            "close_door": at_once(lambda: board.set_door(is_open=False)),
            "tamper": at_once(lambda: board.set_tamper(is_tampered=True)),
            "mend": at_once(lambda: board.set_tamper(is_tampered=False)),
            "heat": at_once(lambda: board.set_temperature(HOT_C)),
            "cool": at_once(lambda: board.set_temperature(WARM_C)),
            "stop_fan": at_once(lambda: board.set_fan(turns=False)),
            "start_fan": at_once(lambda: board.set_fan(turns=True)),
            "plug_headset": at_once(lambda: board.set_headset(is_in=True)),
            "unplug_headset": at_once(lambda: board.set_headset(is_in=False)),
            "come": at_once(lambda: board.set_person(is_there=True)),
            "go": at_once(lambda: board.set_person(is_there=False)),
            "switch_off_and_on": at_once(board.switch_off_and_on),
            **super().actions,
        }

    def state(self) -> dict[str, object]:
        """Door, switches, fan, temperature, and what each light does."""
        board = self._emulator
        return {
            **super().state(),
            "door_open": board.door_is_open,
            "tampered": board.is_tampered,
            "temperature_c": board.temperature_c,
            "fan_turns": board.fan_turns,
            "headset": board.headset_is_in,
            "person": board.person_is_there,
            "lights": dict(board.lights),
        }


class PowerSupplyStation:
    """A supply under a upsd of its own.

    Started and moved in the bench's own loop: its processes end with the thread that started them.
    """

    def __init__(self, directory: Path) -> None:
        self._emulator = PowerSupplyEmulator(directory)

    @property
    def port(self) -> str:
        """Where its upsd listens."""
        return self._emulator.port

    @property
    def actions(self) -> Mapping[str, Action]:
        """Cut the mains, drain the battery, let the driver hang, pull the cable, end upsd."""
        supply = self._emulator
        return {
            "mains_off": at_once(lambda: supply.set_mains(is_on=False)),
            "mains_on": at_once(lambda: supply.set_mains(is_on=True)),
            "drain": at_once(supply.drain),
            "wear_out": at_once(supply.wear_out),
            "recover": at_once(supply.recover),
            "freeze": at_once(supply.freeze),
            "thaw": at_once(supply.thaw),
            "stop_service": at_once(supply.stop_service),
            "start_service": at_once(supply.start_service),
            "unplug": at_once(supply.unplug),
            "plug": at_once(supply.plug),
        }

    def state(self) -> dict[str, object]:
        """The status words it shows, and what is left in the battery."""
        supply = self._emulator
        return {
            "plugged": supply.is_plugged,
            "service": supply.service_runs,
            "words": supply.words,
            "charge_percent": supply.charge_percent,
        }

    async def start(self) -> None:
        """Start upsd and the driver; on mains within 4 s. Raises PowerSupplyFailed."""
        self._emulator.start()

    async def stop(self) -> None:
        """End both. Safe to call twice."""
        await asyncio.to_thread(self._emulator.close)
