"""From draft to release: linted, numbered, signed and committed in one transaction."""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel
from sqlalchemy.orm import Session

from fleet_server.audit.service import record
from fleet_server.content import repository
from fleet_server.content.desk import ContentDesk
from fleet_server.content.service import target_path
from fleet_server.content.signing import LIFE, ContentSigner
from fleet_server.content.tables import Publication
from fleet_server.errors import Conflict, FleetError, NotFound, Unprocessable
from kiosk.contract.checks import check_bundle
from kiosk.contract.content import ContentBundle, Menu, ServiceContent
from kiosk.contract.findings import Finding, Gate

_BUNDLES_KEPT: Final = 3
"""Releases the metadata vouches for: a kiosk that is one pull behind still gets its bundle."""

_SHORTEST_REASON: Final = 2


class ContentRefused(FleetError):
    """The draft may not be published; `findings` say what and where. What is shown stays."""

    status = 422
    code = "content_refused"

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("; ".join(map(str, findings)))
        self.findings = findings


def draft_bundle(session: Session) -> ContentBundle:
    """The draft as it would be published; parts still bear the numbers they were read with.

    Retired and unfinished services stay behind. Raises NotFound without any content.
    """
    menu = repository.draft_menu(session)
    if menu is None:
        raise NotFound("no draft", code="no_content")
    drafted = repository.draft_services(session)
    published = {
        service_id: content
        for service_id, content in drafted.items()
        if content.definition.status == "published"
    }
    return ContentBundle(menu=menu, services=published)


def lint(session: Session, gate: Gate) -> tuple[Finding, ...]:
    """Everything that keeps the draft from being published; empty when it may be."""
    return check_bundle(draft_bundle(session), gate)


def publish(
    session: Session, desk: ContentDesk, *, actor: str, why: str, now: datetime
) -> Publication:
    """Publish the draft as a new release, in the caller's (writing) transaction.

    The caller bumps the desired version in the same transaction. Raises ContentRefused,
    Conflict `nothing_changed`, Unprocessable `reason_missing`; the old release then stays.
    """
    reason = _reason(why)
    bundle = draft_bundle(session)
    findings = check_bundle(bundle, desk.gate)
    if findings:
        raise ContentRefused(findings)
    numbered = _numbered(session, bundle)
    before = repository.current(session)
    if before is not None and before.hash == numbered.hash:
        raise Conflict("the draft is what is published", code="nothing_changed")
    publication = _release(session, desk.signer, numbered, actor=actor, why=reason, now=now)
    record(
        session,
        actor,
        "content_published",
        str(publication.release),
        at=now,
        hash=publication.hash,
        why=reason,
    )
    return publication


def roll_back(
    session: Session, desk: ContentDesk, *, release: int, actor: str, why: str, now: datetime
) -> Publication:
    """Publish an old release's bundle again, as a new release; the draft becomes that bundle.

    Raises NotFound, Conflict `nothing_changed`, Unprocessable `reason_missing`.
    """
    reason = _reason(why)
    old = session.get(Publication, release)
    if old is None:
        raise NotFound(code="unknown_release")
    before = repository.current(session)
    if before is not None and before.hash == old.hash:
        raise Conflict("it is what is published", code="nothing_changed")
    bundle = repository.bundle_of(old)
    _restore_draft(session, bundle, actor=actor, now=now)
    publication = _release(
        session, desk.signer, bundle, actor=actor, why=reason, now=now, restored_from=release
    )
    record(
        session,
        actor,
        "content_rolled_back",
        str(publication.release),
        at=now,
        hash=publication.hash,
        restored_from=release,
        why=reason,
    )
    return publication


def renew(session: Session, signer: ContentSigner, *, now: datetime) -> bool:
    """Sign again what has lived half its life; False when nothing had to be signed."""
    signed = {role: repository.signed_role(session, role) for role in LIFE}
    targets, snapshot, timestamp = (signed[role] for role in ("targets", "snapshot", "timestamp"))
    if targets is None or snapshot is None or timestamp is None:
        return False
    is_old = {
        role: each is not None and each.expires_at - now < LIFE[role] / 2
        for role, each in signed.items()
    }
    if is_old["targets"] or is_old["snapshot"]:
        _sign_all(session, signer, now=now)
        return True
    if is_old["timestamp"]:
        repository.keep_signed(session, signer.timestamp(timestamp.version + 1, snapshot, now))
        return True
    return False


def next_renewal(session: Session, *, now: datetime) -> timedelta:
    """How long until the earliest role has lived half its life; an hour when nothing is signed."""
    signed = [repository.signed_role(session, role) for role in LIFE]
    waits = [each.expires_at - now - LIFE[each.role] / 2 for each in signed if each is not None]
    return min(waits, default=timedelta(hours=1))


def _reason(why: str) -> str:
    plain = why.strip()
    if len(plain) < _SHORTEST_REASON:
        raise Unprocessable("say why", code="reason_missing")
    return plain


def _release(
    session: Session,
    signer: ContentSigner,
    bundle: ContentBundle,
    *,
    actor: str,
    why: str,
    now: datetime,
    restored_from: int | None = None,
) -> Publication:
    publication = Publication(
        hash=bundle.hash,
        bundle=bundle.canonical().decode(),
        published_at=now,
        published_by=actor,
        why=why,
        restored_from=restored_from,
    )
    session.add(publication)
    session.flush()
    _sign_all(session, signer, now=now)
    return publication


def _sign_all(session: Session, signer: ContentSigner, *, now: datetime) -> None:
    files = {
        target_path(each.hash): each.bundle.encode()
        for each in repository.releases(session, _BUNDLES_KEPT)
    }
    version = {
        role: 1 if (last := repository.signed_role(session, role)) is None else last.version + 1
        for role in LIFE
    }
    targets = signer.targets(version["targets"], files, now)
    snapshot = signer.snapshot(version["snapshot"], targets, now)
    timestamp = signer.timestamp(version["timestamp"], snapshot, now)
    for signed in (targets, snapshot, timestamp):
        repository.keep_signed(session, signed)


def _numbered(session: Session, bundle: ContentBundle) -> ContentBundle:
    """Give every part that changed its next number: a case names the version it was made with."""
    menu = bundle.menu
    menu_version = repository.version_of(session, repository.MENU, fingerprint(menu))
    services = {}
    for service_id, content in bundle.services.items():
        version = repository.version_of(session, service_id, fingerprint(content))
        definition = content.definition.model_copy(update={"version": version})
        services[service_id] = content.model_copy(update={"definition": definition})
    return ContentBundle(menu=menu.model_copy(update={"version": menu_version}), services=services)


def fingerprint(part: Menu | ServiceContent) -> str:
    """SHA-256 of a part without its version number: equal for equal content."""
    match part:
        case Menu():
            plain: BaseModel = part.model_copy(update={"version": 1})
        case ServiceContent():
            definition = part.definition.model_copy(update={"version": 1})
            plain = part.model_copy(update={"definition": definition})
    text = json.dumps(plain.model_dump(mode="json"), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _restore_draft(session: Session, bundle: ContentBundle, *, actor: str, now: datetime) -> None:
    repository.keep_draft(session, repository.MENU, bundle.menu, actor=actor, now=now)
    for service_id, content in repository.draft_services(session).items():
        if service_id not in bundle.services and content.definition.status == "published":
            definition = content.definition.model_copy(update={"status": "retired"})
            retired = content.model_copy(update={"definition": definition})
            repository.keep_draft(session, service_id, retired, actor=actor, now=now)
    for service_id, content in bundle.services.items():
        repository.keep_draft(session, service_id, content, actor=actor, now=now)
