"""What a receipt may say: the session's facts under the names templates use. Chinese: official."""

import base64
from typing import Final

from pydantic import JsonValue

from kiosk.contract.cases import Applicant, Certificate
from kiosk.contract.identifiers import mask_name, mask_number, mask_phone
from kiosk.contract.services import AskChoice
from kiosk.flow.citizen import Session
from kiosk.flow.walking import asked_on_path
from kiosk.flow.world import World
from kiosk.services.receipts import Facts
from kiosk.services.wording import local_number, say_iso_date, say_moment

OFFICIAL: Final = "zh-CN"
"""Papers are issued in the national common language (国家通用语言文字法, Article 9)."""


def receipt_facts(session: Session, world: World) -> Facts:
    """Every field of `kiosk.contract.receipt_fields`; empty where nothing is known."""
    definition = session.service.definition
    texts = session.service.texts[OFFICIAL]
    receipt, reply = session.receipt, session.reply
    applicant = session.applicant
    facts: dict[str, JsonValue] = {
        "applicant_name": mask_name(applicant.name) if applicant else "",
        "applicant_number": mask_number(_plain_number(applicant)) if applicant else "",
        "case_number": receipt.case_number if receipt else "",
        "county": world.place.county,
        "decide_by": say_iso_date(OFFICIAL, reply.decide_by if reply else None),
        "department": world.department_names[definition.department.value],
        "hall": world.place.hall,
        "help_phone": world.place.help_phone,
        "local_number": local_number(session.case_id),
        "owner": definition.owner,
        "place": f"{world.place.hall}\n{world.place.name}",
        "printed_at": say_moment(OFFICIAL, world.now),
        "promised_days": str(definition.promised_limit_working_days),
        "received_at": say_moment(OFFICIAL, receipt.received_at) if receipt else "",
        "service_title": texts["title"],
        "staffed_hours": world.place.staffed_hours,
        "verify_url": verify_url(session, world),
        "answer_rows": [[label, value] for label, value in answer_rows(session, OFFICIAL)],
        "signature_png": base64.b64encode(session.signature_png).decode(),
    }
    return facts | _certificate_facts(reply.certificate if reply else None)


def verify_url(session: Session, world: World) -> str:
    """What the QR code opens: the server's own word, else the public page by case id."""
    if session.receipt is not None:
        return session.receipt.verify_url
    return f"{world.verify_base.rstrip('/')}/v/{session.case_id}"


def answer_rows(session: Session, language: str) -> tuple[tuple[str, str], ...]:
    """(label, answer) for every question on the path taken; a phone number is masked."""
    texts = session.service.texts[language]
    rows: list[tuple[str, str]] = []
    for step_id, step in asked_on_path(session):
        value = session.answers[step.field]
        if not value:
            continue
        if isinstance(step, AskChoice):
            value = texts[f"{step_id}.options.{value}"]
        elif step.rule == "is_mobile_number":
            value = mask_phone(value)
        rows.append((texts[f"{step_id}.label"], value))
    return tuple(rows)


def _plain_number(applicant: Applicant) -> str:
    """Without the mark and the area of a code, which say nothing to people."""
    return applicant.number.rsplit(":", 1)[-1]


def _certificate_facts(certificate: Certificate | None) -> dict[str, JsonValue]:
    if certificate is None:
        names = ("title", "number", "note", "issuer", "issued_at")
        empty: dict[str, JsonValue] = {f"certificate_{name}": "" for name in names}
        return empty | {"certificate_rows": [], "certificate_table": {}}
    table: dict[str, JsonValue] = {}
    if certificate.table_head and certificate.table_rows:
        head: list[JsonValue] = list(certificate.table_head)
        rows: list[JsonValue] = [list(row) for row in certificate.table_rows]
        table = {"head": head, "rows": rows}
    return {
        "certificate_title": certificate.title,
        "certificate_number": certificate.number,
        "certificate_note": certificate.note,
        "certificate_issuer": certificate.issuer,
        "certificate_issued_at": say_moment(OFFICIAL, certificate.issued_at),
        "certificate_rows": [list(row) for row in certificate.rows],
        "certificate_table": table,
    }
