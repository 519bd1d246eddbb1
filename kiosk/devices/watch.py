"""Asks every device how it is, again and again, and reports edges only."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from kiosk.contract.devices import DeviceKind, DeviceState, DeviceStatus
from kiosk.devices.fleet import Fleet, Watched

ASK_EVERY_S: Final = 1.0
"""The console must show a change within 5 s: asking, uplink and page take 2 s together."""
AWAY_TIMES: Final = (1, 1, 2, 3)
"""A device that is away is asked less often, by this factor; the last one goes on for ever."""

OnEdge = Callable[[DeviceKind, DeviceState], None]

_AWAY: Final = frozenset({DeviceStatus.NO_DEVICE, DeviceStatus.OFFLINE})

_LOG: Final = logging.getLogger(__name__)


async def watch_devices(fleet: Fleet, on_edge: OnEdge, *, ask_every_s: float = ASK_EVERY_S) -> None:
    """Watch until cancelled; `on_edge` is called in this loop, once at the first answer."""
    async with asyncio.TaskGroup() as group:
        for keeper in fleet.keepers:
            group.create_task(_watch(keeper, on_edge, ask_every_s))


async def _watch(keeper: Watched, on_edge: OnEdge, ask_every_s: float) -> None:
    reported: DeviceState | None = None
    failures = 0
    is_broken = False
    while True:
        try:
            state = await keeper.ask()
            is_broken = False
        except Exception:
            # a defect of a driver costs one device its status, and not the citizen the kiosk
            if not is_broken:
                _LOG.exception("the driver of %s broke its promise", keeper.kind.value)
            is_broken = True
            state = DeviceState(status=DeviceStatus.UNKNOWN)
        if state != reported and not (keeper.is_lent and reported is not None):
            reported = state
            on_edge(keeper.kind, state)
        failures = failures + 1 if state.status in _AWAY else 0
        times = AWAY_TIMES[min(failures, len(AWAY_TIMES) - 1)]
        await asyncio.sleep(ask_every_s * times)
