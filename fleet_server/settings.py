"""The server's configuration file: TOML, validated; an unknown key refuses to start, by name."""

import ipaddress
import tomllib
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator

from kiosk.contract.model import Strict, mistakes

FILE_NAME: Final = "fleet-server.toml"
"""Stands in the data folder; everything the server keeps stands beside it."""

Port = Annotated[int, Field(ge=1, le=65535)]


class BadSettings(Exception):
    """The configuration cannot be used; the message names the file and every wrong key."""


class HttpSettings(Strict):
    """Console and API on plain loopback; a reverse proxy brings it further."""

    host: str = "127.0.0.1"
    port: Port = 8080


class HttpsSettings(Strict):
    """The API as kiosks reach it, with a certificate of our own authority."""

    host: str = "127.0.0.1"
    port: Port = 8443


class BrokerSettings(Strict):
    """The supervised mosquitto."""

    executable: str = "mosquitto"
    host: str = "127.0.0.1"
    """Address the mutual-TLS listener binds to."""
    port: Port = 8883
    server_port: Port = 18830
    """Loopback listener of the server's own clients."""


class DepartmentSettings(Strict):
    """One department's system behind the HTTP contract of `fleet_server.departments`."""

    base_url: str = Field(pattern=r"^https?://")
    """`https`; plain `http` only to this machine, as cases travel in clear inside it."""
    api_key: str = Field(default="", repr=False)
    connect_timeout_s: float = Field(default=2.0, gt=0)
    answer_timeout_s: float = Field(default=10.0, gt=0)

    @field_validator("base_url")
    @classmethod
    def _is_private(cls, url: str) -> str:
        host = urlsplit(url).hostname or ""
        if url.startswith("http://") and not _is_loopback(host):
            raise ValueError("http is for this machine only; citizens' data needs https")
        return url


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class PresenceSettings(Strict):
    """After how long without a heartbeat a kiosk is called what (`DESIGN.md` section 7)."""

    unknown_after_s: float = Field(default=44.0, gt=0)
    """A heartbeat comes every 30 s ± 10 %: one is 11 s late. Shown within 45 s."""
    silent_after_s: float = Field(default=88.0, gt=0)
    """Two are missing. Shown within 90 s."""
    birth_within_s: float = Field(default=5.0, gt=0)
    """After a will of the current epoch and one poke (`FLEET.md` section 7, Presence)."""


class EnrolmentSettings(Strict):
    """How kiosks get their identity."""

    token_minutes: float = Field(default=10.0, gt=0, le=10_080)
    certificate_days: int = Field(default=825, ge=1, le=3650)


class IdentitySettings(Strict):
    """How people sign in."""

    idle_minutes: float = Field(default=30.0, gt=0)
    longest_hours: float = Field(default=12.0, gt=0)


class RetentionSettings(Strict):
    """How long what is kept; a case's personal data as long as its service's `retain_days`."""

    event_days: int = Field(default=365, ge=180)
    """Kiosks' events, refused submissions and messages, spent tokens, commands: 12 months; the
    law wants six at least (`FLEET.md` section 4, Law)."""
    case_trail_days: int = Field(default=3650, ge=365)
    """After its erasure: number, times and timeline of a case, for inspectors."""


class Settings(Strict):
    """Everything the server must be told."""

    folder: Path = Field(exclude=True)
    """Where the file stands: not a key of the file."""
    public_url: str = Field(pattern=r"^https?://[^/]+$")
    """What citizens' phones open: the QR code on a receipt is `<public_url>/v/<case id>`."""
    kiosk_host: str = "127.0.0.1"
    """The name or address under which kiosks reach API and broker; in the server certificate."""
    area_code: str = Field(default="370321", pattern=r"^\d{6}$")
    """Administrative division of the county (GB/T 2260); case numbers begin with it."""
    http: HttpSettings = HttpSettings()
    https: HttpsSettings = HttpsSettings()
    broker: BrokerSettings = BrokerSettings()
    departments: dict[str, DepartmentSettings] = {}
    presence: PresenceSettings = PresenceSettings()
    enrolment: EnrolmentSettings = EnrolmentSettings()
    identity: IdentitySettings = IdentitySettings()
    retention: RetentionSettings = RetentionSettings()

    @property
    def database_file(self) -> Path:
        """The SQLite file."""
        return self.folder / "fleet.sqlite"

    @property
    def keys(self) -> Path:
        """Private keys and certificates, readable by the server's user only."""
        return self.folder / "keys"

    @property
    def api_url(self) -> str:
        """Where kiosks call."""
        return f"https://{self.kiosk_host}:{self.https.port}"


def load(folder: Path) -> Settings:
    """Read `<folder>/fleet-server.toml`. Raises BadSettings with the file and every wrong key."""
    path = folder / FILE_NAME
    try:
        return read(folder, path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadSettings(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadSettings(f"{path}: not a text file in UTF-8") from error


def read(folder: Path, text: str) -> Settings:
    """What `load` makes of a file with this text. Raises BadSettings in the same words."""
    path = folder / FILE_NAME
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(f"{path}: {error}") from error
    if "folder" in raw:
        raise BadSettings(f"{path}: folder: there is no such key")
    try:
        return Settings(folder=folder.resolve(), **raw)
    except ValidationError as error:
        raise BadSettings(f"{path}: {mistakes(error)}") from error
