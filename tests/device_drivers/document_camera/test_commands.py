"""The technician's commands, as processes would call them."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from device_drivers.__main__ import main
from device_drivers.document_camera.papers import employer_letter
from tests.device_drivers.document_camera.scenes import desk_with_sheet, overlap


@pytest.fixture
def photograph(tmp_path: Path) -> str:
    path = tmp_path / "photograph.png"
    cv2.imwrite(str(path), desk_with_sheet(1).picture)
    return str(path)


@pytest.mark.slow
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


@pytest.mark.slow
def test_read_text_says_the_lines_of_each_picture_and_goes_on_after_one_that_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    letter = np.asarray(employer_letter())[180:540, :, ::-1]
    path, rubbish = tmp_path / "letter.png", tmp_path / "rubbish.png"
    assert cv2.imwrite(str(path), np.ascontiguousarray(letter))
    rubbish.write_bytes(b"rubbish")
    assert main(["document-camera", "read-text", str(rubbish), str(path)]) == 2
    refused, read = map(json.loads, capsys.readouterr().out.splitlines())
    assert refused == {"file": str(rubbish), "error": "no picture OpenCV can read"}
    assert set(read) == {"file", "lines", "ms"}
    assert [line["text"] for line in read["lines"]] == [
        "桓台县云杉精密机械有限公司",
        "关于开具无犯罪记录证明的用途说明",
    ]
    assert {tuple(line) for line in read["lines"]} == {("text", "score", "quad")}
    assert np.array(read["lines"][0]["quad"]).shape == (4, 2)


@pytest.mark.slow
def test_flatten_can_clean_the_page_and_be_told_its_paper(
    photograph: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "page.png"
    told = ["--look", "grey", "--paper", "a4", "--dpi", "100", "--out", str(out)]
    assert main(["document-camera", "flatten", photograph, *told]) == 0
    assert json.loads(capsys.readouterr().out)["width"] == 827
    written = cv2.imread(str(out))
    assert written is not None
    assert np.ptp(written, axis=2).max() == 0
