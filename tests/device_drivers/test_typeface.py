import pytest
from fontTools.ttLib import TTFont

from device_drivers.typeface import can_draw, font_for


@pytest.mark.parametrize("bold", [False, True])
def test_the_simplified_chinese_face_is_taken_out_of_the_collection(bold: bool) -> None:
    assert font_for("直", 24, bold=bold).getname()[0] == "Noto Sans Mono CJK SC"


@pytest.mark.parametrize("character", "中A—€㛃𬌗")
def test_characters_of_names_and_receipts_can_be_drawn(character: str) -> None:
    assert can_draw(character)


def test_what_noto_lacks_is_drawn_by_hanazono() -> None:
    rare = "\U00020001"
    font = font_for(rare, 24)
    assert font.getname()[0] == "HanaMinB"
    with TTFont(font.path, lazy=True) as opened:
        assert ord(rare) in opened.getBestCmap()


def test_a_character_nobody_holds_is_said_to_be_undrawable() -> None:
    assert not can_draw("\U000e0100")


def test_chinese_is_one_em_wide_and_latin_half_an_em() -> None:
    assert font_for("中", 24).getlength("中") == 24
    assert font_for("A", 24).getlength("A") == 12
