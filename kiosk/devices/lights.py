"""Gives the cabinet its guidance lights beside everything else: no page ever waits for one."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Final

from device_drivers.cabinet.interface import Cabinet, LightMode, Slot
from device_drivers.errors import DeviceFault
from kiosk.flow.lights import DARK

AGAIN_AFTER_S: Final = 2.0
"""A board that did not take a light is given it again; supervision says what is wrong with it."""


class CabinetLights:
    """Implements `kiosk.flow.ports.GuidanceLights`. `run` does what `show` asked for last."""

    def __init__(self, lend: Callable[[], AbstractAsyncContextManager[Cabinet]]) -> None:
        self._lend = lend
        self._wanted: Mapping[Slot, LightMode] = DARK
        self._given: dict[Slot, LightMode] = {}
        self._changed = asyncio.Event()

    def show(self, lights: Mapping[Slot, LightMode]) -> None:
        """Have the lights be so; returns at once. What was asked for before is forgotten."""
        self._wanted = lights
        self._changed.set()

    async def run(self) -> None:
        """Give the board its lights until cancelled; those of whoever ran before go out first."""
        while True:
            self._changed.clear()
            try:
                await self._give()
            except DeviceFault:
                await asyncio.sleep(AGAIN_AFTER_S)
                continue
            await self._changed.wait()

    async def _give(self) -> None:
        """One light at a time, so that a page that has turned counts for the next one."""
        while (change := self._difference()) is not None:
            slot, mode = change
            async with self._lend() as cabinet:
                await cabinet.light(slot, mode)
            self._given[slot] = mode

    def _difference(self) -> tuple[Slot, LightMode] | None:
        """The next light that is not as wanted; lit ones before dark ones."""
        changes = [each for each in self._wanted.items() if self._given.get(each[0]) is not each[1]]
        changes.sort(key=lambda each: each[1] is LightMode.OFF)
        return changes[0] if changes else None
