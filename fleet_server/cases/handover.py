"""Carries committed cases to their departments and brings the answers back, exactly once.

The database drives it: a case has `due_at` until its department has answered, so a crash or a
restart at any point only means asking again by the case id, which is the idempotency key.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Final

from pydantic import TypeAdapter
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from fleet_server.cases import repository
from fleet_server.cases.envelope import CaseKey, Unsealable, base64_of, seal_reply
from fleet_server.cases.tables import Case, CaseEvent, CaseEventKind
from fleet_server.database import on_commit
from fleet_server.departments.contract.models import (
    Accepted,
    Answer,
    Completed,
    HandedCase,
    Paper,
    Refused,
)
from fleet_server.departments.gateway import GatewayError, Trouble
from fleet_server.departments.working_days import WorkingCalendar, YearUnknown
from fleet_server.fleet import Fleet
from fleet_server.running import running
from kiosk.contract.cases import CaseReply, CaseState, SealedPaper
from kiosk.contract.dates import CHINA
from kiosk.contract.downlink import BackendStatus

_log = logging.getLogger(__name__)

_AT_ONCE_PER_DEPARTMENT: Final = 4
"""Cases under way at a time; each department has its own, so a slow one delays nobody else."""

_QUEUE_PER_DEPARTMENT: Final = 32
"""Cases taken from the database ahead of their turn."""

_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 60.0
_REJECTED_PAUSE_S: Final = 600.0
"""A department that will never take the call as it is needs a person, not a hammer."""

_LOOK_AGAIN_S: Final = 5.0
"""News can be lost; the database is looked at this often without any."""

_SWEEP_EVERY_S: Final = 3600.0


class Hindrance(StrEnum):
    """Why a case was not even handed over, beside `Trouble`; text keys `trouble.<hindrance>`."""

    NOT_CONFIGURED = "not_configured"
    """No address is known for its department."""
    UNREADABLE = "unreadable"
    """It cannot be opened any more: a lost file or key, or a bug of ours."""


_PAPERS: Final = TypeAdapter(tuple[SealedPaper, ...])


def pause_s(attempts: int) -> float:
    """How long to wait after so many attempts without an answer: doubling, with jitter."""
    longest = min(_FIRST_PAUSE_S * 2.0 ** min(attempts, 10), _LONGEST_PAUSE_S)
    return longest * random.uniform(0.5, 1.0)


class HandOver:
    """The worker. One per process: the database has one writing process."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._free: dict[str, asyncio.Semaphore] = {}

    async def run(self) -> None:
        """Work until cancelled; what is under way is then left to the next start."""
        try:
            with self._fleet.live.listen("case", "department") as news:
                while True:
                    try:
                        wait_s = await self._start_due()
                        self._fleet.handover.beat()
                        heard = await news.next(within_s=wait_s)
                        if heard is not None and heard.topic == "department":
                            await self._department_changed(heard.key)
                    except Exception:
                        # a full disk, say: cases stay due, and this goes on when it can
                        _log.exception("hand-over waits for the database")
                        await asyncio.sleep(_LOOK_AGAIN_S)
        finally:
            tasks = tuple(self._under_way.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _start_due(self) -> float:
        now = self._fleet.clock.now()
        cases, next_at = await asyncio.to_thread(self._look, now)
        for case_id, department in cases:
            if case_id not in self._under_way:
                task = asyncio.create_task(self._carry(case_id, department))
                self._under_way[case_id] = task
                task.add_done_callback(partial(self._done, case_id))
        if next_at is None or next_at <= now:
            return _LOOK_AGAIN_S
        return min((next_at - now).total_seconds(), _LOOK_AGAIN_S)

    async def _department_changed(self, department: str) -> None:
        """A department that is back is not made to wait for pauses begun while it was away."""
        state = self._fleet.departments.states().get(department)
        if state is not None and state.status is BackendStatus.UP:
            await asyncio.to_thread(self._pull_forward, department)

    def _pull_forward(self, department: str) -> None:
        now = self._fleet.clock.now()
        with self._fleet.database.write() as session:
            repository.pull_forward(session, department, now)

    def _done(self, case_id: str, _task: asyncio.Task[None]) -> None:
        self._under_way.pop(case_id, None)

    def _look(self, now: datetime) -> tuple[list[tuple[str, str]], datetime | None]:
        with self._fleet.database.read() as session:
            found = repository.due(session, now, limit=_QUEUE_PER_DEPARTMENT)
            later = repository.next_due_after(session, now)
        return found, later

    async def _carry(self, case_id: str, department: str) -> None:
        free = self._free.setdefault(department, asyncio.Semaphore(_AT_ONCE_PER_DEPARTMENT))
        async with free:
            try:
                await self._attempt(case_id, department)
            except OperationalError:
                _log.exception("case %s stays due: the database cannot be written", case_id)
                await asyncio.sleep(_LOOK_AGAIN_S)
            except (Unsealable, OSError):
                # taken in whole, unreadable now: a lost file or key, which a person must see
                _log.exception("case %s cannot be opened any more", case_id)
                await asyncio.to_thread(
                    self._postpone, case_id, Hindrance.UNREADABLE, _REJECTED_PAUSE_S
                )
            except Exception as error:
                # a bug of ours; its words may quote the citizen, so only its kind is written
                _log.error("case %s: %s", case_id, type(error).__name__)  # noqa: TRY400
                await asyncio.to_thread(
                    self._postpone, case_id, Hindrance.UNREADABLE, _REJECTED_PAUSE_S
                )

    async def _attempt(self, case_id: str, department: str) -> None:
        gateway = self._fleet.departments.gateways.get(department)
        if gateway is None:
            await asyncio.to_thread(
                self._postpone, case_id, Hindrance.NOT_CONFIGURED, _REJECTED_PAUSE_S
            )
            return
        if held_for_s := gateway.held_for_s:
            await asyncio.to_thread(self._postpone, case_id, Trouble.OPEN, held_for_s)
            return
        handed, maybe_known = await asyncio.to_thread(self._prepare, case_id)
        try:
            with self._fleet.handover.attempting(case_id):
                answer = await gateway.hand_over(handed, maybe_known=maybe_known)
        except GatewayError as error:
            pause = _REJECTED_PAUSE_S if error.trouble is Trouble.REJECTED else 0.0
            await asyncio.to_thread(
                self._postpone, case_id, error.trouble, error.retry_after_s or pause
            )
            return
        await asyncio.to_thread(self._record, case_id, answer)

    def _prepare(self, case_id: str) -> tuple[HandedCase, bool]:
        """Note the attempt before it is made, then open the case for the department."""
        with self._fleet.database.write() as session:
            case = session.get_one(Case, case_id)
            maybe_known = case.attempts > 0
            case.attempts += 1
            if not maybe_known:
                _note(
                    session, case, self._fleet.clock.now(), actor="server", what=CaseEventKind.SENT
                )
        return self._open(case), maybe_known

    def _open(self, case: Case) -> HandedCase:
        desk = self._fleet.cases
        key = self._key(case)
        payload = key.open_payload(case.payload)
        papers = tuple(
            Paper(
                name=paper.name,
                media_type=paper.media_type,
                content=base64_of(key.open(desk.objects.read(case.kiosk_id, paper.sha256))),
            )
            for paper in _PAPERS.validate_json(case.papers)
        )
        return HandedCase(
            case_id=case.case_id,
            case_number=case.case_number,
            service_id=case.service_id,
            service_version=case.service_version,
            received_at=case.received_at,
            purpose=case.service_title,
            verify_url=desk.verify_url(case.case_id),
            applicant=payload.applicant,
            answers=payload.answers,
            signature_png=base64_of(payload.signature_png),
            papers=papers,
            paper_codes=payload.paper_codes,
        )

    def _key(self, case: Case) -> CaseKey:
        return self._fleet.cases.envelopes.case_key(case.case_id, case.sealed_key)

    def _hold(self, case_id: str, hindrance: Hindrance) -> None:
        self._postpone(case_id, hindrance, _REJECTED_PAUSE_S)

    def _postpone(self, case_id: str, trouble: str, after_s: float) -> None:
        with self._fleet.database.write() as session:
            case = session.get_one(Case, case_id)
            if case.due_at is None:
                return
            now = self._fleet.clock.now()
            case.due_at = now + timedelta(seconds=after_s or pause_s(case.attempts))
            is_news = trouble != case.trouble and not (trouble == Trouble.OPEN and case.trouble)
            if is_news:  # an edge, not a level; held back by the breaker is what follows from it
                case.trouble = trouble
                _note(
                    session, case, now, actor="server", what=CaseEventKind.NO_ANSWER, detail=trouble
                )
                on_commit(session, lambda: self._fleet.live.publish("case", case_id))

    def _record(self, case_id: str, answer: Answer) -> None:
        """Keep the answer, once; a second one for the same case changes nothing."""
        with self._fleet.database.write() as session:
            case = session.get_one(Case, case_id)
            if case.due_at is None:
                return
            now = self._fleet.clock.now()
            reply = self._apply(case, answer)
            case.answered_at, case.due_at, case.trouble = now, None, ""
            case.answer = self._key(case).close(reply.model_dump_json().encode())
            case.sealed_reply = seal_reply(reply, case.reply_key)
            _note(
                session,
                case,
                now,
                actor=f"department:{case.department}",
                what=CaseEventKind(reply.state),
                detail=case.department_number or case.refusal_code,
            )
            kiosk_id = case.kiosk_id
            on_commit(session, lambda: self._tell(case_id, kiosk_id))

    def _tell(self, case_id: str, kiosk_id: str) -> None:
        self._fleet.live.publish("case", case_id)
        self._fleet.link.poke(kiosk_id, "replies")

    def _apply(self, case: Case, answer: Answer) -> CaseReply:
        match answer:
            case Accepted():
                case.state = CaseState.ACCEPTED.value
                case.department_number = answer.department_number
                case.limit_working_days = answer.limit_working_days
                case.decide_by = decide_by(answer, self._fleet.cases.calendar)
                return CaseReply(
                    case_id=case.case_id,
                    case_number=case.case_number,
                    state=CaseState.ACCEPTED,
                    decide_by=case.decide_by or None,
                )
            case Completed():
                case.state = CaseState.COMPLETED.value
                case.department_number = answer.department_number
                return CaseReply(
                    case_id=case.case_id,
                    case_number=case.case_number,
                    state=CaseState.COMPLETED,
                    certificate=answer.certificate,
                )
            case Refused():
                case.state = CaseState.REFUSED.value
                case.refusal_code = answer.code
                return CaseReply(
                    case_id=case.case_id,
                    case_number=case.case_number,
                    state=CaseState.REFUSED,
                    reason=answer.reason,
                )


def decide_by(answer: Accepted, calendar: WorkingCalendar) -> str:
    """The department's own ISO date, else ours; empty where the calendar is not known yet."""
    if answer.decide_by is not None:
        return answer.decide_by.isoformat()
    start = answer.accepted_at.astimezone(CHINA).date()
    try:
        return calendar.due(start, answer.limit_working_days).isoformat()
    except YearUnknown as error:
        _log.error("working calendar of %d is missing", error.year)
        return ""


def _note(
    session: Session, case: Case, at: datetime, *, actor: str, what: CaseEventKind, detail: str = ""
) -> None:
    session.add(CaseEvent(case_id=case.case_id, at=at, actor=actor, what=what.value, detail=detail))


@asynccontextmanager
async def handing_over(fleet: Fleet) -> AsyncIterator[None]:
    """Background work: the hand-over, and the daily sweep of abandoned uploads."""
    async with running(HandOver(fleet).run), running(lambda: _sweep(fleet)):
        yield


async def _sweep(fleet: Fleet) -> None:
    while True:
        try:
            removed = await asyncio.to_thread(fleet.cases.objects.sweep)
        except OSError:
            _log.exception("abandoned uploads not swept; tried again in an hour")
        else:
            _log.info("removed %d abandoned uploads", removed)
        await asyncio.sleep(_SWEEP_EVERY_S)
