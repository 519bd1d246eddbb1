"""The emulators' wire: a pty under a stable name, with the pace of a real line."""

import os
import select
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from device_drivers.emulation.pty_line import PtyLine


@pytest.fixture
def heard() -> list[bytes]:
    return []


@pytest.fixture
def line(tmp_path: Path, heard: list[bytes]) -> Iterator[PtyLine]:
    made = PtyLine(tmp_path / "line", heard.append, bytes_per_s=None)
    made.plug()
    yield made
    made.close()


def read_for(descriptor: int, count: int) -> bytes:
    """Read until `count` bytes came; fails the test after 5 s."""
    data = b""
    while len(data) < count:
        assert select.select([descriptor], [], [], 5)[0]
        data += os.read(descriptor, count - len(data))
    return data


def test_bytes_go_both_ways_unchanged(line: PtyLine, heard: list[bytes]) -> None:
    every_byte = bytes(range(256))
    descriptor = os.open(line.link, os.O_RDWR | os.O_NOCTTY)
    line.send(every_byte)
    assert read_for(descriptor, 256) == every_byte
    os.write(descriptor, every_byte)
    deadline = time.monotonic() + 20
    while b"".join(heard) != every_byte and time.monotonic() < deadline:
        time.sleep(0.005)
    assert b"".join(heard) == every_byte
    os.close(descriptor)


def test_one_program_after_another_may_open_it(line: PtyLine) -> None:
    for number in range(3):
        descriptor = os.open(line.link, os.O_RDWR | os.O_NOCTTY)
        line.send(b"%d" % number)
        assert read_for(descriptor, 1) == b"%d" % number
        os.close(descriptor)


def test_unplugging_hangs_up_and_takes_the_name_away(line: PtyLine) -> None:
    descriptor = os.open(line.link, os.O_RDWR | os.O_NOCTTY)
    line.unplug()
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    assert poll.poll(1000)[0][1] & select.POLLHUP
    os.close(descriptor)
    assert not line.link.is_symlink()
    line.plug()
    assert line.link.exists()


def test_plugging_replaces_a_name_left_behind_by_a_killed_program(tmp_path: Path) -> None:
    (tmp_path / "line").symlink_to("nowhere")
    line = PtyLine(tmp_path / "line", lambda data: None, bytes_per_s=None)
    line.plug()
    assert (tmp_path / "line").exists()
    line.close()


def test_the_pace_is_that_of_the_line(tmp_path: Path) -> None:
    line = PtyLine(tmp_path / "line", lambda data: None, bytes_per_s=11520.0)
    line.plug()
    descriptor = os.open(line.link, os.O_RDWR | os.O_NOCTTY)
    before = time.monotonic()
    line.send(bytes(1152))
    took_s = time.monotonic() - before
    assert len(read_for(descriptor, 1152)) == 1152
    assert 0.1 <= took_s < 5
    os.close(descriptor)
    line.close()


def test_unplugging_ends_a_send_under_way(tmp_path: Path) -> None:
    line = PtyLine(tmp_path / "line", lambda data: None, bytes_per_s=10.0)
    line.plug()
    sender = threading.Thread(target=line.send, args=(bytes(1000),))
    sender.start()
    time.sleep(0.05)
    line.unplug()
    sender.join(20)
    assert not sender.is_alive()
    line.close()


def test_what_nobody_reads_is_lost_and_does_not_block(line: PtyLine) -> None:
    for _ in range(100):
        line.send(bytes(1000))
    line.send(b"still here")


def test_closing_leaves_no_thread_and_no_folder_behind() -> None:
    line = PtyLine(None, lambda data: None, bytes_per_s=None)
    line.plug()
    folder = line.link.parent
    assert [thread for thread in threading.enumerate() if thread.name == "pty-line"]
    line.close()
    line.close()
    assert not folder.exists()
    assert not [thread for thread in threading.enumerate() if thread.name == "pty-line"]
