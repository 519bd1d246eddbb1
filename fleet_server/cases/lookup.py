"""Cases as the console sees them: masked, unless somebody says why and is written down."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Select
from sqlalchemy.orm import Session

from fleet_server.audit.service import record
from fleet_server.cases import repository
from fleet_server.cases.desk import CaseDesk
from fleet_server.cases.tables import Case, CaseEvent, CaseEventKind, RefusedEnvelope
from fleet_server.errors import Conflict, NotFound, Unprocessable
from kiosk.contract.cases import Applicant, CaseReply, CaseState
from kiosk.contract.dates import CHINA

_SHORTEST_REASON = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """What a list shows; empty means all."""

    state: str = ""
    department: str = ""
    kiosk_id: str = ""
    text: str = ""
    """Part of a case number, or a whole case id."""

    def statement(self) -> Select[Case]:
        """The rows."""
        return repository.matching(
            state=self.state,
            department=self.department,
            kiosk_id=self.kiosk_id,
            text=self.text,
        )


@dataclass(frozen=True, slots=True)
class CaseList:
    """One page of a list, newest first."""

    cases: tuple[Case, ...]
    total: int


@dataclass(frozen=True, slots=True)
class CaseDetail:
    """One case with its timeline."""

    case: Case
    events: tuple[CaseEvent, ...]


@dataclass(frozen=True, slots=True)
class CaseCounts:
    """Figures of the overview."""

    today: int
    by_state: dict[CaseState, int]
    waiting_by_department: dict[str, int]
    refused_envelopes: int


@dataclass(frozen=True, slots=True)
class Unmasked:
    """What the citizen said, opened for one look."""

    applicant: Applicant = field(repr=False)
    answers: dict[str, str] = field(repr=False)
    reply: CaseReply | None = field(repr=False)


def list_cases(
    session: Session, case_filter: CaseFilter, *, limit: int = 50, offset: int = 0
) -> CaseList:
    """Cases under the filter, newest first, with the whole number of them."""
    statement = case_filter.statement()
    page = statement.order_by(Case.received_at.desc(), Case.case_number.desc())
    cases = tuple(session.scalars(page.limit(limit).offset(offset)))
    return CaseList(cases, repository.count(session, statement))


def case_detail(session: Session, case_id: str) -> CaseDetail:
    """One case. Raises NotFound."""
    case = repository.find(session, case_id)
    if case is None:
        raise NotFound(code="unknown_case")
    return CaseDetail(case, tuple(repository.events(session, case_id)))


def count_cases(session: Session, *, now: datetime) -> CaseCounts:
    """Figures as of this transaction; the day is the Chinese one."""
    midnight = now.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    found = repository.count_by_state(session)
    return CaseCounts(
        today=repository.count_since(session, midnight),
        by_state={state: found.get(state.value, 0) for state in CaseState},
        waiting_by_department=repository.count_waiting_by_department(session),
        refused_envelopes=repository.count_refused_envelopes(session),
    )


def list_refused_envelopes(session: Session, *, limit: int = 50) -> tuple[RefusedEnvelope, ...]:
    """Submissions that could not be taken, newest first."""
    return tuple(repository.refused_envelopes(session, limit))


def unmask(
    session: Session, desk: CaseDesk, case_id: str, *, actor: str, reason: str, now: datetime
) -> Unmasked:
    """Open one case for one look; who and why is audited in the same (writing) transaction.

    Raises NotFound, Unprocessable `reason_missing`, and Conflict `case_erased`.
    """
    if len(reason.strip()) < _SHORTEST_REASON:
        raise Unprocessable("say why", code="reason_missing")
    case = case_detail(session, case_id).case
    if case.erased_at is not None:
        raise Conflict("its retention is over", code="case_erased")
    record(session, actor, "case_unmasked", case.case_number, at=now, reason=reason.strip())
    session.add(
        CaseEvent(case_id=case_id, at=now, actor=f"user:{actor}", what=CaseEventKind.UNMASKED.value)
    )
    key = desk.envelopes.case_key(case_id, case.sealed_key)
    payload = key.open_payload(case.payload)
    reply = None
    if case.answer is not None:
        reply = CaseReply.model_validate_json(key.open(case.answer))
    return Unmasked(applicant=payload.applicant, answers=payload.answers, reply=reply)
