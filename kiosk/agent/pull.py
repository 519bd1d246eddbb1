"""Pulling: what this kiosk shall be, and what it is ordered to do. A poke only makes it sooner.

The pull of the desired state is also the probe that tells whether the server answers.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from typing import Final

from kiosk.agent.api import Api, Refused, Unreachable
from kiosk.agent.backoff import Backoff
from kiosk.agent.content import ContentKeeper, Refusal
from kiosk.agent.reach import Reach
from kiosk.agent.release import NotFetched
from kiosk.agent.watchdog import Pulse
from kiosk.contract.downlink import UNSUPPORTED, Command, Desired, UnsupportedOrder
from kiosk.contract.uplink import AppState, Reported
from kiosk.store.command_log import CommandLog
from kiosk.store.database import Store
from kiosk.store.journal import Journal
from kiosk.store.shared_state import AppAlive, Backends, SharedState

log = logging.getLogger(__name__)

SPREAD: Final = 0.2
LOOK_EVERY_S: Final = 1.0
"""How late a session's beginning may be noticed."""
COMMANDS_EVERY_S: Final = 60.0
"""A poke makes it at once; this is for pokes that got lost."""


class DesiredPull:
    """Asks for the desired state, applies it, reports."""

    def __init__(
        self,
        api: Api,
        keeper: ContentKeeper,
        state: SharedState,
        reach: Reach,
        pulse: Pulse,
        *,
        report: Callable[[Reported], None],
        on_version: Callable[[], None],
        probe_idle_s: float,
        probe_busy_s: float,
        backoff: Backoff,
    ) -> None:
        self._api = api
        self._keeper = keeper
        self._state = state
        self._reach = reach
        self._pulse = pulse
        self._report = report
        self._on_version = on_version
        self._probe_idle_s = probe_idle_s
        self._probe_busy_s = probe_busy_s
        self._backoff = backoff
        self._bell = asyncio.Event()
        self._etag = ""
        self._unfinished: Desired | None = None
        self._again_at = 0.0

    def ring(self) -> None:
        """Pull now."""
        self._bell.set()

    async def run(self) -> None:
        """Pull until cancelled: at once when rung, else as often as it matters."""
        while True:
            self._pulse.beat("desired", again_within_s=self._probe_idle_s * 2 + 120)
            self._bell.clear()
            await self._pull()
            await self._wait()

    async def _wait(self) -> None:
        """Until rung, or the time has come, or it begins to matter."""
        began_mattering = await self._matters()
        left_s = self._next_in_s(began_mattering)
        while left_s > 0 and (began_mattering or not await self._matters()):
            try:
                async with asyncio.timeout(min(LOOK_EVERY_S, left_s)):
                    await self._bell.wait()
                return
            except TimeoutError:
                left_s -= LOOK_EVERY_S

    async def _pull(self) -> None:
        try:
            pulled = await self._api.desired(have=self._etag)
        except Unreachable:
            return
        except Refused as refused:
            log.warning("desired state: %s", refused)
            return
        if pulled is not None:
            self._etag = pulled.etag
            self._on_version()
            self._unfinished = pulled.desired
            self._backoff.reset()
            self._again_at = 0.0
        if self._unfinished is None or time.monotonic() < self._again_at:
            return
        if await self._apply(self._unfinished):
            self._unfinished = None
        else:
            self._again_at = time.monotonic() + self._backoff.next_s()

    async def _apply(self, desired: Desired) -> bool:
        """True once there is nothing to try again."""
        await asyncio.to_thread(self._state.put, Backends(backends=desired.backends))
        if desired.content is None:
            return True
        try:
            await asyncio.to_thread(self._keeper.apply, desired.content)
        except NotFetched as error:
            log.warning("content not fetched: %s", error)
            self._report(_reported(desired, "pending", str(error)))
            return False
        except Refusal as refusal:
            self._report(_reported(desired, "error", refusal.why))
            # the server may mend what it signed without a new version: look again, patiently
            return False
        self._report(_reported(desired, "applied", ""))
        return True

    def _next_in_s(self, matters: bool) -> float:
        every_s = self._probe_busy_s if matters else self._probe_idle_s
        every_s *= random.uniform(1 - SPREAD, 1)
        if self._unfinished is not None:
            return min(every_s, max(0.05, self._again_at - time.monotonic()))
        return every_s

    async def _matters(self) -> bool:
        """Somebody is in a session, or something is away."""
        if not (self._reach.server_reachable and self._reach.broker_reachable):
            return True
        alive = await asyncio.to_thread(self._state.get, AppAlive)
        return alive is not None and alive.state is AppState.IN_SESSION


class CommandPull:
    """Asks for orders and writes them down; the app does them."""

    def __init__(
        self, api: Api, log_book: CommandLog, store: Store, journal: Journal, pulse: Pulse
    ) -> None:
        self._api = api
        self._log_book = log_book
        self._store = store
        self._journal = journal
        self._pulse = pulse
        self._bell = asyncio.Event()

    def ring(self) -> None:
        """Pull now."""
        self._bell.set()

    async def run(self) -> None:
        """Pull until cancelled."""
        while True:
            self._pulse.beat("commands", again_within_s=COMMANDS_EVERY_S * 2)
            self._bell.clear()
            try:
                after = await asyncio.to_thread(self._log_book.last_number)
                for command in (await self._api.commands(after=after)).commands:
                    await asyncio.to_thread(self._receive, command)
            except Unreachable:
                pass  # the desired pull says so, and the bell rings at the next connect
            except Refused as refused:
                log.warning("commands: %s", refused)
            try:
                async with asyncio.timeout(COMMANDS_EVERY_S * random.uniform(1 - SPREAD, 1)):
                    await self._bell.wait()
            except TimeoutError:
                continue

    def _receive(self, command: Command) -> None:
        order = UNSUPPORTED if isinstance(command.order, UnsupportedOrder) else command.order.kind
        with self._store.transaction():
            if self._log_book.receive(command):
                self._journal.write("command_received", number=command.number, order=order)


def _reported(desired: Desired, content: str, reason: str) -> Reported:
    return Reported.model_validate(
        {"desired_version": desired.version, "content": content, "reason": reason}
    )
