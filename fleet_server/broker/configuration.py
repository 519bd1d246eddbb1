"""The private mosquitto configuration: who may connect, and who may say what (`FLEET.md` 7)."""

import base64
import hashlib
import os
import pwd
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fleet_server.pki import write_private
from fleet_server.settings import Settings
from kiosk.contract.topics import PREFIX, SERVER_STATE

SERVER_USER: Final = "fleet-server"
"""The server's own clients. A kiosk id has no hyphen, so no certificate can claim this name."""

_ITERATIONS: Final = 101
"""mosquitto_passwd's own number; the password is 256 random bits, so stretching adds nothing."""


@dataclass(frozen=True, slots=True)
class BrokerFiles:
    """Where the broker's generated files stand."""

    folder: Path

    @property
    def configuration(self) -> Path:
        """`mosquitto -c` this."""
        return self.folder / "mosquitto.conf"

    @property
    def access(self) -> Path:
        """ACL."""
        return self.folder / "access"

    @property
    def passwords(self) -> Path:
        """Of the loopback listener."""
        return self.folder / "passwords"

    @property
    def revoked(self) -> Path:
        """CRL in PEM."""
        return self.folder / "revoked.pem"


def write_configuration(settings: Settings, *, password: str, revoked: bytes) -> BrokerFiles:
    """Write every file the broker reads; all private to our user."""
    files = BrokerFiles(settings.folder / "broker")
    files.folder.mkdir(mode=0o700, exist_ok=True)
    write_private(files.access, access_rules().encode())
    write_private(files.passwords, f"{SERVER_USER}:{_hashed(password)}\n".encode())
    write_private(files.revoked, revoked)
    write_private(files.configuration, _options(settings, files).encode())
    return files


def access_rules() -> str:
    """A kiosk writes only its own `up`, reads only its own `dn`; the server the mirror image.

    SUBACK and PUBACK do not prove any of this (`FLEET.md` finding 5): tests look at deliveries.
    """
    return "\n".join(
        (
            f"pattern write {PREFIX}/k/%u/up/#",
            f"pattern read {PREFIX}/k/%u/dn/#",
            f"pattern read {SERVER_STATE}",
            "",
            f"user {SERVER_USER}",
            f"topic read {PREFIX}/k/+/up/#",
            f"topic write {PREFIX}/k/+/dn/#",
            f"topic readwrite {SERVER_STATE}",
            "",
        )
    )


def _options(settings: Settings, files: BrokerFiles) -> str:
    keys, broker = settings.keys, settings.broker
    lines = [
        # read by both listeners
        "per_listener_settings false",
        "allow_anonymous false",
        f"acl_file {files.access}",
        f"password_file {files.passwords}",
        f"user {pwd.getpwuid(os.geteuid()).pw_name}",
        # `FLEET.md` section 7, Embedded default
        "persistence true",
        f"persistence_location {files.folder}/",
        "autosave_interval 60",
        "max_inflight_messages 2000",
        "max_queued_messages 50000",
        "max_queued_bytes 67108864",
        "persistent_client_expiration 1d",
        "set_tcp_nodelay true",
        # far above what the contract allows (`uplink.MAX_BYTES`, 64 KiB): the broker cuts whoever
        # goes beyond, and a kiosk that cannot stop itself would come back and be cut for ever.
        # Up to here a message too long reaches the ingest: dead letter, counted, acknowledged
        "max_packet_size 1048576",
        # so that 2,000 of those are not on their way to the ingest at once
        "max_inflight_bytes 33554432",
        "log_dest stderr",
        "log_type error",
        "log_type warning",
        "",
        "# kiosks: the certificate is the name",
        f"listener {broker.port} {broker.host}",
        f"cafile {keys / 'ca.pem'}",
        f"certfile {keys / 'server.pem'}",
        f"keyfile {keys / 'server-key.pem'}",
        f"crlfile {files.revoked}",
        "require_certificate true",
        "use_identity_as_username true",
        "use_username_as_clientid true",
        "tls_version tlsv1.2",
        "",
        "# the server's own clients",
        f"listener {broker.server_port} 127.0.0.1",
        "",
    ]
    return "\n".join(lines)


def _hashed(password: str) -> str:
    """The `$7$` format of mosquitto: PBKDF2-HMAC-SHA512, 12 bytes of salt, 64 of key, base64."""
    salt = secrets.token_bytes(12)
    key = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS, 64)
    return f"$7${_ITERATIONS}${_b64(salt)}${_b64(key)}"


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
