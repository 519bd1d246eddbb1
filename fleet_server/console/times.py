"""Moments as people in the hall say them: Beijing time, never more precise than needed."""

from datetime import date, datetime, timedelta

from fleet_server.console.words import Words
from kiosk.contract.dates import CHINA


def clock_text(words: Words, moment: datetime, *, now: datetime, seconds: bool = False) -> str:
    """`01:20` today, `昨天 01:20`, `11月22日 01:20`, or with the year when it is another one."""
    local, today = moment.astimezone(CHINA), now.astimezone(CHINA)
    time = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    if local.date() == today.date():
        return time
    if local.date() == today.date() - timedelta(days=1):
        return words("time.yesterday", time=time)
    key = "time.day" if local.year == today.year else "time.date"
    day = words(key, year=local.year, month=local.month, day=local.day)
    return f"{day} {time}"


def full_text(words: Words, moment: datetime) -> str:
    """The whole of it, to the second."""
    local = moment.astimezone(CHINA)
    day = words("time.date", year=local.year, month=local.month, day=local.day)
    return f"{day} {local:%H:%M:%S}"


def day_text(words: Words, iso: str) -> str:
    """A date that is kept as ISO text: `2026年11月26日`."""
    day = date.fromisoformat(iso)
    return words("time.date", year=day.year, month=day.month, day=day.day)


def age_text(words: Words, moment: datetime, *, now: datetime) -> str:
    """`8 秒前`, `3 分钟前`, `2 小时前`, `4 天前`; the page counts on by itself."""
    seconds = max(int((now - moment).total_seconds()), 0)
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= length:
            return words(f"time.ago.{unit}", n=seconds // length)
    return words("time.ago.seconds", n=seconds)
