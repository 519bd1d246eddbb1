"""Queries on tokens and certificates."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fleet_server.enrolment.tables import EnrolToken, KioskCertificate
from fleet_server.kiosks.tables import Kiosk


def valid_certificates(session: Session, *, kiosk_id: str, now: datetime) -> Sequence[str]:
    """PEMs of the certificates neither revoked nor expired, newest first; none once retired."""
    return session.scalars(
        select(KioskCertificate.pem)
        .join(Kiosk, Kiosk.id == KioskCertificate.kiosk_id)
        .where(
            Kiosk.retired_at.is_(None),
            KioskCertificate.kiosk_id == kiosk_id,
            KioskCertificate.revoked_at.is_(None),
            KioskCertificate.expires_at > now,
        )
        .order_by(KioskCertificate.issued_at.desc())
    ).all()


def certificates_of(session: Session, *, kiosk_id: str) -> Sequence[KioskCertificate]:
    """All of a kiosk's certificates that are not revoked."""
    return session.scalars(
        select(KioskCertificate).where(
            KioskCertificate.kiosk_id == kiosk_id, KioskCertificate.revoked_at.is_(None)
        )
    ).all()


def open_tokens(session: Session, *, kiosk_id: str, now: datetime) -> Sequence[EnrolToken]:
    """Tokens that would still enrol this kiosk."""
    return session.scalars(
        select(EnrolToken).where(
            EnrolToken.kiosk_id == kiosk_id,
            EnrolToken.used_at.is_(None),
            EnrolToken.expires_at > now,
        )
    ).all()


def revoked_serials(session: Session) -> Sequence[str]:
    """What the revocation list must name."""
    return session.scalars(
        select(KioskCertificate.serial).where(KioskCertificate.revoked_at.is_not(None))
    ).all()


def find_token(session: Session, *, token_hash: str) -> EnrolToken | None:
    """The token with this hash, used or not."""
    return session.get(EnrolToken, token_hash)
