"""Brings departments' words home: one long poll for whoever may be waiting, a look for the rest.

Only the newest case can have a session before the screen, so only it is waited for. The others'
words come by the server's poke, by every new connection to the broker, and by a look now and then.
"""

import asyncio
import logging
from contextlib import suppress
from typing import Final

from kiosk.agent.api import POLL_WAIT_S, Api, Refused, Unreachable
from kiosk.agent.backoff import Backoff
from kiosk.agent.patience import Patience
from kiosk.store.cases import CaseQueue
from kiosk.store.database import Store

log = logging.getLogger(__name__)

_LOOK_S: Final = 5.0
"""The store rings at every change; this is for a change that was missed."""


class Replies:
    """Two loops over the cases that were delivered and have no answer yet."""

    def __init__(
        self,
        store: Store,
        queue: CaseQueue,
        api: Api,
        *,
        patience: Patience,
        retry_first_s: float,
        retry_cap_s: float,
        look_every_s: float,
    ) -> None:
        self._store = store
        self._queue = queue
        self._api = api
        self._patience = patience
        self._retry = (retry_first_s, retry_cap_s)
        self._look_every_s = look_every_s
        self._bell = asyncio.Event()
        self._complaints: dict[str, str] = {}

    def ring(self) -> None:
        """Look now: the server says that there is something."""
        self._bell.set()

    async def wait_for_newest(self) -> None:
        """Hold one long poll, always for the newest case; until cancelled."""
        polled, poll = "", None
        try:
            async for _ in self._store.changes_or_every(seconds=_LOOK_S):
                newest = await asyncio.to_thread(self._queue.newest_awaiting_reply)
                if newest == polled and (poll is None or not poll.done()):
                    continue
                await _end(poll)
                polled = newest
                poll = asyncio.create_task(self._poll(newest)) if newest else None
        finally:
            await _end(poll)

    async def look_after_others(self) -> None:
        """Ask after every other case when rung and at long intervals, one at a time."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._look_every_s):
                    await self._bell.wait()
            self._bell.clear()
            awaiting = await asyncio.to_thread(self._queue.awaiting_reply)
            for case_id in self._complaints.keys() - set(awaiting):
                del self._complaints[case_id]
            newest = await asyncio.to_thread(self._queue.newest_awaiting_reply)
            try:
                for case_id in awaiting:
                    if case_id == newest:
                        continue
                    await self._ask(case_id, wait_s=0)
            except Unreachable:
                continue  # the probe says so, and the broker's next connection rings

    async def _poll(self, case_id: str) -> None:
        """Long polls until the word has come. A store that fails ends it; it is begun again."""
        backoff = Backoff(first_s=self._retry[0], cap_s=self._retry[1])
        has_word = False
        while not has_word:
            try:
                has_word = await self._ask(case_id)
            except Unreachable:
                await self._patience.pause(backoff)
                continue
            if case_id in self._complaints:
                await self._patience.pause(backoff)
            else:
                backoff.reset()

    async def _ask(self, case_id: str, *, wait_s: int = POLL_WAIT_S) -> bool:
        """Has the department spoken? Its word is then kept. Raises Unreachable."""
        try:
            answer = await self._api.reply(case_id, wait_s=wait_s)
        except Refused as refused:
            if self._complaints.get(case_id) != str(refused):
                log.warning("reply to case %s: %s; trying again", case_id, refused)
            self._complaints[case_id] = str(refused)
            return False
        if self._complaints.pop(case_id, None):
            log.info("reply to case %s: asked in vain no longer", case_id)
        if answer.sealed is None:
            return False
        await asyncio.to_thread(self._queue.replied, answer.receipt, answer.sealed)
        return True


async def _end(poll: asyncio.Task[None] | None) -> None:
    if poll is None:
        return
    poll.cancel()
    (ended,) = await asyncio.gather(poll, return_exceptions=True)
    if isinstance(ended, Exception):
        log.warning("a wait for a reply ended: %s", type(ended).__name__)
