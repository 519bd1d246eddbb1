"""A program in namespaces of its own, and what is heard of it when it fails."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from device_drivers.emulation.private_room import PrivateRoom

pytestmark = pytest.mark.slow


class RoomFailed(Exception):
    """What this room raises."""


def room_at(directory: Path | None = None, *, end_limit_s: float = 0.5) -> PrivateRoom:
    return PrivateRoom(
        "the room",
        "tests.device_drivers.emulation.room_program",
        failure=RoomFailed,
        end_limit_s=end_limit_s,
        directory=directory,
    )


def empty(directory: Path) -> None:
    del directory


def is_running(directory: Path) -> bool:
    return Path("/proc", (directory / "pid").read_text()).exists()


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


def test_a_folder_that_cannot_be_furnished_is_not_left_behind() -> None:
    seen: list[Path] = []

    def fail(folder: Path) -> None:
        seen.append(folder)
        (folder / "half").touch()
        raise OSError("disk full")

    room = room_at()
    with pytest.raises(OSError, match="disk full"):
        room.start(fail, os.environ)
    assert [each.exists() for each in seen] == [False]
    room.start(empty, os.environ)
    room.close()


def test_a_system_without_unshare_is_told_and_no_folder_stays(tmp_path: Path) -> None:
    seen: list[Path] = []
    room = room_at()
    with pytest.raises(RoomFailed, match="unshare: No such file"):
        room.start(seen.append, {"PATH": str(tmp_path)})
    assert [each.exists() for each in seen] == [False]
    room.start(empty, os.environ)
    room.close()


def test_a_program_that_babbles_when_it_starts_is_ended(tmp_path: Path) -> None:
    room = room_at(tmp_path)
    with pytest.raises(RoomFailed, match="no reply: b'Segmentation"):
        room.start(lambda folder: (folder / "babble").touch(), os.environ)
    assert not is_running(tmp_path)


def test_a_program_that_babbles_when_it_is_asked_is_ended(tmp_path: Path) -> None:
    room = room_at(tmp_path)
    room.start(empty, os.environ)
    assert is_running(tmp_path)
    with pytest.raises(RoomFailed, match="no reply"):
        room.ask({"do": "babble"})
    assert not is_running(tmp_path)
    with pytest.raises(RoomFailed, match="died"):
        room.ask({"do": "work"})
    room.close()


def test_a_program_that_does_not_answer_is_ended_and_a_late_answer_is_nobodys(
    tmp_path: Path,
) -> None:
    room = room_at(tmp_path)
    room.start(empty, os.environ)
    room._reply_limit_s = 0.3
    began = time.monotonic()
    with pytest.raises(RoomFailed, match="no answer in 0.3 s"):
        room.ask({"do": "work", "dawdle_s": 60})
    assert time.monotonic() - began < 40  # it dawdles for a minute
    assert not is_running(tmp_path)
    with pytest.raises(RoomFailed, match="died"):
        room.ask({"do": "work"})
    room.close()


def asking(room: PrivateRoom, dawdle_s: float) -> tuple[threading.Thread, list[str]]:
    """Ask in a thread of its own; what it heard is in the list when it has ended."""
    heard: list[str] = []

    def ask() -> None:
        try:
            room.ask({"do": "work", "dawdle_s": dawdle_s})
            heard.append("done")
        except RoomFailed as failure:
            heard.append(str(failure))

    thread = threading.Thread(target=ask)
    thread.start()
    arrived = room.directory / "arrived"
    deadline = time.monotonic() + 20
    while not arrived.exists() and time.monotonic() < deadline:
        time.sleep(0.001)
    assert arrived.exists()
    return thread, heard


def test_closing_waits_for_the_answer_under_way() -> None:
    room = room_at(end_limit_s=20)
    room.start(empty, os.environ)
    thread, heard = asking(room, 0.2)
    room.close()
    thread.join(20)
    assert heard == ["done"]


def test_closing_breaks_off_what_is_not_answered(room: PrivateRoom) -> None:
    began = time.monotonic()
    thread, heard = asking(room, 60)
    room.close()
    thread.join(20)
    assert time.monotonic() - began < 40  # it dawdles for a minute
    assert heard == ["the room ended; see standard error"]


def test_a_room_is_started_once(room: PrivateRoom) -> None:
    with pytest.raises(RoomFailed, match="already"):
        room.start(empty, os.environ)
    room.ask({"do": "work"})
