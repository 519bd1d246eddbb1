"""The broker and the server's voice on it as background work of the server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fleet_server.enrolment.repository import revoked_serials
from fleet_server.fleet import Fleet


@asynccontextmanager
async def brokering(fleet: Fleet) -> AsyncIterator[None]:
    """Run broker and link for the length of the block. Raises BrokerFailed."""
    with fleet.database.read() as session:
        serials = revoked_serials(session)
    revoked = fleet.authority.revocation_list(serials, now=fleet.clock.now())
    async with fleet.broker.running(revoked=revoked):
        fleet.link.start()
        try:
            yield
        finally:
            await asyncio.to_thread(fleet.link.stop)
