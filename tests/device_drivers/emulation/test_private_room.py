"""A program in namespaces of its own, and what is heard of it when it fails."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from device_drivers.emulation.private_room import PrivateRoom

pytestmark = pytest.mark.slow


class RoomFailed(Exception):
    """What this room raises."""


def room_at(directory: Path | None = None) -> PrivateRoom:
    module = "tests.device_drivers.emulation.room_program"
    return PrivateRoom("the room", module, failure=RoomFailed, end_limit_s=0.5, directory=directory)


def empty(directory: Path) -> None:
    del directory


@pytest.fixture
def room() -> Iterator[PrivateRoom]:
    started = room_at()
    started.start(empty, os.environ)
    yield started
    started.close()


def test_its_network_is_its_own(room: PrivateRoom) -> None:
    assert (room.directory / "hosts").read_text() == "lo"


def test_does_what_is_asked_and_says_what_it_cannot(room: PrivateRoom) -> None:
    room.ask({"do": "work"})
    with pytest.raises(RoomFailed, match=r"what\?"):
        room.ask({"do": "dance"})
    room.ask({"do": "work"})


def test_a_program_that_dies_is_told_at_once_and_ever_after(room: PrivateRoom) -> None:
    with pytest.raises(RoomFailed, match="ended"):
        room.ask({"do": "die"})
    with pytest.raises(RoomFailed, match=r"ended|died"):
        room.ask({"do": "work"})


def test_its_own_folder_goes_with_it_and_a_given_one_stays(
    room: PrivateRoom, tmp_path: Path
) -> None:
    own = room.directory
    room.close()
    room.close()
    assert not own.exists()
    given = room_at(tmp_path / "given")
    given.start(empty, os.environ)
    given.close()
    assert (tmp_path / "given").is_dir()


def test_what_is_not_started_says_so(tmp_path: Path) -> None:
    room = room_at(tmp_path)
    with pytest.raises(RoomFailed, match="not started"):
        room.ask({"do": "work"})
    with pytest.raises(RoomFailed, match="not started"):
        room.directory  # noqa: B018 - asking is the test


def test_a_program_that_cannot_start_says_why_and_may_be_tried_again(tmp_path: Path) -> None:
    room = room_at(tmp_path)
    with pytest.raises(RoomFailed, match="no such reader"):
        room.start(lambda folder: (folder / "refuse").touch(), os.environ)
    room.start(lambda folder: (folder / "refuse").unlink(), os.environ)
    room.ask({"do": "work"})
    room.close()


def test_a_program_that_will_not_end_is_killed(room: PrivateRoom) -> None:
    room.ask({"do": "stay"})
    room.close()
    with pytest.raises(RoomFailed, match="not started"):
        room.ask({"do": "work"})
