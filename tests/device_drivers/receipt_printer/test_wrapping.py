import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_drivers.receipt_printer.wrapping import (
    columns_of,
    strip_controls,
    widest_piece,
    wrap,
)

_WORDS = st.text(alphabet="受理编号申请，。！？（）《》“”、：；abc123 -.", max_size=120)


def test_a_chinese_character_takes_two_columns_and_a_latin_letter_one() -> None:
    assert columns_of("无犯罪ABC") == 9


@pytest.mark.parametrize("character", ["—", "“", "·", "…", "×"])
def test_a_character_of_unclear_width_is_as_wide_as_the_printer_draws_it(character: str) -> None:
    assert columns_of(character) == 2


def test_rare_characters_are_full_width_and_combining_marks_take_no_room() -> None:
    assert columns_of("㛃𬌗") == 4
    assert columns_of("e\u0301") == 1


def test_a_full_stop_pulls_the_character_before_it_down_with_it() -> None:
    assert wrap("办理时限三日。", 12) == ["办理时限三", "日。"]


def test_an_opening_bracket_is_never_left_at_the_end_of_a_line() -> None:
    assert wrap("提供材料（原件）", 10) == ["提供材料", "（原件）"]


def test_a_word_that_fits_on_a_line_is_not_broken() -> None:
    assert wrap("编号 ABC-12345 已受理", 12) == ["编号", "ABC-12345 已", "受理"]


def test_a_number_wider_than_the_paper_is_broken_rather_than_lost() -> None:
    lines = wrap("3703212026112300041700001", 10)
    assert "".join(lines) == "3703212026112300041700001"
    assert max(map(len, lines)) == 10


def test_line_breaks_are_kept_and_an_empty_line_stays_empty() -> None:
    assert wrap("甲\r\n\n乙", 20) == ["甲", "", "乙"]


def test_bytes_of_commands_and_hidden_characters_are_taken_out() -> None:
    assert strip_controls("甲\x1b@\x10\x04\x01乙\u202e丙\u200b") == "甲@乙丙"


@given(_WORDS, st.integers(min_value=12, max_value=48))
def test_no_line_is_wider_than_the_paper_and_no_character_is_lost(text: str, columns: int) -> None:
    lines = wrap(text, columns)
    assert all(columns_of(line) <= columns for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@given(st.text(alphabet="受理编号申请用途机关", min_size=1, max_size=30), st.data())
def test_no_line_of_a_sentence_starts_with_closing_punctuation(
    text: str, data: st.DataObject
) -> None:
    marks = data.draw(
        st.lists(st.sampled_from("，。！？）》”：；、"), min_size=len(text), max_size=len(text))
    )
    sentence = "".join(character + mark for character, mark in zip(text, marks, strict=True))
    assert all(line[0] not in "，。！？）》”：；、" for line in wrap(sentence, 16))


def test_a_single_character_never_stands_alone_on_the_last_line() -> None:
    assert wrap("自受理之日起五个工作日内", 22) == ["自受理之日起五个工作", "日内"]


def test_a_last_number_stays_whole_and_alone() -> None:
    assert wrap("金额合计为人民币 5", 16) == ["金额合计为人民币", "5"]


def test_the_dash_of_a_range_opens_no_gap_and_other_dashes_stay() -> None:
    assert wrap("人工服务 9:00–17:00，全年–无休", 48) == ["人工服务 9:00-17:00，全年–无休"]
    assert widest_piece("9:00–17:00") == len("9:00-17:00")
