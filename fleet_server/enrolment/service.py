"""Tokens, certificates, revocation."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from fleet_server.audit.service import record
from fleet_server.enrolment import repository
from fleet_server.enrolment.schemas import SHORTEST_REASON
from fleet_server.enrolment.tables import EnrolToken, KioskCertificate
from fleet_server.errors import Conflict, Forbidden, NotFound, Unprocessable
from fleet_server.fleet import Fleet
from fleet_server.kiosks.tables import Kiosk, Presence
from fleet_server.pki import Authority, BadRequest, IssuedCertificate


def make_token(
    session: Session,
    *,
    kiosk_id: str,
    name: str,
    hall: str,
    actor: str,
    now: datetime,
    life: timedelta,
) -> str:
    """A one-time token that enrols `kiosk_id` within `life`. The token itself is not kept."""
    token = secrets.token_hex(32)  # no leading hyphen: it is given to a command line
    session.add(
        EnrolToken(
            hash=_hash(token),
            kiosk_id=kiosk_id,
            name=name,
            hall=hall,
            made_at=now,
            expires_at=now + life,
        )
    )
    record(session, actor, "enrol_token_made", kiosk_id, at=now)
    return token


def enrol(
    session: Session,
    *,
    token: str,
    csr_pem: str,
    authority: Authority,
    certificate_days: int,
    now: datetime,
) -> tuple[str, IssuedCertificate]:
    """Use the token up and issue the certificate, both or neither. Returns the kiosk id too.

    A kiosk that is enrolled again keeps its history; its older certificates stay valid until
    they are revoked. Raises Forbidden (`token_unknown`, `token_used`, `token_expired`) and
    Unprocessable (`bad_request_certificate`), which leaves the token unused.
    """
    found = repository.find_token(session, token_hash=_hash(token))
    if found is None:
        raise Forbidden("no such token", code="token_unknown")
    if found.used_at is not None:
        raise Forbidden("the token has been used", code="token_used")
    if found.expires_at <= now:
        raise Forbidden("the token has expired", code="token_expired")
    try:
        issued = authority.issue_kiosk(
            csr_pem, kiosk_id=found.kiosk_id, days=certificate_days, now=now
        )
    except BadRequest as error:
        raise Unprocessable(str(error), code="bad_request_certificate") from error
    found.used_at = now
    _remember(session, found, now)
    session.add(
        KioskCertificate(
            serial=issued.serial,
            kiosk_id=found.kiosk_id,
            pem=issued.pem,
            issued_at=now,
            expires_at=issued.expires_at,
        )
    )
    actor = f"kiosk:{found.kiosk_id}"
    record(session, actor, "kiosk_enrolled", found.kiosk_id, at=now, serial=issued.serial)
    return found.kiosk_id, issued


def revoke(fleet: Fleet, *, kiosk_id: str, reason: str, actor: str) -> int:
    """Take every certificate from a kiosk and cut its connection; returns how many there were.

    It is retired: it leaves the lists, its own page and history stay; enrolling it again brings
    it back. Blocks for the broker up to 3 s. Raises as `withdraw`.
    """
    now = fleet.clock.now()
    with fleet.database.write() as session:
        count = withdraw(session, kiosk_id=kiosk_id, reason=reason, actor=actor, now=now)
        serials = repository.revoked_serials(session)
    fleet.broker.revoke(fleet.authority.revocation_list(serials, now=now), (kiosk_id,))
    fleet.live.publish("kiosk", kiosk_id)
    return count


def withdraw(session: Session, *, kiosk_id: str, reason: str, actor: str, now: datetime) -> int:
    """What `revoke` writes down; a broker that starts later reads it. Returns how many it took.

    Tokens that were made for the kiosk and not used expire with it. Raises NotFound,
    Unprocessable `reason_missing`, and Conflict when there is no certificate left.
    """
    if len(reason.strip()) < SHORTEST_REASON:
        raise Unprocessable("say why", code="reason_missing")
    kiosk = session.get(Kiosk, kiosk_id)
    if kiosk is None:
        raise NotFound("no such kiosk", code="kiosk_unknown")
    valid = repository.certificates_of(session, kiosk_id=kiosk_id)
    if not valid:
        raise Conflict("nothing to revoke", code="already_revoked")
    for certificate in valid:
        certificate.revoked_at = now
    for token in repository.open_tokens(session, kiosk_id=kiosk_id, now=now):
        token.expires_at = now - timedelta(seconds=1)  # kept to the millisecond: not a blink more
    kiosk.retired_at = now
    _fall_silent(session, kiosk_id, now)
    session.flush()
    record(
        session,
        actor,
        "kiosk_revoked",
        kiosk_id,
        at=now,
        certificates=len(valid),
        reason=reason.strip(),
    )
    return len(valid)


def _fall_silent(session: Session, kiosk_id: str, now: datetime) -> None:
    """Its page must not go on saying that it serves: nothing more will be heard of it."""
    presence = session.get_one(Presence, kiosk_id)
    presence.word, presence.why, presence.why_facts = "silent", "revoked", {}
    presence.since, presence.due_at = now, None


def _remember(session: Session, token: EnrolToken, now: datetime) -> None:
    kiosk = session.get(Kiosk, token.kiosk_id)
    if kiosk is None:
        session.add(Kiosk(id=token.kiosk_id, name=token.name, hall=token.hall, enrolled_at=now))
        session.flush()
        session.add(
            Presence(
                kiosk_id=token.kiosk_id,
                epoch=0,
                monotonic_ms=0,
                word="unknown",
                why="never_heard",
                why_facts={},
                since=now,
            )
        )
    else:
        kiosk.name, kiosk.hall, kiosk.retired_at = token.name, token.hall, None
    session.flush()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
