"""What travels when a kiosk gets its identity (`DECISIONS.md` 6)."""

from typing import Final

from pydantic import Field

from kiosk.contract.model import Message, Strict
from kiosk.contract.topics import KIOSK_ID_PATTERN

SHORTEST_REASON: Final = 4
LONGEST_REASON: Final = 200
"""Signs of a reason somebody can be asked about later."""


class EnrolRequest(Message):
    """`POST /v1/enrol`."""

    token: str = Field(min_length=1, max_length=200, repr=False)
    csr_pem: str = Field(max_length=8192)


class Enrolment(Message):
    """Everything a kiosk needs to know; nothing of it is secret."""

    kiosk_id: str
    certificate_pem: str
    ca_pem: str
    sealing_key: str
    """The server's X25519 public key, base64: cases are sealed to it."""
    content_root: str
    """TUF root metadata, JSON: pinned by the kiosk."""
    api_url: str
    public_url: str = ""
    """Where citizens' phones find `/v/<case id>`; empty from a server that did not say it yet."""
    broker_host: str
    broker_port: int


class TokenRequest(Strict):
    """What `fleet-server enrol-token` asks of a running server."""

    kiosk_id: str = Field(pattern=KIOSK_ID_PATTERN)
    name: str = Field(min_length=1, max_length=80)
    hall: str = Field(min_length=1, max_length=80)


class RevokeRequest(Strict):
    """What `fleet-server revoke` asks of a running server."""

    kiosk_id: str = Field(pattern=KIOSK_ID_PATTERN)
    reason: str = Field(min_length=SHORTEST_REASON, max_length=LONGEST_REASON)


class Revoked(Strict):
    """What was taken from the kiosk."""

    kiosk_id: str
    certificates: int


class TokenAnswer(Strict):
    """The token, shown once, and the authority's fingerprint to check the server by."""

    token: str = Field(repr=False)
    ca_fingerprint: str
    server: str
    kiosk_id: str
