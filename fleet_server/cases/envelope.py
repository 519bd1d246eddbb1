"""Opening and closing the case envelope with the server's key.

A case is kept as it came: its ciphertext under a key of its own, and that key sealed to the
server. So personal data lies encrypted at rest, and forgetting the sealed key forgets the case.
"""

import base64
from dataclasses import dataclass, field

from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
    crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
    crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
)
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.utils import random as random_bytes
from pydantic import ValidationError

from kiosk.contract.cases import CasePayload, CaseReply

_KEY_BYTES = crypto_aead_xchacha20poly1305_ietf_KEYBYTES
_NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES


class Unsealable(Exception):
    """The envelope was not made for this server, was changed, or holds something else."""


@dataclass(frozen=True, slots=True)
class CaseKey:
    """The key of one case, in memory only; every ciphertext is bound to the case id."""

    case_id: str
    key: bytes = field(repr=False)

    def open(self, ciphertext: bytes) -> bytes:
        """The plain bytes of a payload, paper or stored answer. Raises Unsealable."""
        nonce, sealed = ciphertext[:_NONCE_BYTES], ciphertext[_NONCE_BYTES:]
        try:
            return crypto_aead_xchacha20poly1305_ietf_decrypt(
                sealed, self.case_id.encode(), nonce, self.key
            )
        except (CryptoError, ValueError) as error:
            raise Unsealable("ciphertext") from error

    def close(self, plain: bytes) -> bytes:
        """Ciphertext with its nonce first, for what the server adds to the case."""
        nonce = random_bytes(_NONCE_BYTES)
        sealed: bytes = crypto_aead_xchacha20poly1305_ietf_encrypt(
            plain, self.case_id.encode(), nonce, self.key
        )
        return nonce + sealed

    def open_payload(self, ciphertext: bytes) -> CasePayload:
        """The citizen's words. Raises Unsealable, which never quotes them."""
        plain = self.open(ciphertext)
        try:
            return CasePayload.model_validate_json(plain)
        except ValidationError:
            raise Unsealable("payload") from None


class Envelopes:
    """Opens case keys with the server's X25519 key."""

    def __init__(self, sealing_key: PrivateKey) -> None:
        self._box = SealedBox(sealing_key)

    def case_key(self, case_id: str, sealed_key: bytes) -> CaseKey:
        """Raises Unsealable when the key was sealed to somebody else."""
        try:
            key = self._box.decrypt(sealed_key)
        except (CryptoError, ValueError) as error:
            raise Unsealable("key") from error
        if len(key) != _KEY_BYTES:
            raise Unsealable("key length")
        return CaseKey(case_id, key)


def seal_reply(reply: CaseReply, reply_key: bytes) -> bytes:
    """The reply in a sealed box that only the citizen's session can open. Raises Unsealable."""
    try:
        return SealedBox(PublicKey(reply_key)).encrypt(reply.model_dump_json().encode())
    except (CryptoError, ValueError, TypeError) as error:
        raise Unsealable("reply key") from error


def base64_of(plain: bytes) -> bytes:
    """What a `Base64Bytes` field must be given in Python."""
    return base64.b64encode(plain)
