"""When to tell a kiosk what is committed: at once after a pause, else once a second."""

from typing import Final

from fleet_server.ingest.batch import OutboxKey

SHORTEST_PAUSE_S: Final = 1.0
"""`FLEET.md` section 7, Uplink: at most once per second per kiosk."""


class AckSchedule:
    """Which outboxes are owed an acknowledgement. Used by one thread; times are monotonic."""

    def __init__(self) -> None:
        self._last: dict[OutboxKey, float] = {}
        self._owed: set[OutboxKey] = set()

    def owe(self, keys: set[OutboxKey]) -> None:
        """Something of these outboxes was committed, or came again."""
        self._owed |= keys

    @property
    def remembered(self) -> int:
        """Outboxes kept in mind."""
        return len(self._last) + len(self._owed)

    def due(self, now_s: float) -> list[OutboxKey]:
        """Those to be acknowledged now; they are owed nothing any more."""
        # what was told long enough ago holds nothing back: remembering it would only fill memory
        self._last = {
            key: last_s for key, last_s in self._last.items() if now_s - last_s < SHORTEST_PAUSE_S
        }
        due = [key for key in self._owed if key not in self._last]
        for key in due:
            self._last[key] = now_s
            self._owed.discard(key)
        return due
