"""The first release of a new server: what ships in `assets`, published as it is."""

from datetime import datetime
from typing import Final

from fleet_server.assets import ASSETS
from fleet_server.content.desk import ContentDesk
from fleet_server.content.editing import import_folder
from fleet_server.content.publishing import publish
from fleet_server.database import Database

_ACTOR: Final = "server"
_WHY: Final = "first_release"
"""A key, `history.reason.first_release`: what people type is shown as they typed it."""


def publish_first(database: Database, desk: ContentDesk, *, now: datetime) -> bool:
    """Import and publish the shipped content; False when there is content already.

    Raises Unassembled or ContentRefused naming every finding; then nothing was imported.
    """
    with database.write() as session:
        if not import_folder(session, ASSETS, actor=_ACTOR, now=now):
            return False
        publish(session, desk, actor=_ACTOR, why=_WHY, now=now)
        return True
