"""公安: takes 无犯罪记录证明 applications and decides within three working days."""

from collections.abc import Callable
from datetime import date
from typing import Final

from fleet_server.departments.contract.models import Accepted, Answer, HandedCase
from fleet_server.departments.sandbox.decisions import Moment, Refusals
from fleet_server.departments.sandbox.records import People
from fleet_server.departments.working_days import WorkingCalendar, YearUnknown
from kiosk.contract.dates import CHINA

LIMIT_WORKING_DAYS: Final = 3
"""《公安机关办理犯罪记录查询工作规定》: three working days from acceptance."""

_ADULT_YEARS: Final = 18


class Police:
    """The county's police station for criminal record inquiries."""

    department = "police"

    def __init__(self, people: People, calendar: WorkingCalendar, refusals: Refusals) -> None:
        self._people = people
        self._calendar = calendar
        self._refusals = refusals

    def decide(self, case: HandedCase, moment: Moment) -> Answer:
        """Accept a known adult's signed application with its photographed paper."""
        if case.service_id != "police-no-criminal-record":
            return self._refusals.unknown_service()
        applicant = case.applicant
        if not self._people.knows(applicant.number, applicant.name):
            return self._refusals.stranger()
        today = moment.now.astimezone(CHINA).date()
        for is_wrong, code in _COMPLAINTS:
            if is_wrong(case, today):
                return self._refusals.say(code)
        return Accepted(
            department_number=f"桓公（刑查）字〔{moment.day[:4]}〕{moment.serial:05d}号",
            accepted_at=moment.now,
            limit_working_days=LIMIT_WORKING_DAYS,
            decide_by=self._due(today),
        )

    def _due(self, today: date) -> date | None:
        try:
            return self._calendar.due(today, LIMIT_WORKING_DAYS)
        except YearUnknown:
            return None


def _is_minor(case: HandedCase, today: date) -> bool:
    birth = case.applicant.number[6:14]
    return f"{today.year - _ADULT_YEARS:04d}{today:%m%d}" < birth


_COMPLAINTS: Final[tuple[tuple[Callable[[HandedCase, date], bool], str], ...]] = (
    (_is_minor, "minor"),
    (lambda case, _today: not case.papers, "paper_missing"),
    (lambda case, _today: not case.signature_png, "signature_missing"),
)
"""What is wrong, and the refusal's code."""
