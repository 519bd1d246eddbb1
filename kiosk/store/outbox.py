"""Events on their way to the server: a row leaves only on the server's own acknowledgement.

`FLEET.md` section 7, Uplink. An event is identified for ever by (kiosk id, inst, n).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pydantic import TypeAdapter, ValidationError

from kiosk.contract.uplink import EventFields, EventsDropped, UplinkEvent
from kiosk.store.database import Row, Store, to_ms, utc_now

RETENTION: Final = timedelta(hours=72)
"""A server restored from a backup may ask for acknowledged events again (`FLEET.md` 7)."""

MAX_BYTES: Final = 32 * 1024 * 1024
"""Of event bodies, in octets: about a year of a kiosk that nobody hears."""

DROPPABLE: Final = frozenset(
    {
        "app_started",
        "agent_started",
        "session_started",
        "session_ended",
        "content_drawn",
        "journal_entry",
        "self_test_done",
    }
)
"""Informational kinds, given up oldest first when the outbox is full; the others never are."""

_EVENT: Final[TypeAdapter[UplinkEvent]] = TypeAdapter(UplinkEvent)


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One event and the bytes it will need."""

    event: UplinkEvent
    size: int

    @property
    def n(self) -> int:
        """Its number."""
        return self.event.n


class Outbox:
    """The rows of one store."""

    def __init__(
        self,
        store: Store,
        *,
        clock: Callable[[], datetime] = utc_now,
        max_bytes: int = MAX_BYTES,
        on_unreadable: Callable[[int, str], None] = lambda _n, _kind: None,
    ) -> None:
        """`on_unreadable` is told once, in the reading thread, of a row that `pending` skips."""
        self._store = store
        self._clock = clock
        self._max_bytes = max_bytes
        self._on_unreadable = on_unreadable
        self._unreadable: set[int] = set()

    @property
    def inst(self) -> str:
        """32 hex digits made with the file; numbers count within it."""
        return str(self._store.rows("SELECT inst FROM outbox_identity")[0][0])

    def record(self, make: Callable[..., EventFields], **fields: object) -> int:
        """Append one event, such as `record(SessionStarted, service_id=…)`; returns its number.

        Part of the caller's transaction where one is open, else durable on return. It happened
        now, where the fields do not say `happened_at`. Raises ValueError for fields that the
        event does not have or allow.
        """
        event = make(n=1, **{"happened_at": self._clock(), **fields})
        unknown = fields.keys() - type(event).model_fields.keys()
        if unknown:
            raise ValueError(f"{type(event).__name__} has no {', '.join(sorted(unknown))}")
        body = event.model_dump_json(exclude={"n"})
        kind = str(event.model_dump(include={"kind"})["kind"])
        with self._store.transaction() as connection:
            connection.execute(
                "INSERT INTO outbox (kind, droppable, body) VALUES (?, ?, ?)",
                (kind, int(kind in DROPPABLE), body),
            )
            return int(connection.last_insert_rowid())

    def pending(self, *, after: int = 0, limit: int = 200) -> list[OutboxRow]:
        """Unacknowledged events with a number above `after`, oldest first.

        A row that newer software wrote and this one cannot read holds up no other: it is skipped
        and stays, also when the server acknowledges what lies above it, for the software that can.
        """
        readable: list[OutboxRow] = []
        while len(readable) < limit:
            wanted = limit - len(readable)
            found = self._store.rows(
                "SELECT n, kind, body FROM outbox WHERE acked_at IS NULL AND n > ?"
                " ORDER BY n LIMIT ?",
                after,
                wanted,
            )
            for number, kind, body in found:
                after = int(str(number))
                row = _row(after, str(body))
                if row is not None:
                    readable.append(row)
                elif after not in self._unreadable:
                    self._unreadable.add(after)
                    self._on_unreadable(after, str(kind))
            if len(found) < wanted:
                break
        return readable

    def waiting(self) -> int:
        """How many events the server has not acknowledged."""
        return _number(self._store.rows("SELECT count(*) FROM outbox WHERE acked_at IS NULL"))

    def mark_acked(self, upto: int, missing: tuple[int, ...] = ()) -> int:
        """The server has committed all up to `upto` but `missing`; returns how many were new.

        A missing row that was acknowledged before is sent again: the server was restored from
        a backup.
        """
        absent = set(missing)
        with self._store.transaction() as connection:
            for n in absent:
                connection.execute("UPDATE outbox SET acked_at = NULL WHERE n = ?", (n,))
            found = connection.execute(
                "SELECT n FROM outbox WHERE acked_at IS NULL AND n <= ?", (upto,)
            )
            gone = [(n,) for (n,) in list(found) if n not in absent | self._unreadable]
            connection.executemany(
                f"UPDATE outbox SET acked_at = {to_ms(self._clock())} WHERE n = ?", gone
            )
        return len(gone)

    def tidy(self) -> int:
        """Forget what was acknowledged 72 h ago, and keep within `max_bytes`; returns rows lost.

        Lost are only informational rows, oldest first, when everything acknowledged has gone
        and it is still too much; an `EventsDropped` event says so.
        """
        horizon = to_ms(self._clock() - RETENTION)
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM outbox WHERE acked_at <= ?", (horizon,))
            excess = int(connection.execute("SELECT sum(octet_length(body)) FROM outbox").get or 0)
            excess -= self._max_bytes
            if excess <= 0:
                return 0
            for acked in (True, False):
                condition = "acked_at IS NOT NULL" if acked else "acked_at IS NULL AND droppable"
                doomed: list[int] = []
                rows = connection.execute(
                    f"SELECT n, octet_length(body) FROM outbox WHERE {condition} ORDER BY n"
                )
                for n, size in list(rows):
                    if excess <= 0:
                        break
                    doomed.append(n)
                    excess -= size
                connection.executemany("DELETE FROM outbox WHERE n = ?", [(n,) for n in doomed])
            if doomed:
                self.record(EventsDropped, count=len(doomed), first_n=doomed[0], last_n=doomed[-1])
            return len(doomed)


def _row(n: int, body: str) -> OutboxRow | None:
    """The event as it was recorded; None for one that this software cannot read."""
    try:
        event = _EVENT.validate_json(f'{{"n":{n},{body[1:]}')
    except ValidationError:
        return None
    return OutboxRow(event=event, size=len(body.encode()) + 16)


def _number(rows: list[Row]) -> int:
    return int(str(rows[0][0]))
