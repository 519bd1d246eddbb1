"""The nightly self-test: each device closed, opened and asked anew while nobody uses the kiosk."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from kiosk.contract.dates import CHINA
from kiosk.contract.devices import DeviceKind, DeviceState
from kiosk.devices.fleet import Watched

WINDOW: Final = timedelta(hours=2)
"""A kiosk that is in use for so long is tested the next night."""
LOOK_EVERY_S: Final = 20.0

OnDone = Callable[[Mapping[DeviceKind, DeviceState]], None]


def night_of(moment: datetime, at: time) -> date:
    """The local day on which the latest test before `moment` (aware) had its time."""
    local = moment.astimezone(CHINA)
    return local.date() if local.time() >= at else local.date() - timedelta(days=1)


def due_night(now: datetime, at: time, done: date | None) -> date | None:
    """The night whose test is due now: its time is come, and neither over nor done."""
    night = night_of(now, at)
    is_open = now - datetime.combine(night, at, CHINA) < WINDOW
    return night if is_open and night != done else None


def _utc_now() -> datetime:
    return datetime.now(UTC)


class SelfTest:
    """Tests one device after another, none while a citizen is there; goes on when they have left.

    A device that is tested is lent for that time; a citizen who comes waits for that one at most.
    """

    def __init__(
        self,
        keepers: Sequence[Watched],
        *,
        at: time,
        is_free: Callable[[], bool],
        on_done: OnDone,
        last_at: datetime | None,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        """`at` is local time of the county; `last_at` is when the last test was recorded."""
        self._keepers = keepers
        self._at = at
        self._is_free = is_free
        self._on_done = on_done
        self._done = None if last_at is None else night_of(last_at, at)
        self._found: dict[DeviceKind, DeviceState] = {}
        self._clock = clock

    async def run(self) -> None:
        """Look at the clock until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Test what is due and has not been tested; `on_done` hears of a whole test, once."""
        night = due_night(self._clock(), self._at, self._done)
        if night is None:
            self._found.clear()
            return
        for keeper in self._keepers:
            if keeper.kind in self._found:
                continue
            if not self._is_free() or keeper.is_lent:
                return
            self._found[keeper.kind] = await keeper.examine()
        self._done = night
        self._on_done(dict(self._found))
        self._found.clear()
