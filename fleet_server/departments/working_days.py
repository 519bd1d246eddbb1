"""The Chinese working calendar (工作日): weekends, holidays and exchanged days, year by year.

The State Council announces each year by notice, so years are dated files in
`assets/calendar`; a year without a file is not guessed.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import yaml
from pydantic import model_validator

from kiosk.contract.model import Strict


class YearUnknown(Exception):
    """No notice for this year is on file."""

    def __init__(self, year: int) -> None:
        super().__init__(f"no working calendar for {year}")
        self.year = year


class CalendarYear(Strict):
    """One year's notice: the exceptions to Monday to Friday."""

    year: int
    holidays: tuple[date, ...]
    worked: tuple[date, ...]

    @model_validator(mode="after")
    def _exceptions_only(self) -> "CalendarYear":
        wrong = [day for day in self.holidays if day.weekday() > 4 or day.year != self.year]
        wrong += [day for day in self.worked if day.weekday() < 5 or day.year != self.year]
        if wrong:
            raise ValueError(f"not exceptions of {self.year}: {wrong}")
        return self


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Which days count for a legal limit."""

    years: dict[int, CalendarYear]

    @classmethod
    def from_folder(cls, folder: Path) -> "WorkingCalendar":
        """Read every `<year>.yaml`. Raises ValueError on a file that is no calendar."""
        found = (
            CalendarYear.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
            for path in sorted(folder.glob("*.yaml"))
        )
        return cls({year.year: year for year in found})

    def is_working(self, day: date) -> bool:
        """Is `day` worked? Raises YearUnknown."""
        if day.year not in self.years:
            raise YearUnknown(day.year)
        year = self.years[day.year]
        return day in year.worked or (day.weekday() < 5 and day not in year.holidays)

    def due(self, start: date, working_days: int) -> date:
        """The last day of a limit; the day it starts on does not count. Raises YearUnknown."""
        day, left = start, working_days
        while left:
            day += timedelta(days=1)
            left -= self.is_working(day)
        return day
