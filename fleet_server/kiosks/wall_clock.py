"""Notices that the machine's clock was set, so that no kiosk is called silent for it.

Deadlines are persisted by the wall clock, which somebody may set while we run; the monotonic
clock beside it tells how much time has really passed. Across a restart there is no such witness:
`presence.server_came_back` looks after that.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from fleet_server.clock import Clock
from fleet_server.database import to_ms

LEAST_JUMP_S: Final = 5.0
"""Smaller steps are within what a deadline of 44 s can bear, and are added up until they are not.
Several looks long, so that before and after the jump can be told apart."""

_FORWARD: Final = text(
    "UPDATE presence SET due_at = due_at + :by, heard_at = heard_at + :by"
    " WHERE due_at IS NOT NULL AND since <= :old_now AND coalesce(heard_at, 0) <= :old_now"
)
"""Only what was heard by the old time: between the jump and this, kiosks went on talking."""

_BACK: Final = text(
    "UPDATE presence SET due_at = due_at + :by, heard_at = heard_at + :by"
    " WHERE due_at IS NOT NULL AND heard_at > :now"
)
"""Heard in the future: by the old time. The others fall due at most one deadline too late."""


class WallClock:
    """Compares wall and monotonic clock since it was made, or since the last jump was settled."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._start()

    def jump(self) -> timedelta:
        """By how much the wall clock was set, forward or back; zero when it was not."""
        passed = timedelta(seconds=self._clock.monotonic_s() - self._monotonic_s)
        found = self._clock.now() - self._now - passed
        return found if abs(found) >= timedelta(seconds=LEAST_JUMP_S) else timedelta()

    def settle(self, session: Session) -> None:
        """Move deadlines and last signs of life along; call when there is a `jump`."""
        by, now = self.jump(), self._clock.now()
        by_ms = round(by.total_seconds() * 1000)
        if by_ms > 0:
            session.execute(_FORWARD, {"by": by_ms, "old_now": to_ms(now - by)})
        elif by_ms < 0:
            session.execute(_BACK, {"by": by_ms, "now": to_ms(now)})

    def restart(self) -> None:
        """After the commit of what `settle` did: count from here."""
        self._start()

    def _start(self) -> None:
        self._now, self._monotonic_s = self._clock.now(), self._clock.monotonic_s()
