"""How a command's state may move: forward only, whatever order the news come in."""

from datetime import datetime
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from fleet_server.commands.tables import CommandRow
from fleet_server.database import to_ms
from kiosk.contract.uplink import CommandProgress

RANK: Final = {
    "queued": 0,
    "sent": 1,
    "received": 2,
    "running": 3,
    "succeeded": 4,
    "failed": 4,
    "expired": 4,
    "cancelled": 4,
    "interrupted": 4,
}
"""`FLEET.md` section 7, Commands: a state gives way only to one of a higher rank."""

_MOVE: Final = text(
    "UPDATE command SET state = :state, detail = :detail, changed_at = :now WHERE id = :id"
)


def note_progress(
    session: Session, *, kiosk_id: str, event: CommandProgress, now: datetime
) -> bool:
    """Take in what the kiosk says of a command of its own; True when the state moved."""
    state = session.scalars(
        select(CommandRow.state).where(
            CommandRow.id == event.command_id, CommandRow.kiosk_id == kiosk_id
        )
    ).one_or_none()
    if state is None or not may_move(state, event.state):
        return False
    session.execute(
        _MOVE,
        {
            "state": event.state,
            "detail": event.detail[:256],
            "now": to_ms(now),
            "id": event.command_id,
        },
    )
    return True


def may_move(old: str, new: str) -> bool:
    """Forward only; and what the server gave up as expired the kiosk may still have done."""
    if old == "expired" and new in {"succeeded", "failed", "interrupted"}:
        return True
    return RANK[new] > RANK[old]
