"""What the kiosk is, right now: read from the store, told to the server."""

import random
from collections.abc import Callable
from datetime import datetime
from typing import Final

from kiosk.contract.uplink import AppState, Heartbeat
from kiosk.store.cases import CaseQueue
from kiosk.store.database import utc_now
from kiosk.store.outbox import Outbox
from kiosk.store.shared_state import (
    ActiveContent,
    AppAlive,
    DeviceStates,
    DrawnContent,
    SharedState,
    is_alive,
)

SPREAD: Final = 0.1
"""± 10 %, so that a hall's kiosks do not beat together (`FLEET.md` 7, Presence)."""

_COUNTS: Final = {"cases_waiting": 0, "events_waiting": 0}


class Heart:
    """Composes heartbeats and decides when one is due."""

    def __init__(
        self,
        state: SharedState,
        queue: CaseQueue,
        outbox: Outbox,
        *,
        every_s: float,
        software: str,
        clock: Callable[[], datetime] = utc_now,
        chance: random.Random | None = None,
    ) -> None:
        self._state = state
        self._queue = queue
        self._outbox = outbox
        self.every_s = every_s
        self._software = software
        self._clock = clock
        self._chance = chance or random.Random()

    def beat(self) -> Heartbeat:
        """The kiosk as the store shows it; an app that no longer ticks is `unknown`."""
        alive = self._state.get(AppAlive)
        active = self._state.get(ActiveContent)
        drawn = self._state.get(DrawnContent)
        devices = self._state.get(DeviceStates)
        return Heartbeat(
            app_state=alive.state
            if alive is not None and is_alive(alive, self._clock())
            else AppState.UNKNOWN,
            active_content=active.hash if active else None,
            drawn_content=drawn.hash if drawn else None,
            cases_waiting=self._queue.count_waiting(),
            events_waiting=self._outbox.waiting(),
            devices=devices.devices if devices else {},
            software=self._software,
        )

    def next_in_s(self) -> float:
        """Seconds until the next one, with its spread."""
        return self.every_s * self._chance.uniform(1 - SPREAD, 1 + SPREAD)


def says_something_new(before: Heartbeat | None, now: Heartbeat) -> bool:
    """Worth telling at once: anything but how much is waiting, which changes all the time."""
    if before is None:
        return True
    return before.model_copy(update=_COUNTS) != now.model_copy(update=_COUNTS)
