"""The desired state: read for a kiosk, raised when anything in it changes."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from fleet_server.broker.link import ServerLink
from fleet_server.database import on_commit
from fleet_server.desired.parts import DesiredParts
from fleet_server.desired.tables import DesiredVersion
from fleet_server.kiosks.tables import Kiosk
from fleet_server.live import LiveBus
from kiosk.contract.downlink import Desired


def read_desired(session: Session, *, parts: DesiredParts) -> Desired:
    """What every kiosk shall be, as of this transaction."""
    version = session.scalars(select(DesiredVersion.version)).one()
    return Desired(version=version, content=parts.content(session), backends=parts.backends())


def bump(session: Session, *, link: ServerLink, live: LiveBus) -> int:
    """Raise the version; after the commit tell every kiosk to pull and every page to look."""
    version = session.scalars(
        update(DesiredVersion)
        .values(version=DesiredVersion.version + 1)
        .returning(DesiredVersion.version)
    ).one()
    kiosks = session.scalars(select(Kiosk.id).where(Kiosk.retired_at.is_(None))).all()

    def ring() -> None:
        for kiosk_id in kiosks:
            link.poke(kiosk_id, "desired")
        live.publish("desired", str(version))

    on_commit(session, ring)
    return version
