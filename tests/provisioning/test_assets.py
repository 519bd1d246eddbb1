"""Fonts and icons are made from what the machine has, and a missing source is named."""

import json
import shutil
from pathlib import Path

import pytest
from PIL import ImageFont

from provisioning.assets import FONTS, MADE, SourceMissing, icon_table, make, missing, write_face

NOTO = Path("/usr/share/fonts/opentype/noto")


def a_style_sheet() -> str:
    rules = [
        f'.ti-sign-{number}:before{{content:"\\{0xEA00 + number:x}"}}' for number in range(1200)
    ]
    return "".join(rules)


@pytest.fixture
def icons(tmp_path: Path) -> Path:
    """A folder as npm brings it; the font is the one made at set-up."""
    folder = tmp_path / "icons"
    (folder / "fonts").mkdir(parents=True)
    shutil.copyfile(FONTS / "icons.ttf", folder / "fonts" / "tabler-icons.ttf")
    (folder / "tabler-icons.min.css").write_text(a_style_sheet(), encoding="utf-8")
    return folder


@pytest.mark.slow
def test_everything_is_made_and_can_be_made_again(tmp_path: Path, icons: Path) -> None:
    target = tmp_path / "fonts"
    make(target, icons=icons)
    assert missing(target) == []
    assert sorted(path.name for path in target.iterdir()) == sorted(MADE)
    make(target, icons=icons)
    assert missing(target) == []
    facts = json.loads((target / "fonts.json").read_text(encoding="utf-8"))
    assert facts["icons"]["sign-7"] == 0xEA07
    assert any(first <= ord("桓") <= last for first, last in facts["coverage"])


@pytest.mark.parametrize(("name", "style"), [("Regular", "Regular"), ("Bold", "Bold")])
def test_the_face_taken_is_the_simplified_chinese_one(
    tmp_path: Path, name: str, style: str
) -> None:
    write_face(NOTO / f"NotoSansCJK-{name}.ttc", tmp_path / "face.otf")
    assert ImageFont.truetype(str(tmp_path / "face.otf"), 20).getname() == (
        "Noto Sans CJK SC",
        style,
    )


def test_both_shapes_of_a_style_sheet_are_read() -> None:
    spread = '.ti-id:before {\n  content: "\\eac3";\n}\n.ti-x::before{content:"\\eb55"}'
    assert icon_table(spread) == {"id": 0xEAC3, "x": 0xEB55}


def test_a_missing_source_is_named_and_nothing_is_left_behind(tmp_path: Path, icons: Path) -> None:
    with pytest.raises(SourceMissing, match="fonts-noto-cjk"):
        make(tmp_path / "fonts", noto=tmp_path / "nowhere", icons=icons)
    with pytest.raises(SourceMissing, match=r"tabler-icons\.ttf"):
        make(tmp_path / "other", icons=tmp_path / "nowhere")
    assert not (tmp_path / "fonts").exists()
    assert not (tmp_path / "other").exists()


def test_a_style_sheet_of_another_kind_is_refused(tmp_path: Path, icons: Path) -> None:
    (icons / "tabler-icons.min.css").write_text("body{}", encoding="utf-8")
    with pytest.raises(SourceMissing, match="0 icons"):
        make(tmp_path / "fonts", icons=icons)
