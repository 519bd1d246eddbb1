"""Queue a command, hand the queue out, and give up what nobody began in time."""

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy.orm import Session

from fleet_server.audit.service import record
from fleet_server.broker.link import ServerLink
from fleet_server.commands import repository
from fleet_server.commands.tables import CommandRow
from fleet_server.database import on_commit
from fleet_server.errors import NotFound
from fleet_server.fleet import Fleet
from fleet_server.kiosks.repository import enrolled_among
from fleet_server.live import LiveBus
from fleet_server.running import running
from kiosk.contract.downlink import Command, CommandList, RestartApp, SetOutOfService

_log = logging.getLogger(__name__)

DEFAULT_LIFE: Final = timedelta(minutes=15)
"""An operator who sees nothing happen for so long has gone on to something else."""
_EXPIRY_S: Final = 5.0


def queue_command(
    session: Session,
    *,
    kiosk_id: str,
    order: RestartApp | SetOutOfService,
    actor: str,
    now: datetime,
    link: ServerLink,
    live: LiveBus,
    life: timedelta = DEFAULT_LIFE,
) -> str:
    """Queue `order`, audited; after the commit the kiosk is poked. Returns the command's id.

    Raises NotFound for a kiosk that is not enrolled.
    """
    if not enrolled_among(session, {kiosk_id}):
        raise NotFound("no such kiosk", code="kiosk_unknown")
    row = CommandRow(
        id=uuid.uuid4().hex,
        kiosk_id=kiosk_id,
        number=repository.last_number(session, kiosk_id=kiosk_id) + 1,
        order=order.model_dump(mode="json"),
        state="queued",
        made_by=actor,
        made_at=now,
        expires_at=now + life,
        changed_at=now,
    )
    session.add(row)
    record(session, actor, "command_queued", kiosk_id, at=now, command=row.id, kind=order.kind)

    def ring() -> None:
        link.poke(kiosk_id, "commands")
        live.publish("command", row.id)
        live.publish("kiosk", kiosk_id)

    on_commit(session, ring)
    return row.id


def hand_out(
    session: Session, *, kiosk_id: str, after: int, now: datetime, live: LiveBus
) -> CommandList:
    """What the kiosk shall do beyond number `after`; what was queued is now sent."""
    rows = repository.waiting(session, kiosk_id=kiosk_id, after=after, now=now)
    for row in rows:
        if row.state == "queued":
            row.state = "sent"
            row.changed_at = now
            on_commit(session, partial(live.publish, "command", row.id))
    return CommandList(commands=tuple(_command(row) for row in rows))


def list_commands(session: Session, *, kiosk_id: str, limit: int = 20) -> Sequence[CommandRow]:
    """The kiosk's commands, newest first, each with its state."""
    return repository.newest(session, kiosk_id=kiosk_id, limit=limit)


def is_under_way(
    session: Session, *, kiosk_id: str, order: RestartApp | SetOutOfService, now: datetime
) -> bool:
    """Is the kiosk about to do exactly this? What is past its time keeps no later order away."""
    wanted = order.model_dump(mode="json")
    found = repository.under_way(session, kiosk_id=kiosk_id, now=now)
    return any(command.order == wanted for command in found)


@asynccontextmanager
async def expiring_commands(fleet: Fleet) -> AsyncIterator[None]:
    """Give up overdue commands for the length of the block."""

    def expire() -> None:
        now = fleet.clock.now()
        with fleet.database.read() as session:
            if not repository.has_expired(session, now=now):
                return
        with fleet.database.write() as session:
            expired = repository.expire(session, now=now)
        for command_id in expired:
            fleet.live.publish("command", command_id)

    async def expire_for_ever() -> None:
        while True:
            await asyncio.sleep(_EXPIRY_S)
            try:
                await asyncio.to_thread(expire)
            except Exception:
                _log.exception("expiring commands failed; tried again in %.0f s", _EXPIRY_S)

    async with running(expire_for_ever):
        yield


def _command(row: CommandRow) -> Command:
    return Command.model_validate(
        {"id": row.id, "number": row.number, "order": row.order, "expires_at": row.expires_at}
    )
