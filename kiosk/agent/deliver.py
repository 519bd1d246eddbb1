"""Brings sealed cases to the server, exactly once by their ids.

Papers first (resumable), then the case; the department's word is `replies.py`'s. Oldest first,
but a case that is stuck holds up no other. What the server refuses for good is tried once more
whenever it has news: one that was rolled back or restored says no today and yes tomorrow.
"""

import asyncio
import logging
from typing import Final

from kiosk.agent.api import Api, Refused, Unreachable
from kiosk.agent.backoff import Backoff
from kiosk.agent.patience import Patience
from kiosk.agent.reach import Reach
from kiosk.agent.replies import Replies
from kiosk.agent.watchdog import Pulse
from kiosk.config import AgentConfig
from kiosk.contract.cases import CaseReceipt, SealedCase
from kiosk.store.cases import CaseQueue
from kiosk.store.database import Store, StoreError
from kiosk.store.journal import Journal

log = logging.getLogger(__name__)

AT_ONCE: Final = 4
"""Deliveries in progress: one big case on a slow line leaves room for others."""

PERMANENT: Final = frozenset({400, 409, 410, 413, 415, 422})
"""With a code of ours these are said of the case itself, and will be said again in a minute."""

PAPERS_MISSING: Final = "papers_missing"
"""DECISIONS.md 6: upload again; not a refusal."""

_UPLOAD_MOVED: Final = frozenset({"wrong_offset", "upload_busy", "wrong_hash"})
"""The upload stands elsewhere than thought (an answer was lost): ask, and go on from there."""


class Deliverer:
    """One task per case on its way."""

    def __init__(
        self,
        store: Store,
        queue: CaseQueue,
        api: Api,
        *,
        journal: Journal,
        reach: Reach,
        pulse: Pulse,
        times: AgentConfig,
    ) -> None:
        self._store = store
        self._queue = queue
        self._journal = journal
        self._api = api
        self._reach = reach
        self._pulse = pulse
        self._times = times
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._carried: set[str] = set()
        self._patience = Patience(reach)
        self._news = asyncio.Event()
        self._replies = Replies(
            store,
            queue,
            api,
            patience=self._patience,
            retry_first_s=times.retry_first_s,
            retry_cap_s=times.retry_cap_s,
            look_every_s=times.reply_look_s,
        )

    def ring(self) -> None:
        """The server says that there are replies, or a connection to it has just come up."""
        self._reach.server_back.set()
        self._replies.ring()

    def server_changed(self) -> None:
        """The server is another one, or wants something else: what it refused may pass now."""
        self._news.set()

    async def run(self) -> None:
        """Deliver whatever waits, now and as it comes, until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._patience.run())
                group.create_task(self._replies.wait_for_newest())
                group.create_task(self._replies.look_after_others())
                group.create_task(self._give_second_chances())
                async for _ in self._store.changes_or_every(seconds=5):
                    self._pulse.beat("deliver", again_within_s=30)
                    for case_id in await asyncio.to_thread(self._queue.waiting_ids):
                        if case_id not in self._carried:
                            self._carried.add(case_id)
                            group.create_task(self._carry(case_id))
        finally:
            self._carried.clear()

    async def _give_second_chances(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            if count := await asyncio.to_thread(self._queue.give_second_chance):
                log.info("the server has news: %d cases it turned away are tried again", count)
                # departments that come and go are news too: not a loop
                await asyncio.sleep(self._times.second_chance_s)

    async def _carry(self, case_id: str) -> None:
        try:
            await self._to_its_end(case_id)
        finally:
            self._carried.discard(case_id)

    async def _to_its_end(self, case_id: str) -> None:
        """One case from here to the server, or to its refusal."""
        backoff = Backoff(first_s=self._times.retry_first_s, cap_s=self._times.retry_cap_s)
        last_trouble = ""
        while True:
            trouble = ""
            try:
                case = await asyncio.to_thread(self._queue.case, case_id)
                if case is None:
                    return
                await self._deliver(case, attempts=backoff.attempts + 1)
            except Unreachable:
                await self._patience.pause(backoff)
                continue
            except Refused as refused:
                if _is_permanent(refused):
                    await self._turn_away(case_id, refused)
                else:
                    trouble = str(refused)
            except (StoreError, ValueError, KeyError) as error:
                # one row the store cannot give, or that newer software wrote, holds up no other
                trouble = type(error).__name__
            if trouble and trouble != last_trouble:
                log.warning("case %s: %s; trying again", case_id, trouble)
            elif last_trouble and not trouble:
                log.info("case %s: no longer %s", case_id, last_trouble)
            last_trouble = trouble
            if trouble:
                await self._patience.pause(backoff)

    async def _deliver(self, case: SealedCase, *, attempts: int) -> None:
        async with self._slots:
            for paper in case.papers:
                content = await asyncio.to_thread(self._queue.paper, case.case_id, paper.sha256)
                await self._upload(paper.sha256, content)
            receipt = await self._api.submit(case)
        await asyncio.to_thread(self._keep_receipt, receipt, attempts)

    async def _upload(self, sha256: str, content: bytes) -> None:
        offset = await self._api.upload_offset(sha256)
        while offset is not None:
            if offset >= len(content):
                offset = 0
            try:
                offset = await self._api.upload(sha256, content, offset=offset)
            except Refused as refused:
                if refused.code not in _UPLOAD_MOVED:
                    raise
                raise Unreachable(refused.code) from refused

    async def _turn_away(self, case_id: str, refused: Refused) -> None:
        log.error("case %s turned away: %s", case_id, refused)
        await asyncio.to_thread(self._keep_refusal, case_id, refused.code)

    def _keep_receipt(self, receipt: CaseReceipt, attempts: int) -> None:
        with self._store.transaction():
            self._queue.delivered(receipt)
            self._journal.write("case_delivered", case_id=receipt.case_id, attempts=attempts)

    def _keep_refusal(self, case_id: str, code: str) -> None:
        with self._store.transaction():
            self._queue.turned_away(case_id, code)
            self._journal.write("case_turned_away", case_id=case_id, code=code)


def _is_permanent(refused: Refused) -> bool:
    return (
        refused.status in PERMANENT
        and bool(refused.code)
        and refused.code not in {PAPERS_MISSING, *_UPLOAD_MOVED}
    )
