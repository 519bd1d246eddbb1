"""Queries over cases."""

from datetime import datetime

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.orm import Session

from fleet_server.cases.tables import Case, CaseCounter, CaseEvent, RefusedEnvelope


def find(session: Session, case_id: str) -> Case | None:
    """The case, or None."""
    return session.get(Case, case_id)


def next_serial(session: Session, day: str) -> int:
    """The next number of the day, 1 first; it is given back if the transaction fails."""
    statement = (
        insert(CaseCounter)
        .values(day=day, last=1)
        .on_conflict_do_update(index_elements=["day"], set_={"last": CaseCounter.last + 1})
        .returning(CaseCounter.last)
    )
    return session.execute(statement).scalar_one()


def due(session: Session, now: datetime, limit: int) -> list[tuple[str, str]]:
    """Case id and department of what to hand over now: of each department the longest waiting."""
    waiting = session.scalars(select(Case.department).where(Case.due_at <= now).distinct())
    return [
        (case_id, department)
        for department in waiting.all()
        for case_id in session.scalars(
            select(Case.case_id)
            .where(Case.due_at <= now, Case.department == department)
            .order_by(Case.received_at)
            .limit(limit)
        )
    ]


def next_due_after(session: Session, now: datetime) -> datetime | None:
    """When the next case after `now` is to be handed over; None when there is none."""
    statement = select(Case.due_at).where(Case.due_at > now).order_by(Case.due_at).limit(1)
    return session.scalars(statement).first()


def pull_forward(session: Session, department: str, now: datetime) -> None:
    """Hand the department's waiting cases over now rather than later."""
    session.execute(
        update(Case)
        .where(Case.department == department, Case.due_at > now, Case.trouble != "rejected")
        .values(due_at=now)
    )


def note_refused_envelope(
    session: Session, *, kiosk_id: str, case_id: str, code: str, now: datetime
) -> None:
    """Record it once, however often the kiosk tries."""
    same = select(RefusedEnvelope.id).where(
        RefusedEnvelope.kiosk_id == kiosk_id,
        RefusedEnvelope.case_id == case_id,
        RefusedEnvelope.code == code,
    )
    if session.scalars(same).first() is None:
        session.add(RefusedEnvelope(at=now, kiosk_id=kiosk_id, case_id=case_id, code=code))


def forget_refusals(session: Session, *, kiosk_id: str, case_id: str) -> None:
    """It has been taken after all."""
    session.execute(
        delete(RefusedEnvelope).where(
            RefusedEnvelope.kiosk_id == kiosk_id, RefusedEnvelope.case_id == case_id
        )
    )


def refused_envelopes(session: Session, limit: int) -> list[RefusedEnvelope]:
    """Newest first."""
    statement = select(RefusedEnvelope).order_by(RefusedEnvelope.id.desc()).limit(limit)
    return list(session.scalars(statement))


def events(session: Session, case_id: str) -> list[CaseEvent]:
    """The case's timeline, oldest first."""
    statement = select(CaseEvent).where(CaseEvent.case_id == case_id).order_by(CaseEvent.id)
    return list(session.scalars(statement))


def matching(
    *, state: str = "", department: str = "", kiosk_id: str = "", text: str = ""
) -> Select[Case]:
    """Cases under these filters; `text` is part of a case number, or a case id."""
    statement = select(Case)
    if state:
        statement = statement.where(Case.state == state)
    if department:
        statement = statement.where(Case.department == department)
    if kiosk_id:
        statement = statement.where(Case.kiosk_id == kiosk_id)
    if text:
        statement = statement.where(
            Case.case_number.contains(text, autoescape=True) | (Case.case_id == text)
        )
    return statement


def count(session: Session, statement: Select[Case]) -> int:
    """How many rows a statement has."""
    return session.execute(select(func.count()).select_from(statement.subquery())).scalar_one()


def count_by_state(session: Session) -> dict[str, int]:
    """Cases by `CaseState` word."""
    return _counted(session, select(Case.state, func.count()).group_by(Case.state))


def count_waiting_by_department(session: Session) -> dict[str, int]:
    """Cases no department has answered yet."""
    statement = (
        select(Case.department, func.count())
        .where(Case.due_at.is_not(None))
        .group_by(Case.department)
    )
    return _counted(session, statement)


def count_since(session: Session, moment: datetime) -> int:
    """Cases received from `moment` on."""
    statement = select(func.count()).select_from(Case).where(Case.received_at >= moment)
    return session.execute(statement).scalar_one()


def count_refused_envelopes(session: Session) -> int:
    """Submissions that could not be taken."""
    return session.execute(select(func.count()).select_from(RefusedEnvelope)).scalar_one()


def _counted(session: Session, statement: Select[str, int]) -> dict[str, int]:
    return {row[0]: row[1] for row in session.execute(statement)}
