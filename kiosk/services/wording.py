"""Dates, times and numbers as people read them, in each language."""

from datetime import date, datetime, timedelta, timezone
from typing import Final

CHINA_TIME: Final = timezone(timedelta(hours=8), "CST")
"""China Standard Time: one zone, no summer time since 1991."""

_WEEKDAYS: Final = {
    "zh-CN": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
_MONTHS: Final = (
    ("Jan", "Feb", "Mar", "Apr", "May", "Jun")
    + ("Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
)  # fmt: skip


def say_date(language: str, day: date) -> str:
    """2026年3月5日 周四, or Thu 5 Mar 2026."""
    weekday = _WEEKDAYS[language][day.weekday()]
    if language == "zh-CN":
        return f"{day.year}年{day.month}月{day.day}日 {weekday}"
    return f"{weekday} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def say_moment(language: str, moment: datetime) -> str:
    """The date and the minute in China's time: 2026年3月5日 周四 09:05."""
    local = moment.astimezone(CHINA_TIME)
    return f"{say_date(language, local.date())} {local:%H:%M}"


def say_iso_date(language: str, text: str | None) -> str:
    """A date that came as ISO text; empty for None, the text itself where it is no date."""
    if not text:
        return ""
    try:
        return say_date(language, date.fromisoformat(text[:10]))
    except ValueError:
        return text


def grouped(digits: str, groups: tuple[int, ...]) -> str:
    """`grouped("13812345678", (3, 4, 4))` → `138 1234 5678`; what is left over comes last."""
    parts: list[str] = []
    rest = digits
    for size in groups:
        if rest:
            parts.append(rest[:size])
            rest = rest[size:]
    return " ".join([*parts, rest] if rest else parts)


def local_number(case_id: str) -> str:
    """The number of an offline slip: the case id's first twelve signs in fours."""
    return grouped(case_id[:12].upper(), (4, 4, 4))


def mask_phone(digits: str) -> str:
    """`138****5678`."""
    return f"{digits[:3]}****{digits[7:]}" if len(digits) == 11 else digits
