"""The command that takes pictures of every page takes real ones."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

pytestmark = pytest.mark.slow


def shots(*words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    return subprocess.run(
        [sys.executable, "-m", "kiosk.screens", "shots", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
        env=environment,
    )


def pixels(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def test_every_page_of_a_service_is_photographed_without_a_display(tmp_path: Path) -> None:
    answer = shots("--out", str(tmp_path), "--service", "tax-payment-certificate")
    assert answer.returncode == 0, answer.stderr
    taken = [Path(line) for line in answer.stdout.splitlines()]
    themes = {path.parent.parent.name for path in taken}
    assert themes == {"default", "high_contrast_light", "high_contrast_dark", "night"}
    assert len(taken) >= 4 * 15
    assert {pixels(path).shape for path in taken[:8]} == {(1920, 1080, 3)}
    guide = next(path for path in taken if path.stem.endswith("atguide"))
    assert len(np.unique(pixels(guide).reshape(-1, 3), axis=0)) > 50
    ended = next(path for path in taken if "done-ended" in path.stem)
    assert not np.array_equal(pixels(guide), pixels(ended))
    department = (0x74, 0x20, 0x2C)
    assert tuple(pixels(guide)[5, 5]) == department


def test_the_camera_page_shows_the_live_picture_with_the_page_outlined(tmp_path: Path) -> None:
    police = ("--service", "police-no-criminal-record", "--theme", "default")
    answer = shots("--out", str(tmp_path), *police)
    assert answer.returncode == 0, answer.stderr
    taken = [Path(line) for line in answer.stdout.splitlines()]
    live = pixels(next(path for path in taken if path.stem.endswith("photographing")))
    idle = pixels(next(path for path in taken if path.stem.endswith("signing")))
    paper = (live == (0xF7, 0xF5, 0xEF)).all(axis=2)
    outline = (live == (0xFF, 0xB0, 0x00)).all(axis=2)
    assert paper.sum() > 50_000
    assert outline.sum() > 1_000
    assert not (idle == (0xFF, 0xB0, 0x00)).all(axis=2).any()


def test_a_service_that_is_not_there_is_refused_with_the_names_of_those_that_are(
    tmp_path: Path,
) -> None:
    answer = shots("--out", str(tmp_path), "--service", "no-such-service")
    assert answer.returncode == 2
    assert "tax-payment-certificate" in answer.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--language", "fr"), ("'fr'", "zh-CN", "en")),
        (("--out", "{folder}/file"), ("--out {folder}/file", "File exists")),
        (("--out", "/proc/pictures"), ("--out /proc/pictures", "No such file or directory")),
        (("--assets", "{folder}"), ("--assets {folder}", "No such file or directory")),
        (("--assets", "{folder}/assets"), ("--assets {folder}/assets", "menu.yaml")),
    ],
)
def test_arguments_without_sense_are_refused_in_one_line(
    tmp_path: Path, words: tuple[str, ...], named: tuple[str, ...]
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "assets" / "services").mkdir(parents=True)
    (tmp_path / "assets" / "menu.yaml").write_text("a: [\n b: }", encoding="utf-8")
    given = [word.format(folder=tmp_path) for word in words]
    answer = shots("--out", str(tmp_path / "out"), *given)
    *usage, complaint = answer.stderr.splitlines()
    assert (answer.returncode, answer.stdout) == (2, ""), answer.stderr
    assert [each for each in named if each.format(folder=tmp_path) not in complaint] == []
    assert [line for line in usage if not line.startswith(("usage:", " "))] == []
