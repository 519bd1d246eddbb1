"""Brings sealed cases to the server, exactly once by their ids, and replies back.

Papers first (resumable), then the case, then a long poll for the department's word. Oldest
first, but a case that is stuck holds up no other.
"""

import asyncio
import logging
from typing import Final

from kiosk.agent.api import Api, Refused, Unreachable
from kiosk.agent.backoff import Backoff
from kiosk.agent.reach import Reach
from kiosk.agent.watchdog import Pulse
from kiosk.contract.cases import CaseReceipt, SealedCase
from kiosk.store.cases import CaseQueue
from kiosk.store.database import Store, StoreError
from kiosk.store.journal import Journal

log = logging.getLogger(__name__)

AT_ONCE: Final = 4
"""Deliveries in progress: one big case on a slow line leaves room for others."""

PERMANENT: Final = frozenset({400, 409, 410, 413, 415, 422})
"""With a code of ours these are said of the case itself, and will be said again tomorrow."""

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
        retry_first_s: float,
        retry_cap_s: float,
    ) -> None:
        self._store = store
        self._queue = queue
        self._journal = journal
        self._api = api
        self._reach = reach
        self._pulse = pulse
        self._retry = (retry_first_s, retry_cap_s)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._carried: set[str] = set()
        self._back = asyncio.Condition()

    async def run(self) -> None:
        """Deliver whatever waits, now and as it comes, until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._wake_when_back())
                async for _ in self._store.changes_or_every(seconds=5):
                    self._pulse.beat("deliver", again_within_s=30)
                    for case_id in await asyncio.to_thread(self._open_cases):
                        if case_id not in self._carried:
                            self._carried.add(case_id)
                            group.create_task(self._carry(case_id))
        finally:
            self._carried.clear()

    def _open_cases(self) -> list[str]:
        return [*self._queue.waiting_ids(), *self._queue.awaiting_reply()]

    async def _carry(self, case_id: str) -> None:
        try:
            await self._to_its_end(case_id)
        finally:
            self._carried.discard(case_id)

    async def _to_its_end(self, case_id: str) -> None:
        """One case from here to its reply, or to its refusal."""
        backoff = Backoff(first_s=self._retry[0], cap_s=self._retry[1])
        last_trouble = ""
        while True:
            trouble = ""
            case: SealedCase | None = None
            try:
                case = await asyncio.to_thread(self._queue.case, case_id)
                if case is None and case_id not in await asyncio.to_thread(
                    self._queue.awaiting_reply
                ):
                    return
                if case is not None:
                    await self._deliver(case, attempts=backoff.attempts + 1)
                    backoff.reset()
                    case = None  # delivered: what is refused from here on is not the case
                await self._fetch_reply(case_id)
            except Unreachable:
                await self._pause(backoff)
                continue
            except Refused as refused:
                if case is not None and _is_permanent(refused):
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
                await self._pause(backoff)

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

    async def _fetch_reply(self, case_id: str) -> None:
        """One long poll; keeps the department's word where it has come."""
        answer = await self._api.reply(case_id)
        if answer.sealed is not None:
            await asyncio.to_thread(self._queue.replied, answer.receipt, answer.sealed)

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

    async def _pause(self, backoff: Backoff) -> None:
        """Wait as long as the back-off says, or until the server answers again."""
        delay_s = backoff.next_s()
        try:
            async with asyncio.timeout(delay_s), self._back:
                await self._back.wait()
        except TimeoutError:
            return

    async def _wake_when_back(self) -> None:
        while True:
            await self._reach.server_back.wait()
            self._reach.server_back.clear()
            async with self._back:
                self._back.notify_all()


def _is_permanent(refused: Refused) -> bool:
    return (
        refused.status in PERMANENT
        and bool(refused.code)
        and refused.code not in {PAPERS_MISSING, *_UPLOAD_MOVED}
    )
