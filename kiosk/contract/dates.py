"""China's time, and the words a date is said with: shared by kiosk and server."""

from datetime import date, timedelta, timezone
from typing import Annotated, Final

from pydantic import Field

from kiosk.contract.model import Strict

CHINA: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China Standard Time: one zone, no summer time since 1991."""


class DateWords(Strict):
    """`assets/text/date.<language>.yaml`."""

    whole: str
    """Names `{year}`, `{month}`, `{day}`, `{month_name}`, `{weekday}`."""
    weekdays: Annotated[tuple[str, ...], Field(min_length=7, max_length=7)]
    """From Monday."""
    months: Annotated[tuple[str, ...], Field(min_length=12, max_length=12)]

    def say(self, day: date) -> str:
        """The whole date. Raises KeyError where `whole` names something else."""
        return self.whole.format(
            year=day.year,
            month=day.month,
            day=day.day,
            month_name=self.months[day.month - 1],
            weekday=self.weekdays[day.weekday()],
        )
