"""TUF metadata for content: keys, root, and the three roles the server signs itself.

Ed25519, one key per role, consistent snapshots off: a kiosk finds a bundle by its own hash.
Repetition, roll-back, mixing and freezing are then refused by the kiosk's TUF client.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

from fleet_server.pki import write_private

ROLES: Final = ("root", "targets", "snapshot", "timestamp")
ROOT_FILE: Final = "content-root.json"
"""In the key folder: what a kiosk pins at enrolment."""

_ROOT_LIFE: Final = timedelta(days=3 * 365)
_TARGETS_LIFE: Final = timedelta(days=180)
_TIMESTAMP_LIFE: Final = timedelta(hours=24)
"""How long a frozen server could go unnoticed; a kiosk keeps showing what it has meanwhile."""

LIFE: Final[dict[str, timedelta]] = {
    "targets": _TARGETS_LIFE,
    "snapshot": _TARGETS_LIFE,
    "timestamp": _TIMESTAMP_LIFE,
}


@dataclass(frozen=True, slots=True)
class SignedBytes:
    """One role's metadata as served."""

    role: str
    version: int
    content: bytes
    expires_at: datetime


def init_keys(folder: Path, *, now: datetime) -> None:
    """Make the four keys and the root metadata; what exists stays. Safe to run again.

    The root key is needed only to change keys: take `content-root.key` to a safe place.
    """
    if (folder / ROOT_FILE).exists():
        return
    for role in ROLES:
        path = _key_path(folder, role)
        if not path.exists():
            key = Ed25519PrivateKey.generate()
            pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            write_private(path, pem)
    signers = {role: _load_signer(folder, role) for role in ROLES}
    root = Root(version=1, expires=_whole_seconds(now + _ROOT_LIFE), consistent_snapshot=False)
    for role, signer in signers.items():
        root.add_key(signer.public_key, role)
    write_private(folder / ROOT_FILE, _sign(Metadata(root), signers["root"]))


def read_root(folder: Path) -> bytes:
    """The root metadata kiosks pin. Raises FileNotFoundError before `init_keys`."""
    return (folder / ROOT_FILE).read_bytes()


class ContentSigner:
    """Signs what the server vouches for day by day; the root key is not needed."""

    def __init__(self, signers: Mapping[str, CryptoSigner]) -> None:
        self._signers = signers

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Raises FileNotFoundError before `init_keys`."""
        return cls({role: _load_signer(folder, role) for role in LIFE})

    def targets(self, version: int, files: Mapping[str, bytes], now: datetime) -> SignedBytes:
        """Vouch for these files by target path."""
        listed = {path: TargetFile.from_data(path, content) for path, content in files.items()}
        expires = _whole_seconds(now + LIFE["targets"])
        return self._signed(
            "targets", Metadata(Targets(version=version, expires=expires, targets=listed))
        )

    def snapshot(self, version: int, targets: SignedBytes, now: datetime) -> SignedBytes:
        """Vouch that these targets are the newest."""
        meta = {"targets.json": _meta_file(targets)}
        expires = _whole_seconds(now + LIFE["snapshot"])
        return self._signed(
            "snapshot", Metadata(Snapshot(version=version, expires=expires, meta=meta))
        )

    def timestamp(self, version: int, snapshot: SignedBytes, now: datetime) -> SignedBytes:
        """Vouch that this snapshot is the newest now."""
        expires = _whole_seconds(now + LIFE["timestamp"])
        meta = _meta_file(snapshot)
        return self._signed(
            "timestamp", Metadata(Timestamp(version=version, expires=expires, snapshot_meta=meta))
        )

    def _signed(
        self, role: str, metadata: Metadata[Targets] | Metadata[Snapshot] | Metadata[Timestamp]
    ) -> SignedBytes:
        content = _sign(metadata, self._signers[role])
        return SignedBytes(role, metadata.signed.version, content, metadata.signed.expires)


def _meta_file(signed: SignedBytes) -> MetaFile:
    return MetaFile.from_data(signed.version, signed.content, ["sha256"])


def _sign(
    metadata: Metadata[Root] | Metadata[Targets] | Metadata[Snapshot] | Metadata[Timestamp],
    signer: CryptoSigner,
) -> bytes:
    metadata.sign(signer)
    return metadata.to_bytes()


def _whole_seconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)  # TUF's date format has no fractions


def _key_path(folder: Path, role: str) -> Path:
    return folder / f"content-{role}.key"


def _load_signer(folder: Path, role: str) -> CryptoSigner:
    key = load_pem_private_key(_key_path(folder, role).read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"content-{role}.key is not an Ed25519 key")
    return CryptoSigner(key)
