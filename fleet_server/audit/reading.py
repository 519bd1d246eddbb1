"""The audit trail as people read it: newest first, a bounded piece at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fleet_server.audit.tables import AuditEntry


@dataclass(frozen=True, slots=True)
class AuditView:
    """One act."""

    n: int
    at: datetime
    actor: str
    action: str
    target: str
    facts: Mapping[str, object]


def newest(
    session: Session, *, limit: int, before: int | None = None, text: str = ""
) -> tuple[AuditView, ...]:
    """The last acts below number `before`, newest first; `text`: by this actor, or upon this."""
    statement = select(AuditEntry).order_by(AuditEntry.n.desc()).limit(limit)
    if before is not None:
        statement = statement.where(AuditEntry.n < before)
    if text:
        statement = statement.where((AuditEntry.target == text) | (AuditEntry.actor == text))
    return tuple(
        AuditView(entry.n, entry.at, entry.actor, entry.action, entry.target, entry.facts)
        for entry in session.scalars(statement)
    )
