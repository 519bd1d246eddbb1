"""Queries over drafts and publications."""

from datetime import datetime
from functools import lru_cache

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fleet_server.content.signing import SignedBytes
from fleet_server.content.tables import DraftPart, Publication, PublishedPart, SignedRole
from kiosk.contract.content import ContentBundle, Menu, ServiceContent

MENU = "menu"


def draft_menu(session: Session) -> Menu | None:
    """The menu being edited; None on a server without content."""
    part = session.get(DraftPart, MENU)
    return None if part is None else Menu.model_validate_json(part.body)


def draft_service(session: Session, service_id: str) -> ServiceContent | None:
    """One service being edited."""
    part = session.get(DraftPart, service_id) if service_id != MENU else None
    return None if part is None else ServiceContent.model_validate_json(part.body)


def draft_services(session: Session) -> dict[str, ServiceContent]:
    """Every service being edited, retired ones included, by id."""
    parts = session.scalars(
        select(DraftPart).where(DraftPart.name != MENU).order_by(DraftPart.name)
    )
    return {part.name: ServiceContent.model_validate_json(part.body) for part in parts}


def keep_draft(
    session: Session, name: str, content: Menu | ServiceContent, *, actor: str, now: datetime
) -> None:
    """Replace one part of the draft."""
    session.merge(
        DraftPart(name=name, body=content.model_dump_json(), changed_at=now, changed_by=actor)
    )


def current(session: Session) -> Publication | None:
    """The newest release."""
    return session.scalars(
        select(Publication).order_by(Publication.release.desc()).limit(1)
    ).first()


def newest_with_hash(session: Session, content_hash: str) -> Publication | None:
    """The newest release of this bundle."""
    return session.scalars(
        select(Publication)
        .where(Publication.hash == content_hash)
        .order_by(Publication.release.desc())
        .limit(1)
    ).first()


def releases(session: Session, limit: int) -> list[Publication]:
    """Newest first."""
    statement = select(Publication).order_by(Publication.release.desc()).limit(limit)
    return list(session.scalars(statement))


def bundle_of(publication: Publication) -> ContentBundle:
    """The parsed bundle; parsed once per content."""
    return _parsed(publication.bundle)


@lru_cache(maxsize=8)
def _parsed(bundle: str) -> ContentBundle:
    return ContentBundle.model_validate_json(bundle)


def version_of(session: Session, name: str, fingerprint: str) -> int:
    """The part's number: the one this content already has, else the next one, given now."""
    known = session.scalars(
        select(PublishedPart.version).where(
            PublishedPart.name == name, PublishedPart.fingerprint == fingerprint
        )
    ).first()
    if known is not None:
        return known
    last = session.scalars(
        select(func.max(PublishedPart.version)).where(PublishedPart.name == name)
    ).one()
    version = (last or 0) + 1
    session.add(PublishedPart(name=name, version=version, fingerprint=fingerprint))
    session.flush()
    return version


def signed_role(session: Session, role: str) -> SignedBytes | None:
    """The role's newest metadata."""
    row = session.get(SignedRole, role)
    if row is None:
        return None
    return SignedBytes(row.role, row.version, row.metadata_bytes, row.expires_at)


def keep_signed(session: Session, signed: SignedBytes) -> None:
    """Replace the role's metadata."""
    session.merge(
        SignedRole(
            role=signed.role,
            version=signed.version,
            metadata_bytes=signed.content,
            expires_at=signed.expires_at,
        )
    )
