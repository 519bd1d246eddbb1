"""A migrated database with the shipped content published, without a server around it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from shutil import copytree

import pytest

from fleet_server.assets import ASSETS
from fleet_server.content.desk import ContentDesk
from fleet_server.content.first_release import publish_first
from fleet_server.content.folder import read_gate
from fleet_server.content.signing import ContentSigner, init_keys, read_root
from fleet_server.database import Database
from tests.fleet_server.fresh_database import fresh_database
from tests.fleet_server.kept_folder import kept_folder

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Editor:
    """The editor's table."""

    database: Database
    desk: ContentDesk


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Editor]:
    copytree(_published(), tmp_path, dirs_exist_ok=True)
    database = Database(tmp_path / "fleet.sqlite")
    yield Editor(database, _desk(tmp_path / "keys"))
    database.close()


@cache
def _published() -> Path:
    """Keys and a database with the first release in it."""
    folder = kept_folder("published-")
    (folder / "keys").mkdir()
    init_keys(folder / "keys", now=NOW)
    database = fresh_database(folder / "fleet.sqlite")
    publish_first(database, _desk(folder / "keys"), now=NOW)
    database.close()
    return folder


def _desk(keys: Path) -> ContentDesk:
    return ContentDesk(
        gate=read_gate(ASSETS), signer=ContentSigner.open(keys), root=read_root(keys)
    )
