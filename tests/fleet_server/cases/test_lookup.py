"""What the console is told: masked lists, figures, and one audited look behind the mask."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from fleet_server.audit.tables import AuditEntry
from fleet_server.cases.desk import CaseDesk
from fleet_server.cases.intake import take
from fleet_server.cases.lookup import CaseFilter, case_detail, count_cases, list_cases, unmask
from fleet_server.database import Database
from fleet_server.errors import NotFound, Unprocessable
from fleet_server.live import LiveBus
from kiosk.contract.cases import CaseState
from tests.fleet_server.small_hall import Hall, make_hall, police_payload, submission

MORNING = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
"""10:00 in Huantai."""


class Office:
    """Three cases of two days, taken in by two kiosks."""

    def __init__(self, hall: Hall, content: str, database: Database) -> None:
        self.database = database
        self.desk = CaseDesk.open(hall.settings)
        live = LiveBus()
        for number, kiosk_id, service_id, at in (
            (1, "hz0001", "tax-payment-certificate", MORNING - timedelta(hours=11)),
            (2, "hz0002", "tax-payment-certificate", MORNING - timedelta(hours=9)),
            (3, "hz0001", "real-estate-registration-result", MORNING),
        ):
            payload = police_payload() if number == 3 else None
            case = submission(hall, content, number, service_id=service_id, payload=payload)
            take(database, self.desk, live, kiosk_id=kiosk_id, sealed=case.case, now=at)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    hall = make_hall(tmp_path_factory.mktemp("office"), departments=())
    content = hall.content
    database = Database(hall.settings.database_file)
    yield Office(hall, content, database)
    database.close()


@pytest.mark.parametrize(
    ("case_filter", "found"),
    [
        (CaseFilter(), [3, 2, 1]),
        (CaseFilter(department="tax"), [2, 1]),
        (CaseFilter(kiosk_id="hz0001"), [3, 1]),
        (CaseFilter(state="completed"), []),
        (CaseFilter(text="20261123-000002"), [3]),
        (CaseFilter(text=f"{1:032x}"), [1]),
        (CaseFilter(text="%"), []),
    ],
)
def test_a_list_shows_what_its_filter_says_newest_first(
    office: Office, case_filter: CaseFilter, found: list[int]
) -> None:
    with office.database.read() as session:
        listed = list_cases(session, case_filter)
    assert [int(case.case_id, 16) for case in listed.cases] == found
    assert listed.total == len(found)


def test_a_page_of_a_list_knows_the_whole_number(office: Office) -> None:
    with office.database.read() as session:
        listed = list_cases(session, CaseFilter(), limit=1, offset=1)
    assert ([int(case.case_id, 16) for case in listed.cases], listed.total) == ([2], 3)


def test_the_day_of_case_numbers_and_figures_is_the_chinese_one(office: Office) -> None:
    with office.database.read() as session:
        numbers = [case.case_number for case in list_cases(session, CaseFilter()).cases]
        counts = count_cases(session, now=MORNING)
    # 23:00 on the 22nd, 01:00 and 10:00 on the 23rd
    assert numbers == [
        "370321-20261123-000002",
        "370321-20261123-000001",
        "370321-20261122-000001",
    ]
    assert counts.today == 2
    assert counts.by_state[CaseState.RECEIVED] == 3
    assert counts.waiting_by_department == {"tax": 2, "real_estate": 1}


def test_looking_behind_the_mask_is_written_down_with_its_reason(office: Office) -> None:
    case_id = f"{3:032x}"
    with office.database.write() as session:
        seen = unmask(session, office.desk, case_id, actor="jiandu", reason="核对投诉", now=MORNING)
    assert (seen.applicant.name, seen.answers["use"]) == ("张明远", "work")
    with office.database.read() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.n.desc())).first()
        events = case_detail(session, case_id).events
    assert entry is not None
    assert (entry.actor, entry.action, entry.facts) == (
        "jiandu",
        "case_unmasked",
        {"reason": "核对投诉"},
    )
    assert (events[-1].actor, events[-1].what) == ("user:jiandu", "unmasked")
    assert "张" not in f"{seen!r}{entry.facts}{entry.target}"


def test_without_a_reason_nothing_is_unmasked(office: Office) -> None:
    with office.database.write() as session, pytest.raises(Unprocessable):
        unmask(session, office.desk, f"{3:032x}", actor="jiandu", reason=" ", now=MORNING)


def test_an_unknown_case_is_not_found(office: Office) -> None:
    with office.database.read() as session, pytest.raises(NotFound):
        case_detail(session, "0" * 32)
