"""Sealing: what a citizen gave leaves memory only as ciphertext that this kiosk cannot open.

DESIGN.md section 2 and DECISIONS.md 3. Suite `x25519-xchacha20poly1305-sha256`: one random key
per case, in a sealed box for the server; payload and papers under that key.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_encrypt,
    crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
    crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
)
from nacl.encoding import Base64Encoder
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.utils import random as random_bytes
from pydantic import ValidationError

from kiosk.contract.cases import CasePayload, CaseReply, SealedCase, SealedPaper

KEY_BYTES: Final = crypto_aead_xchacha20poly1305_ietf_KEYBYTES
NONCE_BYTES: Final = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES


class VaultError(Exception):
    """A key cannot be used, or a sealed reply was not made for this session."""


@dataclass(frozen=True, slots=True)
class Paper:
    """One photographed page, plain, in memory only."""

    name: str
    """The material's id in the service definition; several pages may share it."""
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A case ready for the disk: nothing in it can be opened here."""

    case: SealedCase
    ciphertexts: dict[str, bytes] = field(repr=False)
    """By SHA-256, as named in `case.papers`."""


def read_sealing_key(path: Path) -> PublicKey:
    """The server's X25519 public key, from 32 bytes in base64. Raises VaultError."""
    try:
        return PublicKey(path.read_bytes().strip(), encoder=Base64Encoder)
    except (OSError, ValueError, TypeError, CryptoError) as error:
        raise VaultError(f"{path.name}: not an X25519 public key") from error


def seal(
    payload: CasePayload,
    papers: Sequence[Paper],
    *,
    case_id: str,
    service_id: str,
    service_version: int,
    content: str,
    submitted_at: datetime,
    server_key: PublicKey,
    reply_key: PublicKey,
) -> Sealed:
    """Encrypt a case under a key made for it alone and forgotten on return.

    About 3 ms for two pages of 500 kB.
    """
    case_key = random_bytes(KEY_BYTES)
    sealed_papers: list[SealedPaper] = []
    ciphertexts: dict[str, bytes] = {}
    for paper in papers:
        ciphertext = _encrypt(paper.content, case_id, case_key)
        sha256 = hashlib.sha256(ciphertext).hexdigest()
        ciphertexts[sha256] = ciphertext
        sealed_papers.append(
            SealedPaper(
                sha256=sha256,
                size=len(ciphertext),
                media_type=paper.media_type,
                name=paper.name,
            )
        )
    case = SealedCase.model_construct(
        case_id=case_id,
        service_id=service_id,
        service_version=service_version,
        content=content,
        submitted_at=submitted_at,
        sealed_key=SealedBox(server_key).encrypt(case_key),
        payload=_encrypt(payload.model_dump_json().encode(), case_id, case_key),
        reply_key=bytes(reply_key),
        papers=tuple(sealed_papers),
    )
    # model_construct: Base64Bytes would decode the raw bytes; the JSON round trip checks the rest
    return Sealed(SealedCase.model_validate_json(case.model_dump_json()), ciphertexts)


def open_reply(sealed: bytes, reply_key: PrivateKey) -> CaseReply:
    """The department's word, opened with the session's key. Raises VaultError."""
    try:
        return CaseReply.model_validate_json(SealedBox(reply_key).decrypt(sealed))
    except (CryptoError, ValueError, TypeError) as error:
        # never chained: a ValidationError quotes what it read, and that is personal
        wrong = "shape" if isinstance(error, ValidationError) else "key"
        raise VaultError(f"a sealed reply could not be opened: wrong {wrong}") from None


def _encrypt(plain: bytes, case_id: str, key: bytes) -> bytes:
    nonce = random_bytes(NONCE_BYTES)
    return nonce + crypto_aead_xchacha20poly1305_ietf_encrypt(plain, case_id.encode(), nonce, key)
