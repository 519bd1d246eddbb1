"""The kiosk's configuration file: TOML, validated; an unknown key refuses to start and is named."""

import secrets
import tomllib
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from kiosk.contract.devices import DeviceKind
from kiosk.contract.model import Strict, mistakes
from kiosk.contract.topics import KIOSK_ID_PATTERN
from kiosk.durable import write_durably


class BadConfig(Exception):
    """The configuration cannot be used; the message names the file and every wrong key."""


class PlaceConfig(Strict):
    """Where the kiosk stands and whom citizens can call."""

    county: str
    hall: str
    name: str
    help_phone: str = Field(pattern=r"^[0-9-]{3,20}$")
    staffed_hours: str
    """As shown to citizens, such as 周一至周五 9:00–17:00."""
    county_en: str = ""
    """For pages in English; empty: as in Chinese."""
    staffed_hours_en: str = ""
    """Such as Mon–Fri 9:00–17:00; empty: as in Chinese."""


class ServerConfig(Strict):
    """How to reach the fleet server and prove who we are."""

    api_url: str = Field(pattern=r"^https://")
    public_url: str = Field(default="", pattern=r"^(https?://[^/]+)?$")
    """What citizens' phones open, for the QR code of a slip printed without the server. Empty in
    files written before there was such a key: then `api_url`, which only kiosks trust."""
    broker_host: str
    broker_port: int = Field(ge=1, le=65535)
    ca_file: Path
    key_file: Path
    certificate_file: Path
    sealing_key_file: Path
    """The server's X25519 public key, 32 bytes in base64: cases are sealed to it."""
    content_root_file: Path
    """TUF root metadata, pinned at enrolment."""


class DisplayConfig(Strict):
    """The panel."""

    width_px: int = Field(default=1080, ge=600)
    height_px: int = Field(default=1920, ge=600)
    fullscreen: bool = False
    hide_cursor: bool = True
    """A finger needs no arrow; a mouse at a bench does."""
    reduced_motion: bool = False
    """No moving pictures, for a hall that wants none."""


class TimesConfig(Strict):
    """How long a citizen may take; a page may set its own within these."""

    idle_warning_s: float = Field(default=60, gt=0)
    """Without a touch for so long, the warning comes."""
    warning_s: float = Field(default=30, ge=20)
    """WCAG 2.2.1: at least 20 s to ask for more time (`REQUIREMENTS.md`)."""
    session_cap_s: float = Field(default=900, gt=0)
    """A session ends after this, whatever happens, unless paper is in motion."""
    self_test_at: str = Field(default="03:30", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    """Local time at which the devices are tested each night, as soon as nobody is there."""


class AgentConfig(Strict):
    """How often the agent speaks and how patiently it tries again (`FLEET.md` 2.1 P6 and 7)."""

    heartbeat_s: float = Field(default=30, gt=0)
    """± 10 %."""
    resend_after_s: float = Field(default=60, gt=0)
    """Events without the server's acknowledgement are sent again after this."""
    probe_idle_s: float = Field(default=15, gt=0)
    """How often HTTPS is tried while nobody is in a session and the broker answers."""
    probe_busy_s: float = Field(default=2, gt=0, le=2.5)
    """The same in a session or while something is away: the screen must tell within 5 s."""
    reconnect_first_s: float = Field(default=2, gt=0)
    """To the broker: 60 for a fleet of thousands, so that they do not all return at once."""
    reconnect_cap_s: float = Field(default=60, gt=0)
    """300 for a fleet of thousands."""
    retry_first_s: float = Field(default=0.2, gt=0)
    """Cases and content over HTTPS."""
    retry_cap_s: float = Field(default=30, gt=0)
    second_chance_s: float = Field(default=600, gt=0)
    """At most so often are cases that were turned away tried again, and only at news."""
    reply_look_s: float = Field(default=60, gt=0)
    """How often replies no session waits for are asked after, beside the server's pokes."""


class DeviceConfig(Strict):
    """One device: only the port tells an emulator from hardware."""

    model: str
    port: str
    settings: dict[str, str | int | float | bool] = {}
    """Keyword arguments of the driver's constructor."""


class KioskConfig(Strict):
    """Everything a kiosk must be told. Paths are relative to the file's folder."""

    id: str = Field(pattern=KIOSK_ID_PATTERN)
    data: Path
    """Folder of the store and the content releases."""
    place: PlaceConfig
    server: ServerConfig
    display: DisplayConfig = DisplayConfig()
    times: TimesConfig = TimesConfig()
    agent: AgentConfig = AgentConfig()
    devices: dict[DeviceKind, DeviceConfig]

    @property
    def store_file(self) -> Path:
        """The SQLite file in which app and agent meet."""
        return self.data / "kiosk.sqlite"

    @property
    def content_folder(self) -> Path:
        """Verified content releases, `<hash>.json`, and TUF metadata."""
        return self.data / "content"


def load(path: Path) -> KioskConfig:
    """Read and check the file; remember it as the last good one. Raises BadConfig."""
    text, config = _read(path)
    _remember(_last_good_path(path), text)
    return config


def read(path: Path) -> KioskConfig:
    """Read and check the file, and change nothing. Raises BadConfig."""
    return _read(path)[1]


def _read(path: Path) -> tuple[str, KioskConfig]:
    try:
        text = path.read_text(encoding="utf-8")
        raw = tomllib.loads(text)
        config = KioskConfig.model_validate(_absolute(raw, path.resolve().parent))
    except OSError as error:
        raise BadConfig(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadConfig(f"{path}: not a text file in UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise BadConfig(f"{path}: {error}") from error
    except ValidationError as error:
        raise BadConfig(f"{path}: {mistakes(error)}") from error
    return text, config


def _remember(remembered: Path, text: str) -> None:
    """Whole or not at all: app and agent start together and both do it."""
    if remembered.exists() and remembered.read_text(encoding="utf-8") == text:
        return
    write_durably(remembered, text.encode(), draft=f".{secrets.token_hex(4)}.new")


def last_good(path: Path) -> str | None:
    """The text of the last file that loaded, for a technician to compare; None before the first."""
    remembered = _last_good_path(path)
    return remembered.read_text(encoding="utf-8") if remembered.exists() else None


def _last_good_path(path: Path) -> Path:
    return path.with_suffix(path.suffix + ".last-good")


_PATH_KEYS = ("ca_file", "key_file", "certificate_file", "sealing_key_file", "content_root_file")


def _absolute(raw: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Make the file's relative paths absolute before the models see them."""
    if isinstance(raw.get("data"), str):
        raw["data"] = folder / raw["data"]
    server = raw.get("server")
    if isinstance(server, dict):
        for key in _PATH_KEYS:
            if isinstance(server.get(key), str):
                server[key] = folder / server[key]
    return raw
