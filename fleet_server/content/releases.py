"""Publishing and rolling back as one act: committed, then every kiosk and page is told."""

from sqlalchemy.orm import Session

from fleet_server.content.publishing import publish, roll_back
from fleet_server.content.tables import Publication
from fleet_server.database import on_commit
from fleet_server.desired.service import bump
from fleet_server.fleet import Fleet


def publish_draft(fleet: Fleet, *, actor: str, why: str) -> Publication:
    """Publish the draft; kiosks are poked after the commit. Blocks for about 50 ms.

    Raises ContentRefused (with findings), Conflict `nothing_changed`, Unprocessable
    `reason_missing`; what is shown then stays.
    """
    now = fleet.clock.now()
    with fleet.database.write() as session:
        publication = publish(session, fleet.content, actor=actor, why=why, now=now)
        _announce(session, fleet, publication)
    return publication


def restore_release(fleet: Fleet, *, release: int, actor: str, why: str) -> Publication:
    """Publish an old release's bundle as a new release; the draft becomes that bundle.

    Raises NotFound `unknown_release`, Conflict `nothing_changed`, Unprocessable
    `reason_missing`.
    """
    now = fleet.clock.now()
    with fleet.database.write() as session:
        publication = roll_back(
            session, fleet.content, release=release, actor=actor, why=why, now=now
        )
        _announce(session, fleet, publication)
    return publication


def _announce(session: Session, fleet: Fleet, publication: Publication) -> None:
    bump(session, link=fleet.link, live=fleet.live)
    on_commit(session, lambda: fleet.live.publish("content", publication.hash))
