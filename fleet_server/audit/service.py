"""Appending to the audit trail: each entry's hash covers it and the one before."""

import hashlib
import json
from collections.abc import Mapping
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
    entry.hash = entry_hash(entry, facts)
    session.add(entry)
    session.flush()


def entry_hash(entry: AuditEntry, facts: Mapping[str, JsonValue]) -> str:
    """SHA-256 over every field and the previous hash, as canonical JSON."""
    fields = [
        entry.n,
        to_ms(entry.at),
        entry.actor,
        entry.action,
        entry.target,
        dict(facts),
        entry.previous,
    ]
    text = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
