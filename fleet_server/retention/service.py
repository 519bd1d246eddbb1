"""The daily sweep: cases past their retention are erased, what is old is forgotten.

In small pieces with a pause between them, so that messages and cases never wait for it.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

from fleet_server.cases.desk import CaseDesk
from fleet_server.cases.erasure import erase_due
from fleet_server.database import Database
from fleet_server.fleet import Fleet
from fleet_server.retention import repository
from fleet_server.running import running
from fleet_server.settings import RetentionSettings

_log = logging.getLogger(__name__)

EVERY_S: Final = 86_400.0
AGAIN_S: Final = 3600.0
"""After a failure, such as a full disk."""
PAUSE_S: Final = 0.05
"""Between two transactions; each takes some milliseconds."""
TRIES: Final = 100
"""To find a moment without a reader, for five seconds; else the log is overwritten in its time."""
ERASED: Final = "erased cases"


@asynccontextmanager
async def retaining(fleet: Fleet) -> AsyncIterator[None]:
    """Background work: sweep at the start and daily for the length of the block."""
    async with running(lambda: _run(fleet)):
        yield


async def _run(fleet: Fleet) -> None:
    while True:
        try:
            await _sweep(fleet)
        except Exception as error:
            # its words may quote a row
            _log.error("retention failed, tried again in an hour: %s", type(error).__name__)  # noqa: TRY400
            await asyncio.sleep(AGAIN_S)
        else:
            await asyncio.sleep(EVERY_S)


async def _sweep(fleet: Fleet) -> None:
    pieces = sweep(
        fleet.database, fleet.cases, settings=fleet.settings.retention, now=fleet.clock.now()
    )
    told: dict[str, int] = {}
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        what, count = piece
        told[what] = told.get(what, 0) + count
        await asyncio.sleep(PAUSE_S)
    tries = TRIES if ERASED in told else 0
    while tries and not await asyncio.to_thread(fleet.database.forget_deleted):
        tries -= 1
        await asyncio.sleep(PAUSE_S)
    for what, count in told.items():
        _log.info("retention: %d of %s", count, what)


def sweep(
    database: Database, desk: CaseDesk, *, settings: RetentionSettings, now: datetime
) -> Iterator[tuple[str, int]]:
    """Piece by piece, each its own transaction: what of, and how many. Blocks for the disk."""
    for count in erase_due(database, desk, now=now):
        yield ERASED, count
    yield from _forget_events(database, now - timedelta(days=settings.event_days))
    for table in repository.BY_AGE:
        is_trail = table in {"case_event", "citizen_case"}
        days = settings.case_trail_days if is_trail else settings.event_days
        yield from _forget_rows(database, table, now - timedelta(days=days))


def _forget_events(database: Database, before: datetime) -> Iterator[tuple[str, int]]:
    with database.read() as session:
        found = repository.outboxes(session)
    for outbox in found:
        count = 1
        while count:
            with database.write() as session:
                count = repository.drop_events(session, outbox=outbox, before=before)
            if count:
                yield "events", count


def _forget_rows(database: Database, table: str, before: datetime) -> Iterator[tuple[str, int]]:
    count = 1
    while count:
        with database.write() as session:
            count = repository.drop_rows(session, table=table, before=before)
        if count:
            yield table, count
