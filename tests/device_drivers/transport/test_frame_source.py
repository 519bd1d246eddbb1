import os
import struct
import threading
import time
import zlib
from collections import deque
from pathlib import Path

import cv2
import numpy as np
import pytest

from device_drivers.errors import DeviceGarbled, DeviceMissing
from device_drivers.ports import Port
from device_drivers.transport.frame_source import FrameSource


def _source(path: Path) -> FrameSource:
    return FrameSource(Port.parse(f"images:{path}"), device="document_camera")


def _put(path: Path, grey: int, *, age_s: int = 0) -> None:
    assert cv2.imwrite(str(path), np.full((60, 80, 3), grey, np.uint8))
    then = path.stat().st_mtime - age_s
    os.utime(path, (then, then))


def test_a_folder_shows_its_newest_picture(tmp_path: Path) -> None:
    _put(tmp_path / "b.png", 10, age_s=60)
    _put(tmp_path / "a.png", 200)
    source = _source(tmp_path)
    assert source.read().mean() == 200
    _put(tmp_path / "b.png", 30, age_s=-60)
    assert source.read().mean() == 30


def test_a_picture_renamed_over_the_old_one_is_seen(tmp_path: Path) -> None:
    source = _source(tmp_path)
    _put(tmp_path / "frame.png", 10)
    assert source.read().mean() == 10
    _put(tmp_path / ".half.png", 20, age_s=60)
    (tmp_path / ".half.png").rename(tmp_path / "frame.png")
    assert source.read().mean() == 20


def test_an_empty_folder_is_an_empty_desk(tmp_path: Path) -> None:
    source = _source(tmp_path)
    assert source.read().std() == 0
    _put(tmp_path / "frame.png", 10)
    assert source.read().mean() == 10
    (tmp_path / "frame.png").unlink()
    frame = source.read()
    assert (frame.std(), frame.mean()) == (0, 96)


def test_files_that_are_no_pictures_are_not_looked_at(tmp_path: Path) -> None:
    _put(tmp_path / "frame.png", 10, age_s=60)
    (tmp_path / "notes.txt").write_text("x", encoding="utf-8")
    (tmp_path / ".frame.jpg.half").write_bytes(b"x")
    assert _source(tmp_path).read().mean() == 10


def test_a_picture_that_does_not_decode_is_garbled(tmp_path: Path) -> None:
    (tmp_path / "frame.jpg").write_bytes(b"\xff\xd8\xff rubbish")
    with pytest.raises(DeviceGarbled):
        _source(tmp_path).read()


def test_a_folder_that_goes_is_a_camera_that_is_gone_and_may_come_back(tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    folder.mkdir()
    source = _source(folder)
    source.open()
    folder.rmdir()
    with pytest.raises(DeviceMissing):
        source.read()
    folder.mkdir()
    assert source.read().size


@pytest.mark.parametrize("port", ["v4l2:/dev/no-such-video", "images:/no/such/folder"])
def test_what_is_not_there_is_missing(port: str) -> None:
    with pytest.raises(DeviceMissing):
        FrameSource(Port.parse(port), device="document_camera").open()


def test_a_video_plays_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "desk.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 50, (160, 120))
    for grey in (40, 120, 200):
        writer.write(np.full((120, 160, 3), grey, np.uint8))
    writer.release()
    source = _source(path)
    seen = [round(float(source.read().mean()) / 40) for _ in range(5)]
    source.close()
    source.close()
    assert seen == [1, 3, 5, 1, 3]


def test_a_file_that_is_no_video_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "desk.avi"
    path.write_bytes(b"rubbish")
    with pytest.raises(DeviceMissing):
        _source(path).read()


def test_a_port_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="neither"):
        FrameSource(Port.parse("tcp:127.0.0.1:9100"), device="document_camera")


def test_a_pipe_and_a_folder_with_a_picture_s_name_are_not_looked_at(tmp_path: Path) -> None:
    _put(tmp_path / "frame.png", 10, age_s=60)
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "folder.png").mkdir()
    assert _source(tmp_path).read().mean() == 10


def test_a_grey_picture_has_three_channels_like_any_other(tmp_path: Path) -> None:
    assert cv2.imwrite(str(tmp_path / "frame.png"), np.full((60, 80), 50, np.uint8))
    assert _source(tmp_path).read().shape == (60, 80, 3)


@pytest.mark.parametrize("size", [(1, 1), (2, 4000), (60, 9000)])
def test_a_frame_of_a_size_no_camera_has_is_garbled(tmp_path: Path, size: tuple[int, int]) -> None:
    assert cv2.imwrite(str(tmp_path / "frame.png"), np.zeros((*size, 3), np.uint8))
    with pytest.raises(DeviceGarbled, match=f"{size[1]} × {size[0]}"):
        _source(tmp_path).read()


def test_a_picture_that_claims_more_pixels_than_memory_is_garbled(tmp_path: Path) -> None:
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk
    (tmp_path / "frame.png").write_bytes(png + struct.pack(">I", zlib.crc32(chunk)) + bytes(64))
    with pytest.raises(DeviceGarbled):
        _source(tmp_path).read()


def test_frames_may_change_their_size_from_one_to_the_next(tmp_path: Path) -> None:
    source = _source(tmp_path)
    shapes = []
    for height in (60, 240, 120):
        assert cv2.imwrite(str(tmp_path / ".half.png"), np.zeros((height, 200, 3), np.uint8))
        (tmp_path / ".half.png").rename(tmp_path / "frame.png")
        shapes.append(source.read().shape[0])
    assert shapes == [60, 240, 120]


def test_a_video_cut_short_plays_what_is_left_of_it(tmp_path: Path) -> None:
    path = tmp_path / "desk.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 60, (160, 120))
    chance = np.random.default_rng(1)
    for _ in range(12):
        writer.write(chance.integers(0, 255, (120, 160, 3), np.uint8))
    writer.release()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    source = _source(path)
    assert {source.read().shape for _ in range(20)} == {(120, 160, 3)}
    source.close()


class PluggedCamera:
    """Stands in for a V4L2 device: this needs hardware, and a machine that tests has none."""

    frames: "deque[np.ndarray | None]" = deque()
    """What it gives next; None is a cable that is out."""
    opened = 0
    released = 0

    def __init__(self, path: str, api: int) -> None:
        assert (path, api) == ("/dev/null", cv2.CAP_V4L2)
        type(self).opened += 1
        self._frame: np.ndarray | None = None

    def isOpened(self) -> bool:  # noqa: N802  OpenCV's name
        return bool(self.frames)

    def set(self, what: int, value: float) -> bool:
        assert what in {cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT}
        return value > 0

    def grab(self) -> bool:
        time.sleep(0.005)  # longer than a queued frame takes: it is fresh
        self._frame = self.frames.popleft() if self.frames else None
        return self._frame is not None

    def retrieve(self) -> "tuple[bool, np.ndarray | None]":
        return True, self._frame

    def release(self) -> None:
        type(self).released += 1


@pytest.fixture
def camera(monkeypatch: pytest.MonkeyPatch) -> type[PluggedCamera]:
    monkeypatch.setattr(cv2, "VideoCapture", PluggedCamera)
    PluggedCamera.frames.clear()
    PluggedCamera.opened = PluggedCamera.released = 0
    return PluggedCamera


def _frame_of(grey: int) -> np.ndarray:
    return np.full((120, 160, 3), grey, np.uint8)


@pytest.mark.slow
def test_a_camera_pulled_and_plugged_in_again_goes_on_by_itself(
    camera: type[PluggedCamera],
) -> None:
    source = FrameSource(Port.parse("v4l2:/dev/null"), device="document_camera")
    for turn in range(100):
        camera.frames.extend([_frame_of(turn), None])
        assert source.read()[0, 0, 0] == turn
        with pytest.raises(DeviceMissing, match="stopped giving frames"):
            source.read()
    assert camera.opened == camera.released == 100


def test_a_camera_that_does_not_open_is_missing_and_let_go(camera: type[PluggedCamera]) -> None:
    source = FrameSource(Port.parse("v4l2:/dev/null"), device="document_camera")
    with pytest.raises(DeviceMissing, match="does not open"):
        source.read()
    assert camera.opened == camera.released == 1


def test_a_camera_s_grey_frames_are_taken_and_its_nonsense_is_garbled(
    camera: type[PluggedCamera],
) -> None:
    source = FrameSource(Port.parse("v4l2:/dev/null"), device="document_camera")
    camera.frames.extend([np.full((120, 160), 7, np.uint8), np.zeros((0, 0, 3), np.uint8)])
    assert source.read().shape == (120, 160, 3)
    with pytest.raises(DeviceGarbled):
        source.read()
    source.close()


@pytest.mark.slow
def test_nothing_is_left_of_three_hundred_sources(tmp_path: Path) -> None:
    path = tmp_path / "desk.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 60, (160, 120))
    writer.write(_frame_of(90))
    writer.release()

    def open_and_close(times: int) -> tuple[int, int]:
        for _ in range(times):
            source = _source(path)
            source.read()
            source.close()
        return len(os.listdir("/proc/self/fd")), threading.active_count()

    before = open_and_close(3)
    assert open_and_close(300) == before
