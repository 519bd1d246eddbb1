"""Who answers, written into the store within a moment, so that the screen can tell."""

import asyncio
import logging
from datetime import datetime
from typing import Final

from kiosk.agent.watchdog import Pulse
from kiosk.store.database import Store, utc_now
from kiosk.store.journal import Journal
from kiosk.store.shared_state import AgentAlive, LinkState, SharedState

log = logging.getLogger(__name__)

ALIVE_EVERY_S: Final = 2.0
"""`kiosk.store.shared_state.ALIVE_WITHIN_S` is two and a half times as long."""


class Reach:
    """What was last learnt about server and broker. Reports edges only."""

    def __init__(self, store: Store, state: SharedState, journal: Journal, pulse: Pulse) -> None:
        self._store = store
        self._state = state
        self._journal = journal
        self._pulse = pulse
        self._changed = asyncio.Event()
        self._server_why: str | None = None
        self._broker_why: str | None = None
        self._link = LinkState(server_reachable=False, broker_reachable=False, since=utc_now())
        self.server_back = asyncio.Event()
        """Set at the moment the server answers again; whoever waits clears it."""

    @property
    def server_reachable(self) -> bool:
        """Did the last HTTPS call get an answer?"""
        return self._link.server_reachable

    @property
    def broker_reachable(self) -> bool:
        """Is the MQTT connection up?"""
        return self._link.broker_reachable

    def server(self, why: str) -> None:
        """The outcome of an HTTPS call: empty for an answer, else what went wrong."""
        self._server_why = why
        self._turn(server=not why)

    def broker(self, why: str) -> None:
        """The MQTT connection: empty when it came up, else why it went."""
        self._broker_why = why
        self._turn(broker=not why)

    async def run(self) -> None:
        """Write what changes, and the sign of life, until cancelled."""
        written: LinkState | None = None
        while True:
            self._pulse.beat("reach", again_within_s=20)
            self._changed.clear()
            link = self._link
            await asyncio.to_thread(self._write, written, link)
            written = link
            try:
                async with asyncio.timeout(ALIVE_EVERY_S):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def _turn(self, *, server: bool | None = None, broker: bool | None = None) -> None:
        before = self._link
        after = before.model_copy(
            update={
                "server_reachable": before.server_reachable if server is None else server,
                "broker_reachable": before.broker_reachable if broker is None else broker,
            }
        )
        if after == before:
            return
        self._link = after.model_copy(update={"since": utc_now()})
        self._changed.set()
        if after.server_reachable and not before.server_reachable:
            self.server_back.set()

    def _write(self, before: LinkState | None, now: LinkState) -> None:
        with self._store.transaction():
            self._state.put(AgentAlive(at=utc_now()))
            self._state.put(now)
            if before is not None:
                self._tell(before, now)

    def _tell(self, before: LinkState, now: LinkState) -> None:
        if before.server_reachable and not now.server_reachable:
            log.warning("the server does not answer: %s", self._server_why)
            self._journal.write("server_lost", why=self._server_why or "")
        elif now.server_reachable and not before.server_reachable:
            away_s = _seconds(before.since, now.since)
            log.info("the server answers again after %.1f s", away_s)
            self._journal.write("server_reached", after_s=away_s)
        if before.broker_reachable and not now.broker_reachable:
            log.warning("the broker is gone: %s", self._broker_why)
            self._journal.write("broker_lost", why=self._broker_why or "")


def _seconds(earlier: datetime, later: datetime) -> float:
    return round((later - earlier).total_seconds(), 3)
