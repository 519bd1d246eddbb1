"""The working calendar of 2026 as announced, and honesty about the years that are not."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from fleet_server.assets import ASSETS
from fleet_server.departments.working_days import WorkingCalendar, YearUnknown

CALENDAR = WorkingCalendar.from_folder(ASSETS / "calendar")


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2026-11-23", 3, "2026-11-26"),
        ("2026-11-26", 3, "2026-12-01"),  # over a weekend
        ("2026-11-28", 3, "2026-12-02"),  # taken in on a Saturday: counts from Monday
        ("2026-09-30", 1, "2026-10-08"),  # National Day
        ("2026-10-09", 1, "2026-10-10"),  # a Saturday that is worked
        ("2026-02-13", 2, "2026-02-24"),  # Spring Festival, with its worked Saturday
    ],
)
def test_the_day_of_acceptance_does_not_count(start: str, days: int, due: str) -> None:
    assert CALENDAR.due(date.fromisoformat(start), days) == date.fromisoformat(due)


def test_2026_has_248_working_days() -> None:
    # 365 days − 104 weekend days − 19 weekdays off + 6 weekend days worked
    every_day = (date(2026, 1, 1) + timedelta(days=n) for n in range(365))
    assert sum(map(CALENDAR.is_working, every_day)) == 248


def test_a_limit_that_runs_into_an_unannounced_year_is_not_guessed() -> None:
    with pytest.raises(YearUnknown):
        CALENDAR.due(date(2026, 12, 30), 3)


def test_a_calendar_that_lists_an_ordinary_day_is_refused(tmp_path: Path) -> None:
    text = "year: 2026\nholidays: [2026-10-03]\nworked: []\n"  # a Saturday is off anyway
    (tmp_path / "2026.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="not exceptions"):
        WorkingCalendar.from_folder(tmp_path)
