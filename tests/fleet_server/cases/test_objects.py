"""The object store alone: quota, claims, abandonment, a full disk."""

import hashlib
import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fleet_server.cases.objects import ContentRange, ObjectStore
from fleet_server.errors import Conflict, FleetError, TooMany, Unavailable, Unprocessable

CONTENT = bytes(range(256)) * 40
SHA256 = hashlib.sha256(CONTENT).hexdigest()
WHOLE = ContentRange(0, len(CONTENT) - 1, len(CONTENT))


@pytest.mark.parametrize(
    "text", ["", "bytes 0-9", "bytes 5-4/10", "bytes 0-10/10", "items 0-1/2", "bytes -1-2/3"]
)
def test_a_range_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Unprocessable):
        ContentRange.parse(text)


def test_uploads_nobody_claims_are_bounded_for_each_kiosk(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path, quota=len(CONTENT))
    assert store.write("hz0001", SHA256, CONTENT, WHOLE)
    with pytest.raises(TooMany):
        store.write("hz0001", "0" * 64, b"x", ContentRange(0, 0, 2))
    assert not store.write("hz0002", "0" * 64, b"x", ContentRange(0, 0, 2))
    store.keep("hz0001", (SHA256,))
    store.release("hz0001", (SHA256,))
    assert not store.write("hz0001", "0" * 64, b"x", ContentRange(0, 0, 2))
    assert store.read("hz0001", SHA256) == CONTENT


def test_a_kiosk_cannot_use_what_another_has_only_uploaded(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path)
    store.write("hz0001", SHA256, CONTENT, WHOLE)
    assert store.missing("hz0002", (SHA256,)) == (SHA256,)


def test_abandoned_uploads_are_removed_and_kept_ones_are_not(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path)
    store.write("hz0001", SHA256, CONTENT, WHOLE)
    store.keep("hz0001", (SHA256,))
    a_day_ago = time.time() - 86_401
    os.utime(tmp_path / "uploads" / "hz0001" / SHA256, (a_day_ago, a_day_ago))
    store.write("hz0001", "0" * 64, b"x", ContentRange(0, 0, 2))
    assert store.sweep() == 1
    assert store.read("hz0001", SHA256) == CONTENT
    assert store.offset("hz0001", "0" * 64) == 1


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file may be longer: the kernel takes a part of a write, then refuses."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_takes_half_of_the_first_chunk_keeps_no_file(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path)
    with room_for(5000), pytest.raises(Unavailable) as refused:
        store.write("hz0001", SHA256, CONTENT, WHOLE)
    assert (refused.value.status, refused.value.headers) == (503, {"Retry-After": "30"})
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_trouble_that_is_not_a_full_disk_keeps_its_name(tmp_path: Path) -> None:
    (tmp_path / "uploads").write_text("a file where the folder should be")
    with pytest.raises(NotADirectoryError):
        ObjectStore(tmp_path).write("hz0001", SHA256, CONTENT, WHOLE)


def test_a_disk_that_takes_half_a_chunk_keeps_none_of_it(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path)
    store.write("hz0001", SHA256, CONTENT[:100], ContentRange(0, 99, len(CONTENT)))
    rest = ContentRange(100, len(CONTENT) - 1, len(CONTENT))
    with room_for(5000), pytest.raises(Unavailable):
        store.write("hz0001", SHA256, CONTENT[100:], rest)
    assert store.offset("hz0001", SHA256) == 100
    assert store.write("hz0001", SHA256, CONTENT[100:], rest)


@pytest.mark.parametrize("found", [CONTENT, bytes(len(CONTENT)), CONTENT + b"more"])
def test_an_upload_that_lost_its_server_before_it_got_its_name_can_begin_anew(
    tmp_path: Path, found: bytes
) -> None:
    store = ObjectStore(tmp_path)
    part = tmp_path / "uploads" / "hz0001" / f"{SHA256}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(found)  # as a kill -9, or a power cut, between the last byte and the name
    assert store.offset("hz0001", SHA256) == len(found)
    assert store.write("hz0001", SHA256, CONTENT, WHOLE)
    assert store.offset("hz0001", SHA256) is None
    assert store.read("hz0001", SHA256) == CONTENT


def test_an_unfinished_upload_is_not_begun_anew_by_a_chunk_that_comes_twice(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path)
    first = ContentRange(0, 99, len(CONTENT))
    store.write("hz0001", SHA256, CONTENT[:100], first)
    with pytest.raises(Conflict):
        store.write("hz0001", SHA256, CONTENT[:100], first)
    assert store.offset("hz0001", SHA256) == 100


@pytest.mark.parametrize("name", ["../../etc/passwd", "AB" * 32, "a" * 63])
def test_a_name_that_is_no_hash_reaches_no_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(FleetError):
        ObjectStore(tmp_path).offset("hz0001", name)


def test_a_file_that_vanishes_while_they_are_counted_is_no_trouble(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path)
    store.write("hz0001", SHA256, CONTENT, WHOLE)
    (tmp_path / "uploads" / "hz0001" / "gone").symlink_to("nowhere")  # listed, then not there
    assert store.sweep() == 0
    assert not store.write("hz0001", "0" * 64, b"x", ContentRange(0, 0, 2))
