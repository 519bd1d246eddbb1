"""Uploaded ciphertext by its SHA-256: resumable, checked, fsynced, bounded per kiosk.

An upload belongs to its kiosk until a case claims it:
`objects/uploads/<kiosk>/<sha256>[.part]` becomes `objects/kept/<2 signs>/<sha256>`.
"""

import errno
import hashlib
import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fleet_server.errors import Conflict, FleetError, TooMany, Unavailable, Unprocessable

LARGEST_OBJECT: Final = 20_000_000
"""As `SealedPaper.size`."""

QUOTA_PER_KIOSK: Final = 400_000_000
"""Uploads no case has claimed yet: about a day of photographs at a busy kiosk."""

LARGEST_CHUNK: Final = LARGEST_OBJECT
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_RANGE: Final = re.compile(r"bytes (\d{1,10})-(\d{1,10})/(\d{1,10})")
_ABANDONED_AFTER_S: Final = 24 * 3600.0
"""A kiosk that still has the case asks where its upload stands and begins again."""


_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_RETRY_AFTER_S: Final = 30
"""Somebody must make room first; a kiosk keeps its case meanwhile."""


@dataclass(frozen=True, slots=True)
class ContentRange:
    """One chunk of an object: `bytes first-last/total`."""

    first: int
    last: int
    total: int

    @classmethod
    def parse(cls, text: str) -> "ContentRange":
        """Raises Unprocessable `bad_range` on anything that is not a chunk of an object."""
        match = _RANGE.fullmatch(text)
        if match is None:
            raise Unprocessable("Content-Range", code="bad_range")
        found = cls(*map(int, match.groups()))
        if not found.first <= found.last < found.total:
            raise Unprocessable("Content-Range", code="bad_range")
        if found.total > LARGEST_OBJECT:
            raise FleetError("object too large", code="too_large", status=413)
        return found

    @property
    def length(self) -> int:
        """Bytes in this chunk."""
        return self.last - self.first + 1


class ObjectStore:
    """Files below one folder. Blocking calls, safe from several threads."""

    def __init__(self, folder: Path, *, quota: int = QUOTA_PER_KIOSK) -> None:
        self._uploads = folder / "uploads"
        self._kept = folder / "kept"
        self._quota = quota
        self._writing: set[Path] = set()
        self._lock = threading.Lock()

    def offset(self, kiosk_id: str, sha256: str) -> int | None:
        """How many bytes are here; None once the object is complete."""
        if self._complete(kiosk_id, sha256) is not None:
            return None
        part = self._part(kiosk_id, sha256)
        return part.stat().st_size if part.exists() else 0

    def write(self, kiosk_id: str, sha256: str, chunk: bytes, place: ContentRange) -> bool:
        """Append a chunk, durably; True once the object is complete and its hash is right.

        Raises Conflict `wrong_offset` (with `Upload-Offset`) or `upload_busy`, Unprocessable
        `wrong_length` or `wrong_hash` (the bytes are then thrown away), TooMany `quota`, and
        Unavailable on a full disk, which keeps nothing of the chunk.
        """
        if self._complete(kiosk_id, sha256) is not None:
            return True
        if len(chunk) != place.length:
            raise Unprocessable("body and Content-Range differ", code="wrong_length")
        part = self._part(kiosk_id, sha256)
        with _room(), self._alone(part):
            here = part.stat().st_size if part.exists() else 0
            if place.first == 0 and here >= place.total:
                # we were killed between its last byte and its name: the kiosk begins anew
                part.unlink()
                here = 0
            if place.first != here:
                raise Conflict(
                    "not where the upload stands",
                    code="wrong_offset",
                    headers={"Upload-Offset": str(here)},
                )
            if self._used(kiosk_id) + len(chunk) > self._quota:
                raise TooMany("uploads without a case", code="quota")
            _append(part, chunk)
            if place.last + 1 < place.total:
                return False
            if _hash_of(part) != sha256:
                part.unlink()
                raise Unprocessable("content does not have this hash", code="wrong_hash")
            part.rename(part.with_suffix(""))
            _sync_folder(part.parent)
            return True

    def missing(self, kiosk_id: str, hashes: tuple[str, ...]) -> tuple[str, ...]:
        """Which of these are not completely here."""
        return tuple(h for h in hashes if self._complete(kiosk_id, h) is None)

    def size(self, kiosk_id: str, sha256: str) -> int:
        """Bytes of a complete object. Raises FileNotFoundError."""
        return self._found(kiosk_id, sha256).stat().st_size

    def keep(self, kiosk_id: str, hashes: tuple[str, ...]) -> None:
        """A case claims these: they stay, whatever happens to uploads. Durable on return.

        Call before the commit; a crash in between leaves a file nobody names, no more. Raises
        Unavailable on a full disk; what was claimed before it stays claimed, for the next try.
        """
        for sha256 in hashes:
            kept = self._kept_path(sha256)
            if kept.exists():
                continue
            with _room():
                kept.parent.mkdir(parents=True, exist_ok=True)
                with suppress(FileExistsError):  # the same case, twice at the same moment
                    os.link(self._found(kiosk_id, sha256), kept)
                _sync_folder(kept.parent)

    def release(self, kiosk_id: str, hashes: tuple[str, ...]) -> None:
        """After the commit: these no longer count as the kiosk's unclaimed uploads."""
        for sha256 in hashes:
            self._upload(kiosk_id, sha256).unlink(missing_ok=True)

    def read(self, kiosk_id: str, sha256: str) -> bytes:
        """A complete object. Raises FileNotFoundError."""
        return self._found(kiosk_id, sha256).read_bytes()

    def erase(self, kiosk_id: str, sha256: str) -> None:
        """Remove an object wherever it stands; its case's retention is over. Durable on return."""
        for path in (self._kept_path(sha256), self._upload(kiosk_id, sha256)):
            if path.exists():
                path.unlink(missing_ok=True)
                _sync_folder(path.parent)

    def sweep(self) -> int:
        """Remove uploads untouched for a day; how many."""
        before = time.time() - _ABANDONED_AFTER_S
        found = ((path, _status(path)) for path in self._uploads.glob("*/*"))
        old = [path for path, status in found if status and status.st_mtime < before]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def _found(self, kiosk_id: str, sha256: str) -> Path:
        path = self._complete(kiosk_id, sha256)
        if path is None:
            raise FileNotFoundError(sha256)
        return path

    def _complete(self, kiosk_id: str, sha256: str) -> Path | None:
        candidates = (self._kept_path(sha256), self._upload(kiosk_id, sha256))
        return next((path for path in candidates if path.exists()), None)

    def _kept_path(self, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise Unprocessable("not a SHA-256", code="bad_hash")
        return self._kept / sha256[:2] / sha256

    def _upload(self, kiosk_id: str, sha256: str) -> Path:
        return self._uploads / kiosk_id / sha256

    def _part(self, kiosk_id: str, sha256: str) -> Path:
        return self._uploads / kiosk_id / f"{sha256}.part"

    def _used(self, kiosk_id: str) -> int:
        found = map(_status, (self._uploads / kiosk_id).glob("*"))
        return sum(status.st_size for status in found if status)

    @contextmanager
    def _alone(self, part: Path) -> Iterator[None]:
        with self._lock:
            if part in self._writing:
                raise Conflict("another request is writing it", code="upload_busy")
            self._writing.add(part)
        try:
            yield
        finally:
            with self._lock:
                self._writing.discard(part)


@contextmanager
def _room() -> Iterator[None]:
    """A full disk is no fault of whoever asks, and passes: 503, not 500."""
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        headers = {"Retry-After": str(_RETRY_AFTER_S)}
        raise Unavailable("storage", headers=headers) from error


def _append(part: Path, chunk: bytes) -> None:
    if not part.parent.exists():
        part.parent.mkdir(parents=True, exist_ok=True)
        _sync_folder(part.parent.parent)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        before = os.fstat(descriptor).st_size
        try:
            rest = memoryview(chunk)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
        except OSError:
            # a full disk must not leave half a chunk: the kiosk resumes where it stood
            os.ftruncate(descriptor, before)
            if not before:
                part.unlink()
            raise
    finally:
        os.close(descriptor)


def _status(path: Path) -> os.stat_result | None:
    """None when another thread has just renamed or removed it."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
