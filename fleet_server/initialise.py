"""`fleet-server init`: everything a folder needs to become a server; safe to run again."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from nacl.public import PrivateKey

from fleet_server.content.desk import ContentDesk
from fleet_server.content.first_release import publish_first
from fleet_server.content.signing import init_keys
from fleet_server.database import Database
from fleet_server.identity.repository import count_accounts
from fleet_server.identity.service import Role, make_account
from fleet_server.key_files import check_key_files
from fleet_server.pki import Authority, write_private
from fleet_server.schema import migrate
from fleet_server.settings import FILE_NAME, BadSettings, Settings, load, read

FIRST_ADMIN: Final = "admin"
"""The account made at `init`; its one-time password is printed once."""


@dataclass(frozen=True, slots=True)
class Initialised:
    """What was made."""

    settings: Settings
    fingerprint: str
    """Of the CA."""
    password: str | None
    """One-time password of the account `admin`; None when there were accounts already."""


def initialise(folder: Path, *, config: str, now: datetime) -> Initialised:
    """Make what is missing in `folder`; what exists stays as it is.

    `config` is the text of the configuration file, written only when there is none.
    Raises BadSettings where that text makes no sense, before anything is made, where no folder can
    be, and where a key file there is spoilt; DatabaseBusy while a server runs there,
    DatabaseUnusable; ContentRefused or Unassembled when the shipped services may not be published.
    """
    path = folder / FILE_NAME
    is_new = not path.exists()
    if is_new:
        read(folder, config)  # or the next `init` would find, and keep, a file without sense
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise BadSettings(f"{folder}: no folder can be made there: {error.strerror}") from error
    if is_new:
        write_private(path, config.encode())
    settings = load(folder)
    check_key_files(settings.keys, may_miss=True)
    authority = Authority.create(settings.keys, hosts=[settings.kiosk_host], now=now)
    _secret(settings.keys / "sealing-key", lambda: bytes(PrivateKey.generate()).hex())
    for name in ("broker-password", "cookie-key", "local-secret"):
        _secret(settings.keys / name, lambda: secrets.token_urlsafe(32))
    init_keys(settings.keys, now=now)
    database = Database(settings.database_file)
    try:
        migrate(database)
        publish_first(database, ContentDesk.open(settings), now=now)
        password = _first_admin(database, now)
    finally:
        database.close()
    return Initialised(settings=settings, fingerprint=authority.fingerprint, password=password)


def sealing_key(settings: Settings) -> PrivateKey:
    """The X25519 key that opens sealed cases. Raises FileNotFoundError before `initialise`."""
    return PrivateKey(bytes.fromhex((settings.keys / "sealing-key").read_text(encoding="ascii")))


def cookie_key(settings: Settings) -> str:
    """Signs the console's cookies."""
    return (settings.keys / "cookie-key").read_text(encoding="ascii")


def local_secret(settings: Settings) -> str:
    """Proves that a caller can read the data folder: the command line of a running server."""
    return (settings.keys / "local-secret").read_text(encoding="ascii")


def _first_admin(database: Database, now: datetime) -> str | None:
    with database.write() as session:
        if count_accounts(session):
            return None
        return make_account(session, name=FIRST_ADMIN, role=Role.ADMIN, actor="server", now=now)


def _secret(path: Path, make: Callable[[], str]) -> None:
    if not path.exists():
        write_private(path, make().encode())
