"""Keeps the signed metadata from expiring: a fresh timestamp says that the server is alive."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fleet_server.content.publishing import next_renewal, renew
from fleet_server.content.service import desired_content
from fleet_server.fleet import Fleet
from fleet_server.running import running

_log = logging.getLogger(__name__)

_LOOK_AGAIN_S: Final = 600.0
"""However far the next renewal is: the clock may be set meanwhile."""


@asynccontextmanager
async def renewing_content(fleet: Fleet) -> AsyncIterator[None]:
    """Background work; also plugs the published content into `GET /v1/desired`."""
    fleet.desired.content = desired_content
    await asyncio.to_thread(_renew, fleet)
    async with running(lambda: _run(fleet)):
        yield


async def _run(fleet: Fleet) -> None:
    while True:
        try:
            wait_s = await asyncio.to_thread(_renew, fleet)
        except Exception:
            _log.exception("content metadata could not be renewed")
            wait_s = 60.0
        await asyncio.sleep(wait_s)


def _renew(fleet: Fleet) -> float:
    now = fleet.clock.now()
    with fleet.database.read() as session:
        wait_s = next_renewal(session, now=now).total_seconds()
    if wait_s <= 0:
        with fleet.database.write() as session:
            renew(session, fleet.content.signer, now=now)
        return 1.0
    return min(wait_s, _LOOK_AGAIN_S)
