"""Moments as people say them, in Beijing time."""

from datetime import UTC, datetime, timedelta

from fleet_server.console.times import age_text, clock_text, day_text
from fleet_server.console.words import words_in

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
WORDS = words_in("zh-CN")


def test_an_age_is_in_the_largest_unit_that_fits() -> None:
    ages = [timedelta(seconds=8), timedelta(seconds=61), timedelta(hours=5), timedelta(days=2)]
    said = [age_text(WORDS, NOW - age, now=NOW) for age in ages]
    assert said == ["8 秒前", "1 分钟前", "5 小时前", "2 天前"]
    assert age_text(WORDS, NOW + timedelta(seconds=3), now=NOW) == "0 秒前"
    assert clock_text(WORDS, NOW - timedelta(days=1), now=NOW) == "昨天 12:00"
    assert clock_text(WORDS, NOW - timedelta(days=9), now=NOW) == "11月14日 12:00"
    assert clock_text(WORDS, NOW - timedelta(days=400), now=NOW) == "2025年10月19日 12:00"


def test_a_day_kept_as_iso_text_is_said_as_people_say_it() -> None:
    assert day_text(WORDS, "2026-11-26") == "2026年11月26日"
