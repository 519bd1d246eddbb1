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

    def due(self, now_s: float) -> list[OutboxKey]:
        """Those to be acknowledged now; they are owed nothing any more."""
        due = [key for key in self._owed if self._is_due(key, now_s)]
        for key in due:
            self._last[key] = now_s
            self._owed.discard(key)
        return due

    def _is_due(self, key: OutboxKey, now_s: float) -> bool:
        last_s = self._last.get(key)
        return last_s is None or now_s - last_s >= SHORTEST_PAUSE_S
