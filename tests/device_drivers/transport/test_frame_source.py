import os
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
