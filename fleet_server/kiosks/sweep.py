"""What time does to presence: deadlines are in the database, this looks once a second."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from fleet_server.database import Database
from fleet_server.fleet import Fleet
from fleet_server.kiosks.presence import (
    DEAF,
    Standing,
    fell_due,
    forgiven,
    server_came_back,
)
from fleet_server.kiosks.repository import (
    due_before,
    load_standings,
    save_standings,
    with_deadline,
)
from fleet_server.kiosks.wall_clock import WallClock
from fleet_server.live import LiveBus
from fleet_server.running import running
from fleet_server.settings import PresenceSettings

_log = logging.getLogger(__name__)

SWEEP_S: Final = 1.0


@asynccontextmanager
async def watching_presence(fleet: Fleet) -> AsyncIterator[None]:
    """Forgive what fell due while the server was away, then sweep for the length of the block."""
    wall_clock = WallClock(fleet.clock)
    await asyncio.to_thread(
        welcome,
        fleet.database,
        now=fleet.clock.now(),
        live=fleet.live,
        settings=fleet.settings.presence,
    )

    async def sweep_for_ever() -> None:
        is_failing = False
        while True:
            await asyncio.sleep(SWEEP_S)
            try:
                await asyncio.to_thread(_look, fleet, wall_clock)
            except Exception:
                if not is_failing:
                    _log.exception("presence sweep fails; tried again every second")
                is_failing = True
            else:
                is_failing = False

    async with running(sweep_for_ever):
        yield


def _look(fleet: Fleet, wall_clock: WallClock) -> None:
    move_along(fleet.database, wall_clock)
    # while we are deaf ourselves, silence proves nothing about any kiosk
    judge = sweep if fleet.ingest.connected and fleet.ingest.storing else forgive
    judge(fleet.database, now=fleet.clock.now(), live=fleet.live, settings=fleet.settings.presence)


def move_along(database: Database, wall_clock: WallClock) -> None:
    """When somebody has set the machine's clock, set every deadline by as much."""
    if jump := wall_clock.jump():
        with database.write() as session:
            wall_clock.settle(session)
        wall_clock.restart()
        _log.warning("the clock was set by %.0f s; deadlines moved along", jump.total_seconds())


def sweep(
    database: Database, *, now: datetime, live: LiveBus, settings: PresenceSettings
) -> tuple[str, ...]:
    """Move every kiosk whose deadline has passed; returns those that moved."""
    return _move(
        database,
        live,
        lambda session: due_before(session, now),
        lambda standing: fell_due(standing, now=now, settings=settings),
        now,
    )


def forgive(
    database: Database, *, now: datetime, live: LiveBus, settings: PresenceSettings
) -> tuple[str, ...]:
    """While the server is deaf: a deadline that passes accuses nobody."""
    return _move(
        database,
        live,
        lambda session: due_before(session, now),
        lambda standing: forgiven(standing, why=DEAF, now=now, settings=settings),
        now,
    )


def welcome(
    database: Database, *, now: datetime, live: LiveBus, settings: PresenceSettings
) -> tuple[str, ...]:
    """At the server's start: deadlines that passed while nobody listened accuse nobody."""
    return _move(
        database,
        live,
        with_deadline,
        lambda standing: server_came_back(standing, now=now, settings=settings),
        now,
    )


def _move(
    database: Database,
    live: LiveBus,
    find: Callable[[Session], Sequence[str]],
    change: Callable[[Standing], Standing],
    now: datetime,
) -> tuple[str, ...]:
    with database.read() as session:
        if not find(session):
            return ()
    with database.write() as session:
        # read again: a heartbeat may have come in between
        before = load_standings(session, find(session))
        moved = {
            kiosk_id: (standing, after)
            for kiosk_id, standing in before.items()
            if (after := change(standing)) is not standing
        }
        save_standings(session, moved, now=now)
    for kiosk_id in moved:
        live.publish("kiosk", kiosk_id)
    return tuple(moved)
