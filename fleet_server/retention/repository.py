"""Deletes by age, each a bounded piece: the database has one writer, and it has other work."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import TextClause, text
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from fleet_server.database import to_ms

AT_ONCE: Final = 500

_OUTBOXES: Final = text("SELECT id FROM outbox ORDER BY id")
_EVENTS: Final = text(
    "DELETE FROM event WHERE outbox_id = :outbox AND received_at < :before AND n IN"
    " (SELECT n FROM event WHERE outbox_id = :outbox ORDER BY n LIMIT :most)"
)
"""By the primary key, oldest numbers first: an index by time would cost every event that comes."""

BY_AGE: Final[Mapping[str, str]] = {
    "refused_envelope": "SELECT id FROM refused_envelope WHERE at < :before",
    "dead_letter": "SELECT id FROM dead_letter WHERE received_at < :before",
    "enrol_token": "SELECT rowid FROM enrol_token WHERE expires_at < :before",
    # the newest stays: a kiosk asks for numbers above the last it has, so they must go on
    "command": (
        "SELECT rowid FROM command WHERE expires_at < :before AND changed_at < :before AND number <"
        " (SELECT max(number) FROM command AS newer WHERE newer.kiosk_id = command.kiosk_id)"
    ),
    "case_event": (
        "SELECT case_event.id FROM case_event JOIN citizen_case USING (case_id)"
        " WHERE citizen_case.erased_at < :before"
    ),
    "citizen_case": (
        "SELECT rowid FROM citizen_case WHERE erased_at < :before AND NOT EXISTS"
        " (SELECT 1 FROM case_event WHERE case_event.case_id = citizen_case.case_id)"
    ),
}
"""Which rows of a table are over, by their row numbers."""


def outboxes(session: Session) -> list[int]:
    """Every outbox that ever spoke and is still here."""
    return [int(found) for (found,) in session.execute(_OUTBOXES)]


def drop_events(session: Session, *, outbox: int, before: datetime) -> int:
    """Forget some of an outbox's oldest events; how many."""
    named = {"outbox": outbox, "before": to_ms(before), "most": AT_ONCE}
    return _count(session, _EVENTS, named)


def drop_rows(session: Session, *, table: str, before: datetime) -> int:
    """Forget some rows of a table of `BY_AGE`; how many."""
    statement = text(f"DELETE FROM {table} WHERE rowid IN ({BY_AGE[table]} LIMIT :most)")
    return _count(session, statement, {"before": to_ms(before), "most": AT_ONCE})


def _count(session: Session, statement: TextClause, named: Mapping[str, int]) -> int:
    result = session.execute(statement, dict(named))
    assert isinstance(result, CursorResult)
    return result.rowcount
