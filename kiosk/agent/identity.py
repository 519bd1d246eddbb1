"""Who this kiosk is: its key and certificate for MQTT, and tokens of a minute's life for HTTPS."""

import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

AUDIENCE: Final = "yichuang"
"""DECISIONS.md 6."""

LIFE_S: Final = 60
"""DECISIONS.md 6: `exp` at most 60 s after `iat`."""

RENEW_AFTER_S: Final = 30
"""So that a token outlives a slow request by half a minute."""


class BadIdentity(Exception):
    """Key, certificate or CA cannot be used; the message names the file."""


class TokenSigner:
    """Signs ES256 tokens with the kiosk's key. Safe from several threads."""

    def __init__(
        self, kiosk_id: str, key_file: Path, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._kiosk_id = kiosk_id
        self._clock = clock
        self._key = _read_key(key_file)
        self._ahead_s = 0.0
        self._cached: tuple[float, str] | None = None

    def token(self) -> str:
        """A token that is valid for at least 30 s by the server's clock, as far as known."""
        now = self._clock()
        if self._cached and 0 <= now - self._cached[0] < RENEW_AFTER_S:
            return self._cached[1]
        issued = int(now + self._ahead_s)
        claims = {"sub": self._kiosk_id, "aud": AUDIENCE, "iat": issued, "exp": issued + LIFE_S}
        token = jwt.encode(claims, self._key, algorithm="ES256")
        self._cached = (now, token)
        return token

    def learn_time(self, server_s: float) -> None:
        """The server's clock shows this now: sign by it, however wrong ours is."""
        self._ahead_s = server_s - self._clock()
        self._cached = None


def https_context(ca_file: Path) -> ssl.SSLContext:
    """Trusts our own CA and nobody else. Raises BadIdentity."""
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_verify_locations(cafile=str(ca_file))
    except (OSError, ssl.SSLError) as error:
        raise BadIdentity(f"{ca_file.name}: {error}") from error
    return context


def mqtt_context(ca_file: Path, certificate_file: Path, key_file: Path) -> ssl.SSLContext:
    """As `https_context`, and shows the kiosk's own certificate. Raises BadIdentity."""
    context = https_context(ca_file)
    try:
        context.load_cert_chain(str(certificate_file), str(key_file))
    except (OSError, ssl.SSLError) as error:
        raise BadIdentity(f"{certificate_file.name}: {error}") from error
    return context


def _read_key(path: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError) as error:
        raise BadIdentity(f"{path.name}: not a private key") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise BadIdentity(f"{path.name}: not an elliptic curve key")
    return key
