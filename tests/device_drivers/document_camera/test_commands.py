"""The technician's commands, as processes would call them."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from device_drivers.__main__ import main
from tests.device_drivers.document_camera.scenes import desk_with_sheet, overlap


@pytest.fixture
def photograph(tmp_path: Path) -> str:
    path = tmp_path / "photograph.png"
    cv2.imwrite(str(path), desk_with_sheet(1).picture)
    return str(path)


def test_find_page_says_the_corners_of_each_picture(
    photograph: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty.png"
    cv2.imwrite(str(empty), np.full((600, 800, 3), 90, np.uint8))
    assert main(["document-camera", "find-page", photograph, str(empty)]) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert set(first) == {"file", "quad", "problems", "ms"}
    scene = desk_with_sheet(1)
    assert overlap(first["quad"], scene.corners, scene.picture) > 0.985
    assert first["problems"] == ["too_small"]
    assert (second["file"], second["quad"], second["problems"]) == (str(empty), None, ["no_page"])


def test_flatten_writes_the_page_and_says_what_it_measured(
    photograph: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "page.png"
    assert main(["document-camera", "flatten", photograph, "--out", str(out)]) == 0
    measured = json.loads(capsys.readouterr().out)
    assert set(measured) == {"width", "height", "dpi", "sharpness", "glare", "problems"}
    assert (measured["width"], measured["height"], measured["dpi"]) == (1654, 2339, 200)
    written = cv2.imread(str(out))
    assert written is not None
    assert written.shape == (2339, 1654, 3)


def test_flatten_without_a_page_is_a_refusal_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty.png"
    cv2.imwrite(str(empty), np.full((600, 800, 3), 90, np.uint8))
    out = tmp_path / "page.png"
    assert main(["document-camera", "flatten", str(empty), "--out", str(out)]) == 0
    assert json.loads(capsys.readouterr().out)["problems"] == ["no_page"]
    assert not out.exists()


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (None, "No such file or directory"),
        (b"", "no picture OpenCV can read"),
        (b"rubbish", "no picture OpenCV can read"),
    ],
)
def test_a_file_that_is_no_picture_is_named_and_the_others_are_still_looked_at(
    photograph: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    content: bytes | None,
    error: str,
) -> None:
    path = tmp_path / "picture.png"
    if content is not None:
        path.write_bytes(content)
    assert main(["document-camera", "find-page", str(path), photograph]) == 2
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first == {"file": str(path), "error": error}
    assert second["file"] == photograph
    assert second["quad"] is not None


def test_flattening_what_is_no_picture_exits_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [f"{tmp_path}/absent.png", "--out", f"{tmp_path}/page.png"]
    assert main(["document-camera", "flatten", *arguments]) == 2
    assert capsys.readouterr().out == ""
