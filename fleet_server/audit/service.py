"""Appending to the audit trail: each entry's hash covers it and the one before."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from fleet_server.audit.tables import AuditEntry
from fleet_server.database import to_ms


def record(
    session: Session, actor: str, action: str, target: str, *, at: datetime, **facts: JsonValue
) -> None:
    """Append an act in the caller's transaction: both are kept or neither. No personal data."""
    last = session.scalars(select(AuditEntry).order_by(AuditEntry.n.desc()).limit(1)).first()
    entry = AuditEntry(
        n=1 if last is None else last.n + 1,
        at=at,
        actor=actor,
        action=action,
        target=target,
        facts=dict(facts),
        previous="" if last is None else last.hash,
    )
    entry.hash = _hash((entry.n, to_ms(at), actor, action, target, entry.facts, entry.previous))
    session.add(entry)
    session.flush()


def first_bad_entry(rows: Iterable[Sequence[object]]) -> int | None:
    """The number of the first entry that was changed, or follows a gap; None: all is well.

    Rows are (n, at in ms, actor, action, target, facts as JSON text, previous, hash), in order.
    """
    previous, expected = "", 1
    for n, at, actor, action, target, facts, said_previous, said_hash in rows:
        whole = (n, at, actor, action, target, json.loads(str(facts)), said_previous)
        if n != expected or said_previous != previous or said_hash != _hash(whole):
            return expected
        previous, expected = str(said_hash), expected + 1
    return None


def _hash(fields: tuple[object, ...]) -> str:
    """SHA-256 over every field and the previous hash, as canonical JSON."""
    text = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
