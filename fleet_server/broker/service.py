"""The broker and the server's voice on it as background work of the server."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fleet_server.enrolment.repository import revoked_serials
from fleet_server.fleet import Fleet
from fleet_server.running import running

_log = logging.getLogger(__name__)

REWRITE_S: Final = 86_400.0
"""The list of revoked certificates lasts 400 days (`pki`): a failed day or two is no harm."""


@asynccontextmanager
async def brokering(fleet: Fleet) -> AsyncIterator[None]:
    """Run broker and link for the length of the block. Raises BrokerFailed."""
    async with fleet.broker.running(revoked=_revoked(fleet)):
        fleet.link.start()
        try:
            async with running(lambda: _rewrite_daily(fleet)):
                yield
        finally:
            await asyncio.to_thread(fleet.link.stop)


def rewrite_revoked(fleet: Fleet) -> None:
    """Give the broker the list of revoked certificates anew, so that it does not expire."""
    fleet.broker.revoke(_revoked(fleet), ())


async def _rewrite_daily(fleet: Fleet) -> None:
    while True:
        await asyncio.sleep(REWRITE_S)
        try:
            await asyncio.to_thread(rewrite_revoked, fleet)
        except Exception:
            _log.exception("the list of revoked certificates was not renewed; again tomorrow")


def _revoked(fleet: Fleet) -> bytes:
    with fleet.database.read() as session:
        serials = revoked_serials(session)
    return fleet.authority.revocation_list(serials, now=fleet.clock.now())
