"""Taking a case in: opened, numbered, committed; the same case again changes nothing."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from nacl.exceptions import CryptoError
from nacl.public import PublicKey, SealedBox
from sqlalchemy.orm import Session

from fleet_server.cases import repository
from fleet_server.cases.desk import CaseDesk
from fleet_server.cases.envelope import Unsealable
from fleet_server.cases.tables import Case, CaseEvent, CaseEventKind
from fleet_server.content.service import find_published_service
from fleet_server.database import Database, on_commit
from fleet_server.errors import Conflict, FleetError, Unprocessable
from fleet_server.live import LiveBus
from kiosk.contract.cases import Applicant, CaseReceipt, CaseState, SealedCase
from kiosk.contract.content import ServiceContent
from kiosk.contract.dates import CHINA
from kiosk.contract.identifiers import mask_name, mask_number

TEXT_LANGUAGE: Final = "zh-CN"

LARGEST_PAYLOAD: Final = 2_000_000
"""Answers and one signature as PNG are under 100 kB."""

MOST_PAPERS: Final = 20
LARGEST_PAPERS: Final = 60_000_000
"""Of all papers together: 20 photographs of 3 MB. The hand-over holds a case in memory, opened
and as base64."""


REFUSED_FOR_GOOD: Final = frozenset(
    {"case_conflict", "too_large", "too_many_papers", "unknown_service", "unsealable"}
)
"""Said of the case itself: recorded for staff, text keys `refused_case.<code>`."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A committed case."""

    receipt: CaseReceipt
    is_new: bool


def take(
    database: Database,
    desk: CaseDesk,
    live: LiveBus,
    *,
    kiosk_id: str,
    sealed: SealedCase,
    now: datetime,
) -> Taken:
    """Take a case in; it is committed on return. Blocks for the disk.

    Raises Conflict `papers_missing`; and, recorded for staff: Conflict `case_conflict` (this id
    came with other content, or from another kiosk), Unprocessable `unsealable`, `unknown_service`
    or `too_many_papers`, and `too_large`. What was refused before and is taken now is no longer
    listed as refused.
    """
    try:
        return _take(database, desk, live, kiosk_id=kiosk_id, sealed=sealed, now=now)
    except FleetError as error:
        if error.code in REFUSED_FOR_GOOD:
            _record_refusal(
                database, live, kiosk_id=kiosk_id, case_id=sealed.case_id, code=error.code, now=now
            )
        raise


def _take(
    database: Database,
    desk: CaseDesk,
    live: LiveBus,
    *,
    kiosk_id: str,
    sealed: SealedCase,
    now: datetime,
) -> Taken:
    if len(sealed.payload) > LARGEST_PAYLOAD:
        raise FleetError("payload", code="too_large", status=413)
    hashes = tuple(paper.sha256 for paper in sealed.papers)
    with database.read() as session:
        known = repository.find(session, sealed.case_id)
        if known is not None:
            return Taken(_known_receipt(desk, known, kiosk_id, sealed), is_new=False)
        content = find_published_service(session, sealed.content, sealed.service_id)
    applicant, content = _acceptable(desk, kiosk_id, sealed, content)
    desk.objects.keep(kiosk_id, hashes)
    with database.write() as session:
        known = repository.find(session, sealed.case_id)
        if known is not None:
            return Taken(_known_receipt(desk, known, kiosk_id, sealed), is_new=False)
        case = _add(
            session,
            desk,
            kiosk_id=kiosk_id,
            sealed=sealed,
            content=content,
            applicant=applicant,
            now=now,
        )
        repository.forget_refusals(session, kiosk_id=kiosk_id, case_id=sealed.case_id)
        on_commit(session, lambda: live.publish("case", sealed.case_id))
    desk.objects.release(kiosk_id, hashes)
    return Taken(receipt_of(desk, case), is_new=True)


def receipt_of(desk: CaseDesk, case: Case) -> CaseReceipt:
    """The server's word that it has the case."""
    return CaseReceipt(
        case_id=case.case_id,
        case_number=case.case_number,
        received_at=case.received_at,
        verify_url=desk.verify_url(case.case_id),
        state=CaseState(case.state),
    )


def _known_receipt(desk: CaseDesk, case: Case, kiosk_id: str, sealed: SealedCase) -> CaseReceipt:
    if case.kiosk_id != kiosk_id or case.fingerprint != fingerprint(sealed):
        raise Conflict("this case id came with other content", code="case_conflict")
    return receipt_of(desk, case)


def _acceptable(
    desk: CaseDesk, kiosk_id: str, sealed: SealedCase, content: ServiceContent | None
) -> tuple[Applicant, ServiceContent]:
    """What it takes to make it a case. Raises Unprocessable, and Conflict `papers_missing`."""
    hashes = tuple(paper.sha256 for paper in sealed.papers)
    if len(hashes) > MOST_PAPERS or sum(paper.size for paper in sealed.papers) > LARGEST_PAPERS:
        raise Unprocessable("papers", code="too_many_papers")
    if missing := desk.objects.missing(kiosk_id, hashes):
        raise Conflict(",".join(missing), code="papers_missing")
    if sum(desk.objects.size(kiosk_id, sha256) for sha256 in hashes) > LARGEST_PAPERS:
        raise Unprocessable("papers are larger than announced", code="too_many_papers")
    applicant = _open(desk, kiosk_id, sealed)
    if content is None:
        raise Unprocessable("never published here", code="unknown_service")
    return applicant, content


def _open(desk: CaseDesk, kiosk_id: str, sealed: SealedCase) -> Applicant:
    """Open everything once, so that what is accepted can be handed over."""
    try:
        key = desk.envelopes.case_key(sealed.case_id, sealed.sealed_key)
        payload = key.open_payload(sealed.payload)
        SealedBox(PublicKey(sealed.reply_key)).encrypt(b"")  # a weak key fails here, not later
        for paper in sealed.papers:
            key.open(desk.objects.read(kiosk_id, paper.sha256))
    except (Unsealable, CryptoError, TypeError, ValueError) as error:
        raise Unprocessable(type(error).__name__, code="unsealable") from None
    return payload.applicant


def _add(
    session: Session,
    desk: CaseDesk,
    *,
    kiosk_id: str,
    sealed: SealedCase,
    content: ServiceContent,
    applicant: Applicant,
    now: datetime,
) -> Case:
    day = now.astimezone(CHINA).strftime("%Y%m%d")
    serial = repository.next_serial(session, day)
    definition = content.definition
    case = Case(
        case_id=sealed.case_id,
        case_number=f"{desk.area_code}-{day}-{serial:06d}",
        fingerprint=fingerprint(sealed),
        kiosk_id=kiosk_id,
        department=definition.department.value,
        service_id=sealed.service_id,
        service_version=sealed.service_version,
        service_title=content.texts[TEXT_LANGUAGE]["title"],
        content=sealed.content,
        submitted_at=sealed.submitted_at,
        received_at=now,
        masked_name=mask_name(applicant.name),
        masked_number=mask_number(applicant.number),
        suite=sealed.suite,
        sealed_key=sealed.sealed_key,
        payload=sealed.payload,
        reply_key=sealed.reply_key,
        papers=json.dumps([paper.model_dump(mode="json") for paper in sealed.papers]),
        state=CaseState.RECEIVED.value,
        due_at=now,
        attempts=0,
        trouble="",
        department_number="",
        limit_working_days=definition.promised_limit_working_days,
        decide_by="",
        refusal_code="",
    )
    session.add(case)
    session.flush()
    session.add(
        CaseEvent(
            case_id=case.case_id,
            at=now,
            actor=f"kiosk:{kiosk_id}",
            what=CaseEventKind.RECEIVED.value,
            detail=case.case_number,
        )
    )
    return case


def _record_refusal(
    database: Database, live: LiveBus, *, kiosk_id: str, case_id: str, code: str, now: datetime
) -> None:
    with database.write() as session:
        repository.note_refused_envelope(
            session, kiosk_id=kiosk_id, case_id=case_id, code=code, now=now
        )
        on_commit(session, lambda: live.publish("case", case_id))


def fingerprint(sealed: SealedCase) -> str:
    """SHA-256 of a submission: equal for the same one, however often and whenever it comes."""
    # without defaults: a field added by a later server must not make an old case another one
    return hashlib.sha256(sealed.model_dump_json(exclude_defaults=True).encode()).hexdigest()
