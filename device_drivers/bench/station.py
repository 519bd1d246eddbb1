"""What the desk knows of a station: one device's emulator with what a hand can do to it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from device_drivers.bench.refusal import chosen
from device_drivers.emulation.wire_fault import WireFault

Body = Mapping[str, object]
"""The JSON object of one request."""
Action = Callable[[Body], Awaitable[None]]
"""Does one thing. Raises Refused."""


class Station(Protocol):
    """What the desk knows of each station."""

    @property
    def port(self) -> str:
        """As a configuration names it; meaningful once started."""

    @property
    def actions(self) -> Mapping[str, Action]:
        """What a hand can do, by the API's words. Actions raise Refused."""

    def state(self) -> dict[str, object]:
        """What there is to see now."""

    async def start(self) -> None:
        """Switch on, plugged in."""

    async def stop(self) -> None:
        """Switch off. Safe to call twice."""


def simply(act: Callable[[], Awaitable[None]]) -> Action:
    """An action that needs nothing from the request."""

    async def action(body: Body) -> None:
        del body
        await act()

    return action


def at_once(act: Callable[[], object]) -> Action:
    """An action that is done without waiting."""

    async def action(body: Body) -> None:
        del body
        act()

    return action


def in_thread(act: Callable[[], object]) -> Action:
    """An action that blocks for a moment."""

    async def action(body: Body) -> None:
        del body
        await asyncio.to_thread(act)

    return action


def disturbing(disturb: Callable[[WireFault], object]) -> Action:
    """An action that lets the wire fault named in `fault` be."""

    async def action(body: Body) -> None:
        disturb(WireFault(chosen(body, "fault", WireFault)))

    return action
