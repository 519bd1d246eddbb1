"""What a station on a serial line is, whatever hangs on it: a port, and a cable to pull."""

import asyncio
from collections.abc import Mapping

from device_drivers.bench.station import Action, at_once, disturbing, in_thread
from device_drivers.emulation.serial_emulator import SerialEmulator


class SerialStation:
    """The cable's part of a station; the device's own part extends `actions` and `state`."""

    def __init__(self, emulator: SerialEmulator) -> None:
        self._cable = emulator

    @property
    def port(self) -> str:
        """The serial line's stable link."""
        return self._cable.port

    @property
    def actions(self) -> Mapping[str, Action]:
        """Cut and restore the cable, let something be wrong with it."""
        return {
            "unplug": in_thread(self._cable.unplug),
            "plug": at_once(self._cable.plug),
            "disturb": disturbing(self._cable.disturb_wire),
        }

    def state(self) -> dict[str, object]:
        """Whether the cable is in, and what is wrong with it."""
        return {"plugged": self._cable.is_plugged, "fault": self._cable.fault.value}

    async def start(self) -> None:
        """Plug it in."""
        self._cable.plug()

    async def stop(self) -> None:
        """Remove the line. Safe to call twice."""
        await asyncio.to_thread(self._cable.close)
