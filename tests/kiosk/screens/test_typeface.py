"""Lines break where a Chinese reader expects it, and rare names are drawn."""

from pathlib import Path

import numpy as np
import pytest
from PIL import ImageFont

from kiosk.screens.typeface import Typeface, TypefaceMissing
from provisioning.assets import NOTO
from tests.kiosk.screens.conftest import ASSETS

LONG = (
    "请到人工窗口办理（周一至周五 9:00–17:00），或拨打 0533-8210000。“完税证明打印”现在不能办理："
    "凭条打印机缺纸，故障已记录。受理编号 370321-20261123-000042，请记下。"
)


@pytest.mark.parametrize("width", range(120, 900, 60))
def test_no_line_is_wider_than_its_place_and_nothing_is_lost(
    typeface: Typeface, width: int
) -> None:
    lines = typeface.wrap(LONG, 40, "regular", width)
    assert max(typeface.width(line, 40) for line in lines) <= width
    assert "".join(lines).replace(" ", "") == LONG.replace(" ", "")


@pytest.mark.parametrize("width", range(200, 900, 60))
def test_punctuation_never_begins_a_line_nor_does_an_opening_mark_end_one(
    typeface: Typeface, width: int
) -> None:
    lines = typeface.wrap(LONG, 40, "regular", width)
    assert {line[0] for line in lines} & set("，。：；！？）》」”") == set()
    assert {line[-1] for line in lines} & set("（《「“") == set()


def test_numbers_and_words_stay_whole_where_they_fit(typeface: Typeface) -> None:
    lines = typeface.wrap("请拨打 0533-8210000 或到窗口 Service Centre", 40, "regular", 420)
    assert any("0533-8210000" in line for line in lines)
    assert any("Service" in line for line in lines)


def test_a_number_longer_than_the_line_is_parted_at_its_hyphen(typeface: Typeface) -> None:
    assert typeface.wrap("370321-20261123-000042", 60, "bold", 600) == (
        "370321-20261123-",
        "000042",
    )


def test_a_title_is_parted_where_one_pauses(typeface: Typeface) -> None:
    lines = typeface.wrap("您好，这里可以自助办事", 104, "bold", 900, balanced=True)
    assert lines == ("您好，", "这里可以自助办事")


def test_no_word_stands_lost_on_a_last_line(typeface: Typeface) -> None:
    text = "一二三四五六七八九十一二三四五六七八九十一"
    assert len(text) == 21
    lines = typeface.wrap(text, 40, "regular", 800)
    assert [len(line) for line in lines] != [20, 1]
    assert len(lines) == 2
    assert len(lines[-1]) >= 3


def test_a_lost_word_gets_company_and_the_other_lines_stay_long(typeface: Typeface) -> None:
    lines = typeface.wrap("一二三四五六七八九十" * 4 + "一", 40, "regular", 800)
    assert [len(line) for line in lines] == [18, 18, 5]


def test_a_rare_name_character_is_drawn_by_another_face(typeface: Typeface) -> None:
    rare = "\U00020509"  # 𠔉, Extension B
    empty = np.asarray(typeface.mask("\U0010ffff", 40, "regular", 56))
    drawn = np.asarray(typeface.mask(rare, 40, "regular", 56))
    assert typeface.can_draw(rare)
    assert not typeface.can_draw("\U0010ffff")
    assert drawn.max() > 200
    assert not np.array_equal(drawn, empty)


def test_faces_are_the_simplified_chinese_ones(typeface: Typeface) -> None:
    japanese = ImageFont.truetype(str(NOTO / "NotoSansCJK-Regular.ttc"), 200, index=0)
    ours = ImageFont.truetype(str(ASSETS / "fonts" / "regular.otf"), 200)
    assert ours.getname()[0] == "Noto Sans CJK SC"
    for regional in "直骨令":  # written differently in Japan
        assert bytes(ours.getmask(regional)) != bytes(japanese.getmask(regional))
    assert bytes(ours.getmask("一")) == bytes(japanese.getmask("一"))


def test_the_text_fills_its_line_and_is_not_cut(typeface: Typeface) -> None:
    drawn = np.asarray(typeface.mask("国Ágjy（", 60, "bold", 85))
    rows = np.flatnonzero(drawn.any(axis=1))
    assert rows[0] > 0
    assert rows[-1] < 84


def test_missing_fonts_say_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(TypefaceMissing, match="provisioning.assets"):
        Typeface(tmp_path)
