"""Erases what a case holds of its citizen once the service's `retain_days` are over.

Key, payload, papers, answer, masked name and number go; number, times and timeline stay, so that
an inspector can still follow the case. What no department has answered is never touched.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from pydantic import TypeAdapter
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from fleet_server.audit.service import record
from fleet_server.cases.desk import CaseDesk
from fleet_server.cases.tables import Case, CaseEvent, CaseEventKind
from fleet_server.content.service import find_published_service
from fleet_server.database import Database
from kiosk.contract.cases import CaseState, SealedPaper
from kiosk.contract.dates import CHINA

AT_ONCE: Final = 50
"""Cases of one transaction: some milliseconds of the only writer."""

_DECIDED: Final = (CaseState.COMPLETED.value, CaseState.REFUSED.value)
_PAPERS: Final = TypeAdapter(tuple[SealedPaper, ...])


def erase_due(database: Database, desk: CaseDesk, *, now: datetime) -> Iterator[int]:
    """Erase case after case past its time; says after each transaction how many it erased.

    A completed or refused case is kept for `retain_days` from its answer. An accepted one, whose
    decision the department does not report here, from the day by which the law has it decided.
    Blocks for the disk.
    """
    with database.read() as session:
        services = session.execute(
            select(Case.content, Case.service_id)
            .where(Case.erased_at.is_(None), Case.answered_at.is_not(None))
            .distinct()
        ).all()
    for content, service_id in services:
        with database.read() as session:
            found = find_published_service(session, content, service_id)
        if found is None:
            continue  # nobody knows for how long: kept
        kept_for = timedelta(days=found.definition.retain_days)
        past_its_time = _past(content, service_id, now - kept_for)
        while True:
            with database.read() as session:
                cases = session.scalars(past_its_time.limit(AT_ONCE)).all()
            if not cases:
                break
            _erase(database, desk, cases, now)
            yield len(cases)


def _past(content: str, service_id: str, horizon: datetime) -> Select[Case]:
    last_day = horizon.astimezone(CHINA).date().isoformat()
    is_decided = Case.state.in_(_DECIDED) & (Case.answered_at <= horizon)
    is_settled = (
        (Case.state == CaseState.ACCEPTED.value)
        & (Case.decide_by != "")
        & (Case.decide_by < last_day)
        & (Case.answered_at <= horizon)
    )
    return (
        select(Case)
        .where(
            Case.content == content,
            Case.service_id == service_id,
            Case.erased_at.is_(None),
            Case.due_at.is_(None),
            is_decided | is_settled,
        )
        .order_by(Case.received_at)
    )


def _erase(database: Database, desk: CaseDesk, cases: Sequence[Case], now: datetime) -> None:
    # papers first: killed in between, the case is found again, and a file nobody names is not
    for case in cases:
        for paper in _PAPERS.validate_json(case.papers):
            desk.objects.erase(case.kiosk_id, paper.sha256)
    with database.write() as session:
        for case in cases:
            _empty(session, session.get_one(Case, case.case_id), now)
        record(session, "server", "cases_erased", "retention", at=now, cases=len(cases))


def _empty(session: Session, case: Case, now: datetime) -> None:
    case.sealed_key = case.payload = case.reply_key = b""
    case.answer = case.sealed_reply = None
    case.masked_name = case.masked_number = ""
    case.papers = "[]"
    case.erased_at = now
    session.add(
        CaseEvent(case_id=case.case_id, at=now, actor="server", what=CaseEventKind.ERASED.value)
    )
