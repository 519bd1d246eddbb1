from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from kiosk.agent.identity import BadIdentity, TokenSigner, https_context

_AT_REST: jwt.types.Options = {"verify_exp": False, "verify_iat": False}
PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def write(path: Path, key: PrivateKey) -> Path:
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


def test_a_token_names_the_kiosk_and_lives_a_minute(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    now = [1_800_000_000.0]
    signer = TokenSigner("hz0042", write(tmp_path / "k", key), clock=lambda: now[0])
    claims = jwt.decode(signer.token(), key.public_key(), ["ES256"], _AT_REST, audience="yichuang")
    assert claims == {"sub": "hz0042", "aud": "yichuang", "iat": now[0], "exp": now[0] + 60}


def test_a_token_is_renewed_long_before_it_dies(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    now = [1_800_000_000.0]
    signer = TokenSigner("hz0042", write(tmp_path / "k", key), clock=lambda: now[0])
    first = signer.token()
    now[0] += 29
    assert signer.token() == first
    now[0] += 1
    assert signer.token() != first


def test_a_key_that_is_none_or_of_another_kind_is_named(tmp_path: Path) -> None:
    (tmp_path / "garbage.pem").write_text("nothing")
    other = write(tmp_path / "other.pem", ed25519.Ed25519PrivateKey.generate())
    with pytest.raises(BadIdentity, match=r"garbage\.pem"):
        TokenSigner("hz0042", tmp_path / "garbage.pem")
    with pytest.raises(BadIdentity, match=r"other\.pem"):
        TokenSigner("hz0042", other)
    with pytest.raises(BadIdentity, match=r"garbage\.pem"):
        https_context(tmp_path / "garbage.pem")
