"""公安: takes 无犯罪记录证明 applications and decides within three working days."""

from collections.abc import Callable
from datetime import date
from typing import Final

from fleet_server.departments.contract.models import Accepted, Answer, HandedCase, Refused
from fleet_server.departments.sandbox.decisions import Moment, stranger, unknown_service
from fleet_server.departments.sandbox.records import People
from fleet_server.departments.working_days import CHINA, WorkingCalendar, YearUnknown

LIMIT_WORKING_DAYS: Final = 3
"""《公安机关办理犯罪记录查询工作规定》: three working days from acceptance."""

_ADULT_YEARS: Final = 18


class Police:
    """The county's police station for criminal record inquiries."""

    department = "police"

    def __init__(self, people: People, calendar: WorkingCalendar) -> None:
        self._people = people
        self._calendar = calendar

    def decide(self, case: HandedCase, moment: Moment) -> Answer:
        """Accept a known adult's signed application with its photographed paper."""
        if case.service_id != "police-no-criminal-record":
            return unknown_service()
        applicant = case.applicant
        if not self._people.knows(applicant.number, applicant.name):
            return stranger("公安机关")
        today = moment.now.astimezone(CHINA).date()
        for is_wrong, refusal in _COMPLAINTS:
            if is_wrong(case, today):
                return refusal
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


_COMPLAINTS: Final[tuple[tuple[Callable[[HandedCase, date], bool], Refused], ...]] = (
    (
        _is_minor,
        Refused(
            code="minor",
            reason="申请人未满18周岁，请由监护人陪同到公安窗口办理。",
        ),
    ),
    (
        lambda case, _today: not case.papers,
        Refused(
            code="paper_missing",
            reason="未收到说明用途的材料，请重新申请并拍摄该材料。",
        ),
    ),
    (
        lambda case, _today: not case.signature_png,
        Refused(code="signature_missing", reason="申请未签名，请重新申请并在屏幕上签名。"),
    ),
)
