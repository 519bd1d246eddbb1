"""What time does to presence: deadlines are in the database, this looks once a second."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

from fleet_server.database import Database
from fleet_server.fleet import Fleet
from fleet_server.kiosks.presence import Standing, fell_due, server_came_back
from fleet_server.kiosks.repository import due_before, load_standings, save_standings
from fleet_server.live import LiveBus
from fleet_server.running import running
from fleet_server.settings import PresenceSettings

_log = logging.getLogger(__name__)

SWEEP_S: Final = 1.0


@asynccontextmanager
async def watching_presence(fleet: Fleet) -> AsyncIterator[None]:
    """Forgive what fell due while the server was away, then sweep for the length of the block."""
    presence = fleet.settings.presence
    await asyncio.to_thread(
        forgive, fleet.database, now=fleet.clock.now(), live=fleet.live, settings=presence
    )

    async def sweep_for_ever() -> None:
        is_failing = False
        while True:
            await asyncio.sleep(SWEEP_S)
            # while we are deaf ourselves, silence proves nothing about any kiosk
            judge = sweep if fleet.ingest.connected and fleet.ingest.storing else forgive
            try:
                await asyncio.to_thread(
                    judge, fleet.database, now=fleet.clock.now(), live=fleet.live, settings=presence
                )
            except Exception:
                if not is_failing:
                    _log.exception("presence sweep fails; tried again every second")
                is_failing = True
            else:
                is_failing = False

    async with running(sweep_for_ever):
        yield


def sweep(
    database: Database, *, now: datetime, live: LiveBus, settings: PresenceSettings
) -> tuple[str, ...]:
    """Move every kiosk whose deadline has passed; returns those that moved."""
    return _move(
        database, now, live, lambda standing: fell_due(standing, now=now, settings=settings)
    )


def forgive(
    database: Database, *, now: datetime, live: LiveBus, settings: PresenceSettings
) -> tuple[str, ...]:
    """A deadline that passed while the server was away or deaf accuses nobody."""
    return _move(
        database, now, live, lambda standing: server_came_back(standing, now=now, settings=settings)
    )


def _move(
    database: Database, now: datetime, live: LiveBus, change: Callable[[Standing], Standing]
) -> tuple[str, ...]:
    with database.read() as session:
        if not due_before(session, now):
            return ()
    with database.write() as session:
        # read again: a heartbeat may have come in between
        before = load_standings(session, due_before(session, now))
        moved = {
            kiosk_id: (standing, after)
            for kiosk_id, standing in before.items()
            if (after := change(standing)) is not standing
        }
        save_standings(session, moved, now=now)
    for kiosk_id in moved:
        live.publish("kiosk", kiosk_id)
    return tuple(moved)
