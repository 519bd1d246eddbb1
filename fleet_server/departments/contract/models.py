"""What is said over the department contract; every field a county's adapter must understand.

Personal data crosses this border on purpose: it is the department's to decide on. No model
here prints it.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, Base64Bytes, Field

from kiosk.contract.cases import Applicant, Certificate
from kiosk.contract.model import Message

CaseId = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class Paper(Message):
    """One photographed paper (申请材料), as the citizen confirmed it on the screen."""

    name: str
    """The material's id in the service definition."""
    media_type: str
    """`image/jpeg` for one page; `application/pdf` for several, and for both sides of a card."""
    content: Base64Bytes = Field(repr=False)


class HandedCase(Message):
    """A case as the hall's intake hands it over; `case_id` is also the `Idempotency-Key`."""

    case_id: CaseId
    case_number: str
    """One number over all channels, such as `370321-20261123-000042`."""
    service_id: str
    service_version: int
    received_at: AwareDatetime
    """When the intake committed it: legal clocks of the applicant start no later."""
    purpose: str
    """Why the department is asked (exchange log, S38): the service's name is enough."""
    verify_url: str = ""
    """Where anybody can verify the case: what the QR code on a printed certificate holds."""
    applicant: Applicant
    answers: dict[str, str] = Field(default={}, repr=False)
    signature_png: Base64Bytes = Field(default=b"", repr=False)
    papers: tuple[Paper, ...] = Field(default=(), repr=False)
    paper_codes: dict[str, tuple[str, ...]] = Field(default={}, repr=False)
    """By material: the texts of the codes on the photographed papers, as read, not verified."""


class Accepted(Message):
    """The department has the case and will decide within its limit (受理)."""

    state: Literal["accepted"] = "accepted"
    department_number: str
    """The department's own number for the case."""
    accepted_at: AwareDatetime
    limit_working_days: int = Field(ge=1)
    decide_by: date | None = None
    """None where the department leaves the date to the intake's calendar."""


class Completed(Message):
    """Decided on the spot (即办)."""

    state: Literal["completed"] = "completed"
    department_number: str
    certificate: Certificate


class Refused(Message):
    """The department cannot do it for this person."""

    state: Literal["refused"] = "refused"
    code: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    """Stable, without personal data: may be counted and logged."""
    reason: str = Field(repr=False)
    """One Chinese sentence for the citizen, saying what to do next."""


Answer = Annotated[Accepted | Completed | Refused, Field(discriminator="state")]


class CaseAnswer(Message):
    """Answer to `POST /cases` and `GET /cases/{case_id}`; the same for ever for one case."""

    case_id: CaseId
    answer: Answer


class Health(Message):
    """Answer to `GET /health`: 200 with `ok` true means cases are being taken now."""

    ok: bool
    department: str


class Problem(Message):
    """Every answer that is not 2xx."""

    code: Literal["bad_key", "unauthorized", "case_conflict", "unknown_case", "unavailable"]
    detail: str = ""
