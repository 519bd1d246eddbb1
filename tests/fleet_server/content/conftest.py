"""A migrated database with the shipped content published, without a server around it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fleet_server.assets import ASSETS
from fleet_server.content.desk import ContentDesk
from fleet_server.content.first_release import publish_first
from fleet_server.content.folder import read_gate
from fleet_server.content.signing import ContentSigner, init_keys, read_root
from fleet_server.database import Database
from tests.fleet_server.fresh_database import fresh_database

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Editor:
    """The editor's table."""

    database: Database
    desk: ContentDesk


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Editor]:
    keys = tmp_path / "keys"
    keys.mkdir()
    init_keys(keys, now=NOW)
    desk = ContentDesk(
        gate=read_gate(ASSETS), signer=ContentSigner.open(keys), root=read_root(keys)
    )
    database = fresh_database(tmp_path / "fleet.sqlite")
    publish_first(database, desk, now=NOW)
    yield Editor(database, desk)
    database.close()
