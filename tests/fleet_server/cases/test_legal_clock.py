"""The date a citizen is promised: the department's, else counted, else said in working days."""

from datetime import UTC, date, datetime

import pytest

from fleet_server.assets import ASSETS
from fleet_server.cases.handover import decide_by, pause_s
from fleet_server.cases.public_page import case_page
from fleet_server.cases.tables import Case
from fleet_server.departments.contract.models import Accepted
from fleet_server.departments.working_days import WorkingCalendar

CALENDAR = WorkingCalendar.from_folder(ASSETS / "calendar")


def _accepted(at: datetime, by: date | None = None) -> Accepted:
    return Accepted(
        department_number="桓公（刑查）字〔2026〕00001号",
        accepted_at=at,
        limit_working_days=3,
        decide_by=by,
    )


def _page(case_decide_by: str, language: str = "zh-CN") -> str:
    case = Case(
        case_id="1" * 32,
        case_number="370321-20261123-000001",
        service_title="无犯罪记录证明申请",
        department="police",
        department_number="桓公（刑查）字〔2026〕00001号",
        received_at=datetime(2026, 11, 22, 19, 30, tzinfo=UTC),
        state="accepted",
        decide_by=case_decide_by,
        limit_working_days=3,
    )
    return case_page(case, language)


def test_the_departments_own_date_wins() -> None:
    answer = _accepted(datetime(2026, 11, 23, tzinfo=UTC), date(2026, 11, 25))
    assert decide_by(answer, CALENDAR) == "2026-11-25"


def test_else_it_is_counted_from_the_chinese_day_of_acceptance() -> None:
    late = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)  # Monday the 23rd, 01:00 in Huantai
    assert decide_by(_accepted(late), CALENDAR) == "2026-11-26"


def test_a_year_not_announced_gives_no_date_and_an_alarm(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert decide_by(_accepted(datetime(2026, 12, 30, tzinfo=UTC)), CALENDAR) == ""
    assert "calendar of 2027" in caplog.text


def test_the_page_says_the_day_or_the_number_of_working_days() -> None:
    assert "应于 2026年11月26日 周四 前作出决定" in _page("2026-11-26")
    assert "应自受理之日起 3 个工作日内作出决定" in _page("")
    assert "To be decided by Thu 26 Nov 2026" in _page("2026-11-26", "en")


def test_the_page_shows_the_local_time_of_receipt() -> None:
    assert "2026年11月23日 周一 03:30" in _page("2026-11-26")


def test_pauses_grow_and_never_pass_a_minute() -> None:
    for attempts in range(40):
        longest = min(0.5 * 2.0**attempts, 60.0)
        assert longest / 2 <= pause_s(attempts) <= longest
