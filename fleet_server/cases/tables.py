"""Cases, their timeline, day counters, and refused envelopes.

Personal data: only masked name and number in clear; the rest is `payload`, `answer` and the
papers' files, all under the case's own key.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from fleet_server.database import Record, UtcTime


class CaseEventKind(StrEnum):
    """What a line of a timeline says; text keys `case.event.<kind>`."""

    RECEIVED = "received"
    SENT = "sent"
    NO_ANSWER = "no_answer"
    ACCEPTED = "accepted"
    COMPLETED = "completed"
    REFUSED = "refused"
    UNMASKED = "unmasked"
    ERASED = "erased"
    """Its retention was over: only this timeline and the case's number are left."""


class Case(Record):
    """One case, from the moment it was committed."""

    __tablename__ = "citizen_case"

    case_id: Mapped[str] = mapped_column(primary_key=True)
    case_number: Mapped[str] = mapped_column(unique=True)
    fingerprint: Mapped[str]
    """SHA-256 of the submission: the same id with another one is a conflict."""
    kiosk_id: Mapped[str] = mapped_column(index=True)
    department: Mapped[str]
    service_id: Mapped[str]
    service_version: Mapped[int]
    service_title: Mapped[str]
    """In Chinese, as the citizen saw it."""
    content: Mapped[str]
    submitted_at: Mapped[datetime] = mapped_column(UtcTime)
    received_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    masked_name: Mapped[str]
    masked_number: Mapped[str]
    suite: Mapped[str]
    sealed_key: Mapped[bytes] = mapped_column(LargeBinary)
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    reply_key: Mapped[bytes] = mapped_column(LargeBinary)
    papers: Mapped[str]
    """JSON list of `SealedPaper`."""
    state: Mapped[str]
    """A `CaseState`."""
    due_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """When to hand it over next; NULL once the department has answered."""
    attempts: Mapped[int] = mapped_column(default=0)
    trouble: Mapped[str] = mapped_column(default="")
    """Why the last attempt brought no answer; empty otherwise."""
    answered_at: Mapped[datetime | None] = mapped_column(UtcTime)
    department_number: Mapped[str] = mapped_column(default="")
    limit_working_days: Mapped[int] = mapped_column(default=0)
    decide_by: Mapped[str] = mapped_column(default="")
    """ISO date; empty when decided, or where the year's calendar is not known yet."""
    refusal_code: Mapped[str] = mapped_column(default="")
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    """`CaseReply` JSON under the case's key."""
    sealed_reply: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The same for the citizen's session."""
    erased_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """When its retention was over: key, payload, papers, answer, name and number are gone."""


class CaseEvent(Record):
    """One line of a case's timeline: who, when, what; never personal data."""

    __tablename__ = "case_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("citizen_case.case_id"), index=True)
    at: Mapped[datetime] = mapped_column(UtcTime)
    actor: Mapped[str]
    """`kiosk:<id>`, `server`, `department:<id>` or `user:<name>`."""
    what: Mapped[str]
    """A `CaseEventKind`."""
    detail: Mapped[str] = mapped_column(default="")
    """Codes and numbers only."""


class CaseCounter(Record):
    """The last case number given on a Chinese day; gapless, as it commits with its case."""

    __tablename__ = "case_counter"

    day: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int]


class RefusedEnvelope(Record):
    """A submission that could not be taken: the kiosk keeps it, a technician looks."""

    __tablename__ = "refused_envelope"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime)
    kiosk_id: Mapped[str]
    case_id: Mapped[str]
    code: Mapped[str]
