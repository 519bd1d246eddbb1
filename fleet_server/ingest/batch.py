"""One batch of messages on its way into one transaction: what was loaded, what must be written."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from fleet_server.database import to_ms
from fleet_server.ingest.decode import Refused
from fleet_server.ingest.seen import Seen
from fleet_server.kiosks.presence import Standing
from fleet_server.kiosks.repository import load_standings, save_standings
from fleet_server.settings import PresenceSettings
from kiosk.contract.uplink import EventsMessage, Heartbeat, Reported

KEPT_BYTES: Final = 2048
"""Of a dead letter's payload: enough to see what it was."""

KEPT_DEAD_LETTERS: Final = 10_000
"""A kiosk gone mad must not fill the disk."""

_EVENT: Final = (
    "INSERT INTO event (outbox_id, n, kind, happened_at, received_at, historical, body)"
    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (outbox_id, n) DO NOTHING"
)
"""For the driver itself: nine rows in ten are these, and `text()` costs 4 µs a row."""
_FIND_OUTBOX: Final = text(
    "SELECT id, upto, lost, absent FROM outbox WHERE kiosk_id = :kiosk_id AND inst = :inst"
)
_MAKE_OUTBOX: Final = text(
    "INSERT INTO outbox (kiosk_id, inst, upto, lost, absent)"
    " VALUES (:kiosk_id, :inst, 0, '[]', '[]') RETURNING id"
)
OUTBOXES_PER_KIOSK: Final = 32
"""A store made anew makes an outbox; a kiosk that makes one at each start must not fill the disk.
The oldest goes, with its events."""
_OLD_OUTBOXES: Final = text(
    "SELECT id, inst FROM outbox WHERE kiosk_id = :kiosk_id ORDER BY id DESC LIMIT -1 OFFSET :kept"
)
_DROP_EVENTS: Final = text("DELETE FROM event WHERE outbox_id = :id")
_DROP_OUTBOX: Final = text("DELETE FROM outbox WHERE id = :id")
_SAVE_OUTBOX: Final = text(
    "UPDATE outbox SET upto = :upto, lost = :lost, absent = :absent WHERE id = :id"
)
_DEAD_LETTER: Final = text(
    "INSERT INTO dead_letter (received_at, kiosk_id, topic, reason, detail, size, payload) VALUES"
    " (:received_at, :kiosk_id, :topic, :reason, :detail, :size, :payload)"
)
_TRIM_DEAD_LETTERS: Final = text(
    "DELETE FROM dead_letter WHERE id <= (SELECT max(id) FROM dead_letter) - :kept"
)
_VITALS: Final = text(
    "UPDATE presence SET active_content = :active_content, drawn_content = :drawn_content,"
    " cases_waiting = :cases_waiting, events_waiting = :events_waiting, software = :software,"
    " clock = :clock WHERE kiosk_id = :kiosk_id"
)
_DRAWN: Final = text("UPDATE presence SET drawn_content = :content WHERE kiosk_id = :kiosk_id")
_REPORTED: Final = text(
    "UPDATE presence SET reported_version = :version, reported_content = :content,"
    " reported_reason = :reason WHERE kiosk_id = :kiosk_id"
)


@dataclass(slots=True)
class OutboxPlace:
    """One outbox file and what of it is here."""

    id: int
    seen: Seen

    def copy(self) -> "OutboxPlace":
        """A copy to change before the commit that makes it true."""
        seen = self.seen
        return OutboxPlace(self.id, Seen(seen.upto, list(seen.lost), list(seen.absent)))


OutboxKey = tuple[str, str]
"""(kiosk id, inst)."""


@dataclass(slots=True)
class Batch:
    """Everything one transaction will write. Made per batch; `flush` before the commit."""

    session: Session
    now: datetime
    settings: PresenceSettings
    known: dict[OutboxKey, OutboxPlace]
    """Of earlier batches, as committed; never changed here."""
    places: dict[OutboxKey, OutboxPlace] = field(default_factory=dict)
    """Touched in this batch."""
    standings: dict[str, Standing] = field(default_factory=dict)
    changed_kiosks: set[str] = field(default_factory=set)
    to_poke: set[str] = field(default_factory=set)
    """Kiosks asked for a birth: a will says that their link is gone."""
    changed_commands: set[str] = field(default_factory=set)
    dropped: set[OutboxKey] = field(default_factory=set)
    """Outboxes that are here no more."""
    _loaded: dict[str, Standing] = field(default_factory=dict)
    _events: list[tuple[object, ...]] = field(default_factory=list)
    _letters: list[dict[str, object]] = field(default_factory=list)
    _vitals: dict[str, dict[str, object]] = field(default_factory=dict)
    _drawn: list[dict[str, object]] = field(default_factory=list)
    _reported: list[dict[str, object]] = field(default_factory=list)

    def load(self, kiosk_ids: Iterable[str]) -> None:
        """Read the standing of every kiosk whose presence this batch may move."""
        self._loaded = load_standings(self.session, kiosk_ids)
        self.standings = dict(self._loaded)

    @property
    def dead_letters(self) -> int:
        """How many this batch brings."""
        return len(self._letters)

    def place(self, kiosk_id: str, inst: str) -> OutboxPlace:
        """The outbox's place, to be changed."""
        key = (kiosk_id, inst)
        place = self.places.get(key)
        if place is None:
            known = None if key in self.dropped else self.known.get(key)
            place = known.copy() if known else self._find(kiosk_id, inst)
            self.places[key] = place
        return place

    def add_events(self, message: EventsMessage, outbox_id: int) -> None:
        """Rows for every event of `message`; those already here stay as they are."""
        received_at = to_ms(self.now)
        historical = message.historical
        self._events.extend(
            (
                outbox_id,
                event.n,
                event.kind,
                to_ms(event.happened_at),
                received_at,
                historical,
                event.model_dump_json(),
            )
            for event in message.body.events
        )

    def add_dead_letter(
        self, topic: str, payload: bytes, refused: Refused, *, kiosk_id: str | None
    ) -> None:
        """Keep the beginning of what could not be taken."""
        self._letters.append(
            {
                "received_at": to_ms(self.now),
                "kiosk_id": kiosk_id,
                "topic": topic[:256],
                "reason": refused.reason.value,
                "detail": refused.detail,
                "size": len(payload),
                "payload": payload[:KEPT_BYTES],
            }
        )

    def add_vitals(self, kiosk_id: str, heartbeat: Heartbeat, *, clock: str) -> None:
        """What the newest heartbeat says beside the app's state and the devices."""
        self._vitals[kiosk_id] = {
            "kiosk_id": kiosk_id,
            "active_content": heartbeat.active_content,
            "drawn_content": heartbeat.drawn_content,
            "cases_waiting": heartbeat.cases_waiting,
            "events_waiting": heartbeat.events_waiting,
            "software": heartbeat.software[:64],
            "clock": clock,
        }

    def add_drawn(self, kiosk_id: str, content: str) -> None:
        """A bundle has reached the glass."""
        self._drawn.append({"kiosk_id": kiosk_id, "content": content})

    def add_reported(self, kiosk_id: str, reported: Reported) -> None:
        """What the kiosk has made of the desired state."""
        self._reported.append(
            {
                "kiosk_id": kiosk_id,
                "version": reported.desired_version,
                "content": reported.content,
                "reason": reported.reason[:256],
            }
        )

    def flush(self) -> None:
        """Send every row to the database, inside the transaction."""
        execute = self.session.execute
        if self._events:
            self.session.connection().exec_driver_sql(_EVENT, self._events)
        if self.places:
            execute(_SAVE_OUTBOX, [_outbox_row(place) for place in self.places.values()])
        if self._letters:
            execute(_DEAD_LETTER, self._letters)
            execute(_TRIM_DEAD_LETTERS, {"kept": KEPT_DEAD_LETTERS})
        moved = {
            kiosk_id: (self._loaded[kiosk_id], standing)
            for kiosk_id, standing in self.standings.items()
            if standing is not self._loaded[kiosk_id]
        }
        save_standings(self.session, moved, now=self.now)
        for statement, rows in (
            (_VITALS, list(self._vitals.values())),
            (_DRAWN, self._drawn),
            (_REPORTED, self._reported),
        ):
            if rows:
                execute(statement, rows)

    def _find(self, kiosk_id: str, inst: str) -> OutboxPlace:
        names = {"kiosk_id": kiosk_id, "inst": inst}
        found = self.session.execute(_FIND_OUTBOX, names).one_or_none()
        if found is not None:
            seen = Seen(found.upto, json.loads(found.lost), json.loads(found.absent))
            return OutboxPlace(found.id, seen)
        made = OutboxPlace(int(self.session.execute(_MAKE_OUTBOX, names).scalar_one()), Seen())
        self._drop_old_outboxes(kiosk_id)
        return made

    def _drop_old_outboxes(self, kiosk_id: str) -> None:
        kept = {"kiosk_id": kiosk_id, "kept": OUTBOXES_PER_KIOSK}
        for found in self.session.execute(_OLD_OUTBOXES, kept).all():
            key = (kiosk_id, found.inst)
            if key not in self.places:  # else it speaks in this very batch, and goes another time
                self.session.execute(_DROP_EVENTS, {"id": found.id})
                self.session.execute(_DROP_OUTBOX, {"id": found.id})
                self.dropped.add(key)


def _outbox_row(place: OutboxPlace) -> dict[str, object]:
    seen = place.seen
    return {
        "id": place.id,
        "upto": seen.upto,
        "lost": json.dumps(seen.lost) if seen.lost else "[]",
        "absent": json.dumps(seen.absent) if seen.absent else "[]",
    }
