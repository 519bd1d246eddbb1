"""Dates, times and numbers as people read them."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from kiosk.services.phrases import PhrasesRefused
from kiosk.services.wording import (
    TEXTS,
    department_names,
    grouped,
    local_number,
    read_date_words,
    say_date,
    say_iso_date,
    say_moment,
)


@pytest.mark.parametrize(
    ("language", "words"), [("zh-CN", "2026年3月5日 周四"), ("en", "Thu 5 Mar 2026")]
)
def test_a_date_is_said_in_each_language(language: str, words: str) -> None:
    assert say_date(language, date(2026, 3, 5)) == words


def test_a_moment_is_said_in_chinas_time_to_the_minute() -> None:
    late = datetime(2026, 11, 22, 16, 30, 59, tzinfo=UTC)
    assert say_moment("zh-CN", late) == "2026年11月23日 周一 00:30"


def test_a_date_that_came_as_text_is_said_and_nonsense_is_left_as_it_is() -> None:
    assert say_iso_date("zh-CN", "2026-11-26") == "2026年11月26日 周四"
    assert say_iso_date("zh-CN", None) == ""
    assert say_iso_date("zh-CN", "三日内") == "三日内"


def test_numbers_are_grouped() -> None:
    assert grouped("13805330042", (3, 4, 4)) == "138 0533 0042"
    assert grouped("138", (3, 4, 4)) == "138"
    assert grouped("12345", (2,)) == "12 345"
    assert local_number("3f2a91bc04de4b7f8a6c5d4e3f2a1b0c") == "3F2A 91BC 04DE"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Mon, ", ""),
        ("Jan, ", ""),
        ("{weekday}", "{hour}"),
        ("{weekday}", "{"),
        ("whole:", "hole:"),
    ],
)
def test_date_words_that_cannot_say_every_date_are_refused_by_name(
    tmp_path: Path, old: str, new: str
) -> None:
    text = (TEXTS / "date.en.yaml").read_text(encoding="utf-8")
    rest = text.split("\n", 1)[1]
    (tmp_path / "date.en.yaml").write_text(rest, encoding="utf-8")
    assert read_date_words(tmp_path / "date.en.yaml").say(date(2026, 3, 5)) == "Thu 5 Mar 2026"
    (tmp_path / "date.en.yaml").write_text(rest.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PhrasesRefused, match=r"date\.en\.yaml"):
        read_date_words(tmp_path / "date.en.yaml")


def test_a_department_has_its_full_name_on_papers() -> None:
    assert department_names(TEXTS, "zh-CN")["social_security"] == "社会保障"


def test_a_department_without_a_name_is_refused_by_file(tmp_path: Path) -> None:
    (tmp_path / "zh-CN.yaml").write_text("department: {tax: {full: 税务}}", encoding="utf-8")
    with pytest.raises(PhrasesRefused, match=r"zh-CN\.yaml: department"):
        department_names(tmp_path, "zh-CN")
