"""Queries on commands."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from fleet_server.commands.tables import CommandRow

_OPEN = ("queued", "sent", "received", "running")
_NOT_BEGUN = ("queued", "sent", "received")


def last_number(session: Session, *, kiosk_id: str) -> int:
    """The kiosk's highest command number, 0 before the first."""
    found = session.scalar(
        select(func.max(CommandRow.number)).where(CommandRow.kiosk_id == kiosk_id)
    )
    return found or 0


def waiting(session: Session, *, kiosk_id: str, after: int, now: datetime) -> Sequence[CommandRow]:
    """Commands above `after` the kiosk shall still do, oldest first."""
    return session.scalars(
        select(CommandRow)
        .where(
            CommandRow.kiosk_id == kiosk_id,
            CommandRow.number > after,
            CommandRow.state.in_(_OPEN),
            CommandRow.expires_at > now,
        )
        .order_by(CommandRow.number)
    ).all()


def under_way(session: Session, *, kiosk_id: str, now: datetime) -> Sequence[CommandRow]:
    """Commands that may still be done: not ended, and their time is not over."""
    return session.scalars(
        select(CommandRow).where(
            CommandRow.kiosk_id == kiosk_id,
            CommandRow.state.in_(_OPEN),
            CommandRow.expires_at > now,
        )
    ).all()


def newest(session: Session, *, kiosk_id: str, limit: int) -> Sequence[CommandRow]:
    """Newest first."""
    return session.scalars(
        select(CommandRow)
        .where(CommandRow.kiosk_id == kiosk_id)
        .order_by(CommandRow.number.desc())
        .limit(limit)
    ).all()


def expire(session: Session, *, now: datetime) -> Sequence[str]:
    """Give up what nobody has begun in time, also where the kiosk has it; returns the ids."""
    return session.scalars(
        update(CommandRow)
        .where(CommandRow.state.in_(_NOT_BEGUN), CommandRow.expires_at <= now)
        .values(state="expired", changed_at=now)
        .returning(CommandRow.id)
    ).all()


def has_expired(session: Session, *, now: datetime) -> bool:
    """Whether `expire` would find anything."""
    found = session.scalar(
        select(CommandRow.id)
        .where(CommandRow.state.in_(_NOT_BEGUN), CommandRow.expires_at <= now)
        .limit(1)
    )
    return found is not None
