"""Is each department's system up? Asked every 2 s; kiosks and pages are told at every edge."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from fleet_server.departments.gateway import Gateway, GatewayError
from fleet_server.desired.service import bump
from fleet_server.fleet import Fleet
from fleet_server.running import running
from kiosk.contract.downlink import BackendState, BackendStatus

_log = logging.getLogger(__name__)

PROBE_EVERY_S: Final = 2.0
"""With a probe's own second and one repetition, an outage is known within 4.5 s (issue: 5 s)."""

_REPEAT_AFTER_S: Final = 0.3
"""One lost probe is not an outage: it is repeated at once."""


@asynccontextmanager
async def watching_departments(fleet: Fleet) -> AsyncIterator[None]:
    """Background work: one watch per configured department."""
    systems = fleet.departments
    fleet.desired.backends = systems.states
    async with AsyncExitStack() as stack:
        stack.push_async_callback(systems.close)
        for gateway in systems.open().values():
            await stack.enter_async_context(running(_Watch(fleet, gateway).run))
        yield


class _Watch:
    def __init__(self, fleet: Fleet, gateway: Gateway) -> None:
        self._fleet = fleet
        self._gateway = gateway
        self._is_unannounced = False

    async def run(self) -> None:
        while True:
            trouble = await self._probe()
            if trouble:
                await asyncio.sleep(_REPEAT_AFTER_S)
                trouble = await self._probe()
            try:
                await self._edge(trouble)
            except Exception:
                # a full disk, say: kiosks cannot pull what bears an old version, so try again
                _log.exception("department %s: edge not announced", self._gateway.department)
            await asyncio.sleep(PROBE_EVERY_S)

    async def _probe(self) -> str:
        try:
            await self._gateway.probe()
        except GatewayError as error:
            return error.trouble
        return ""

    async def _edge(self, trouble: str) -> None:
        department, systems = self._gateway.department, self._fleet.departments
        status = BackendStatus.DOWN if trouble else BackendStatus.UP
        before = systems.states()[department]
        if before.status is status:
            if self._is_unannounced:
                await self._announce()
            return
        now = self._fleet.clock.now()
        systems.set_state(department, BackendState(status=status, since=now, reason=trouble))
        level = logging.WARNING if trouble else logging.INFO
        _log.log(level, "department %s is %s", department, trouble or status)
        self._is_unannounced = True
        await self._announce()

    async def _announce(self) -> None:
        await asyncio.to_thread(self._raise_version)
        self._is_unannounced = False
        self._fleet.live.publish("department", self._gateway.department)

    def _raise_version(self) -> None:
        with self._fleet.database.write() as session:
            bump(session, link=self._fleet.link, live=self._fleet.live)
