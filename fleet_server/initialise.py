"""`fleet-server init`: everything a folder needs to become a server; safe to run again."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from nacl.public import PrivateKey

from fleet_server.content.desk import ContentDesk
from fleet_server.content.first_release import publish_first
from fleet_server.content.signing import init_keys
from fleet_server.database import Database
from fleet_server.pki import Authority, write_private
from fleet_server.schema import migrate
from fleet_server.settings import FILE_NAME, Settings, load


@dataclass(frozen=True, slots=True)
class Initialised:
    """What was made."""

    settings: Settings
    fingerprint: str
    """Of the CA."""


def initialise(folder: Path, *, config: str, now: datetime) -> Initialised:
    """Make what is missing in `folder`; what exists stays as it is.

    `config` is the text of the configuration file, written only when there is none.
    Raises BadSettings, DatabaseBusy while a server runs there, and ContentRefused or Unassembled
    when the shipped services may not be published.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / FILE_NAME
    if not path.exists():
        write_private(path, config.encode())
    settings = load(folder)
    authority = Authority.create(settings.keys, hosts=[settings.kiosk_host], now=now)
    _secret(settings.keys / "sealing-key", lambda: bytes(PrivateKey.generate()).hex())
    _secret(settings.keys / "broker-password", lambda: secrets.token_urlsafe(32))
    init_keys(settings.keys, now=now)
    database = Database(settings.database_file)
    try:
        migrate(database)
        publish_first(database, ContentDesk.open(settings), now=now)
    finally:
        database.close()
    return Initialised(settings=settings, fingerprint=authority.fingerprint)


def sealing_key(settings: Settings) -> PrivateKey:
    """The X25519 key that opens sealed cases. Raises FileNotFoundError before `initialise`."""
    return PrivateKey(bytes.fromhex((settings.keys / "sealing-key").read_text(encoding="ascii")))


def _secret(path: Path, make: Callable[[], str]) -> None:
    if not path.exists():
        write_private(path, make().encode())
