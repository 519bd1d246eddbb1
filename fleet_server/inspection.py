"""`fleet-server check`: is the folder whole, and does the running server answer?"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import httpx
from cryptography import x509
from tuf.api.metadata import Metadata, Root

from fleet_server.audit.service import first_bad_entry
from fleet_server.broker.configuration import BrokerFiles
from fleet_server.broker.mosquitto import find_executable
from fleet_server.content.signing import ROOT_FILE
from fleet_server.database import to_ms
from fleet_server.settings import Settings

_RENEW_BEFORE: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    check: str
    ok: bool
    detail: str


def inspect(settings: Settings) -> tuple[Finding, ...]:
    """Look at everything; never raises, never writes. A server that is not running is a finding."""
    looks: tuple[tuple[str, Callable[[Settings], str]], ...] = (
        ("private keys", _private),
        ("server certificate", _certificate),
        ("revocation list", _revocation_list),
        ("content root", _content_root),
        ("kiosk certificates", _kiosk_certificates),
        ("database", _database),
        ("mosquitto", _mosquitto),
        ("running", _answers),
    )
    return tuple(_finding(name, look, settings) for name, look in looks)


class _Bad(Exception):
    """What is wrong."""


def _finding(name: str, look: Callable[[Settings], str], settings: Settings) -> Finding:
    try:
        return Finding(name, ok=True, detail=look(settings))
    except Exception as error:
        return Finding(name, ok=False, detail=f"{type(error).__name__}: {error}")


def _private(settings: Settings) -> str:
    loose = [path.name for path in sorted(settings.keys.iterdir()) if path.stat().st_mode & 0o077]
    if loose:
        raise _Bad(f"readable by others: {', '.join(loose)}")
    return "readable by us only"


def _certificate(settings: Settings) -> str:
    pem = (settings.keys / "server.pem").read_bytes()
    until = x509.load_pem_x509_certificate(pem).not_valid_after_utc
    if until - datetime.now(UTC) < _RENEW_BEFORE:
        raise _Bad(f"expires {until:%Y-%m-%d}")
    return f"until {until:%Y-%m-%d}"


def _revocation_list(settings: Settings) -> str:
    path = BrokerFiles(settings.folder / "broker").revoked
    if not path.exists():
        return "none yet: the server has not run"
    until = x509.load_pem_x509_crl(path.read_bytes()).next_update_utc
    if until is None or until - datetime.now(UTC) < _RENEW_BEFORE:
        raise _Bad(f"expires {until}: is the server running?")
    return f"until {until:%Y-%m-%d}"


def _content_root(settings: Settings) -> str:
    root = Metadata[Root].from_bytes((settings.keys / ROOT_FILE).read_bytes())
    until = root.signed.expires
    if until - datetime.now(UTC) < _RENEW_BEFORE:
        raise _Bad(f"expires {until:%Y-%m-%d}: kiosks will take no new menus")
    return f"until {until:%Y-%m-%d}"


def _kiosk_certificates(settings: Settings) -> str:
    """The newest certificate of each kiosk in service counts."""
    uri = settings.database_file.absolute().as_uri() + "?mode=ro"
    connection = sqlite3.connect(uri, uri=True)
    try:
        newest = connection.execute(
            "SELECT kiosk_id, max(expires_at) FROM kiosk_certificate"
            " JOIN kiosk ON kiosk.id = kiosk_id"
            " WHERE revoked_at IS NULL AND retired_at IS NULL GROUP BY kiosk_id ORDER BY kiosk_id"
        ).fetchall()
    finally:
        connection.close()
    edge = to_ms(datetime.now(UTC) + _RENEW_BEFORE)
    if ending := [kiosk_id for kiosk_id, until in newest if until < edge]:
        raise _Bad(f"to be enrolled again within {_RENEW_BEFORE.days} days: {', '.join(ending)}")
    return f"{len(newest)} in order"


def _database(settings: Settings) -> str:
    uri = settings.database_file.absolute().as_uri() + "?mode=ro"
    connection = sqlite3.connect(uri, uri=True)
    try:
        (verdict,) = connection.execute("PRAGMA quick_check").fetchone()
        if verdict != "ok":
            raise _Bad(str(verdict))
        entries = connection.execute(
            "SELECT n, at, actor, action, target, facts, previous, hash FROM audit ORDER BY n"
        )
        bad = first_bad_entry(entries)
        if bad is not None:
            raise _Bad(f"the audit trail is broken at entry {bad}")
    finally:
        connection.close()
    return "intact, audit chain unbroken"


def _mosquitto(settings: Settings) -> str:
    return find_executable(settings.broker.executable)


def _answers(settings: Settings) -> str:
    answer = httpx.get(
        f"http://{settings.http.host}:{settings.http.port}/v1/health", timeout=5, trust_env=False
    )
    told = answer.json()
    if answer.status_code != httpx.codes.OK:
        raise _Bad(str(told))
    return "console and API answer, broker, ingest and hand-over at work"
