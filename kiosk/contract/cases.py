"""A case (办件) on its way from the kiosk to a department and back.

The kiosk seals a case before it touches the disk and cannot open it again. One random key
per case encrypts the payload and every paper; the key is sealed to the server. The reply is
sealed to a key that lives in the citizen's session only.
"""

from enum import StrEnum
from typing import Final, Literal

from pydantic import AwareDatetime, Base64Bytes, Field

from kiosk.contract.identifiers import NumberKind
from kiosk.contract.model import Message
from kiosk.contract.uplink import Hash

SUITE: Final = "x25519-xchacha20poly1305-sha256"
"""Named in each envelope so that SM2/SM3/SM4 can take its place (`DESIGN.md` section 2)."""


class SealedPaper(Message):
    """One paper as uploaded: content-addressed ciphertext, 24-byte nonce first.

    XChaCha20-Poly1305 (IETF) under the case key; additional data = case id, as for the payload.
    """

    sha256: Hash
    """Of the ciphertext with its nonce."""
    size: int = Field(ge=1, le=20_000_000)
    media_type: str
    name: str
    """The material's id in the service definition."""


class SealedCase(Message):
    """`POST /v1/cases`; idempotent by `case_id`, for ever."""

    case_id: str = Field(pattern=r"^[0-9a-f]{32}$")
    service_id: str
    service_version: int
    content: Hash
    """The bundle the citizen saw."""
    submitted_at: AwareDatetime
    suite: Literal["x25519-xchacha20poly1305-sha256"] = SUITE
    sealed_key: Base64Bytes
    """32-byte case key in an X25519 sealed box for the server."""
    payload: Base64Bytes
    """24-byte nonce, then XChaCha20-Poly1305 of `CasePayload` JSON; additional data = case id."""
    reply_key: Base64Bytes
    """X25519 public key of the session."""
    papers: tuple[SealedPaper, ...] = ()


class Applicant(Message):
    """Who applies, as read from a card or a code; never typed."""

    name: str = Field(default="", repr=False)
    number: str = Field(repr=False)
    number_kind: NumberKind | Literal["tax_notice"]
    card_number: str = Field(default="", repr=False)
    """Social security card number where that card was read."""


class CasePayload(Message):
    """What the department needs; plain only in memory."""

    applicant: Applicant
    answers: dict[str, str] = Field(default={}, repr=False)
    """By field name of the service definition; options by their value, not their words."""
    signature_png: Base64Bytes = Field(default=b"", repr=False)
    paper_codes: dict[str, tuple[str, ...]] = Field(default={}, repr=False)
    """By material: the texts of the codes on the photographed paper. Read, not verified."""
    language: str = "zh-CN"


class CaseState(StrEnum):
    """Where a case stands."""

    RECEIVED = "received"
    """Committed at the server, not yet handed to the department."""
    ACCEPTED = "accepted"
    """The department has it and will decide within its limit (受理)."""
    COMPLETED = "completed"
    """Decided on the spot; the certificate is in the reply (即办)."""
    REFUSED = "refused"
    """The department cannot do it for this person, and says why."""


class CaseReceipt(Message):
    """The server's word that it has the case: it is committed."""

    case_id: str
    case_number: str
    """One number over all channels, such as `370321-20261123-000042`."""
    received_at: AwareDatetime
    verify_url: str
    """What the QR code on the receipt holds."""
    state: CaseState


class Certificate(Message):
    """An official result to be printed on the spot."""

    title: str
    number: str
    rows: tuple[tuple[str, str], ...] = Field(repr=False)
    table_head: tuple[str, ...] = ()
    table_rows: tuple[tuple[str, ...], ...] = Field(default=(), repr=False)
    note: str = ""
    issuer: str
    issued_at: AwareDatetime
    pdf: Base64Bytes = Field(default=b"", repr=False)
    """The same as an A4 paper, for a kiosk with a document printer; empty where there is none."""


class CaseReply(Message):
    """The department's word; travels in a sealed box for the session's key."""

    case_id: str
    case_number: str
    state: Literal[CaseState.ACCEPTED, CaseState.COMPLETED, CaseState.REFUSED]
    decide_by: str | None = None
    """ISO date by which the department must decide; for ACCEPTED."""
    certificate: Certificate | None = None
    """For COMPLETED."""
    reason: str = ""
    """For REFUSED: the department's sentence in Chinese."""


class SealedReply(Message):
    """`GET /v1/cases/{id}/reply?wait_s=…`: the receipt, and the reply once there is one."""

    receipt: CaseReceipt
    sealed: Base64Bytes | None = None
    """Base64 of the sealed `CaseReply` JSON; None while the department works on it."""
