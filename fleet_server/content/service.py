"""What is published, for the rest of the server."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from fleet_server.content import repository
from fleet_server.content.tables import Publication
from kiosk.contract.content import ServiceContent
from kiosk.contract.downlink import DesiredContent


def target_path(content_hash: str) -> str:
    """The TUF target path of a bundle."""
    return f"content/{content_hash}.json"


def desired_content(session: Session) -> DesiredContent | None:
    """What every kiosk shall show; None on a server that has published nothing."""
    publication = repository.current(session)
    if publication is None:
        return None
    return DesiredContent(
        hash=publication.hash,
        target=target_path(publication.hash),
        release=publication.release,
    )


def find_published_service(
    session: Session, content_hash: str, service_id: str
) -> ServiceContent | None:
    """The service as the citizen saw it.

    A kiosk may hold a bundle this server no longer knows (restored from an old backup): an
    accepted case is then still taken, under the service's present words. None when the service
    was never published.
    """
    seen = repository.newest_with_hash(session, content_hash)
    for publication in (seen, repository.current(session)):
        if publication is not None:
            found = repository.bundle_of(publication).services.get(service_id)
            if found is not None:
                return found
    return None


def published_titles(
    session: Session, seen: Iterable[tuple[str, str]], language: str
) -> dict[tuple[str, str], str]:
    """Services' titles in a language, by content hash and service id, as citizens saw them.

    Those that have no title in it are left out.
    """
    titles = {}
    for content_hash, service_id in set(seen):
        service = find_published_service(session, content_hash, service_id)
        title = "" if service is None else service.texts.get(language, {}).get("title", "")
        if title:
            titles[content_hash, service_id] = title
    return titles


def published_bytes(session: Session, content_hash: str) -> bytes | None:
    """The bundle exactly as signed; None when it was never published."""
    publication = repository.newest_with_hash(session, content_hash)
    return None if publication is None else publication.bundle.encode()


def current_release(session: Session) -> Publication | None:
    """The newest release, for the console."""
    return repository.current(session)
