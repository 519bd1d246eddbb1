"""What is over is gone, from the disk too; what is not stays."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from fleet_server.audit.reading import newest
from fleet_server.cases.desk import CaseDesk
from fleet_server.cases.intake import take
from fleet_server.cases.lookup import case_detail, unmask
from fleet_server.cases.objects import ContentRange
from fleet_server.cases.tables import Case, RefusedEnvelope
from fleet_server.commands.tables import CommandRow
from fleet_server.database import Database
from fleet_server.enrolment.tables import EnrolToken
from fleet_server.errors import Conflict
from fleet_server.kiosks.tables import EventRow, Outbox
from fleet_server.live import LiveBus
from fleet_server.retention.repository import AT_ONCE
from fleet_server.retention.service import sweep
from kiosk.store.vault import Paper
from tests.fleet_server.small_hall import (
    Hall,
    Submission,
    make_hall,
    open_database,
    police_payload,
    submission,
    tax_payload,
)
from tests.fleet_server.wire import StoppedClock

PAGE = Paper(name="use_paper", media_type="image/jpeg", content=b"\xff\xd8" + bytes(range(256)) * 9)
POLICE, TAX = "police-no-criminal-record", "tax-payment-certificate"


class Counter:
    """An initialised server's parts without the server, and a clock to turn."""

    def __init__(self, hall: Hall, content: str, database: Database) -> None:
        self.content = content
        self.hall, self.database, self.clock = hall, database, StoppedClock()
        self.desk = CaseDesk.open(hall.settings)

    def take(self, number: int, service_id: str, **state: object) -> Submission:
        """A case in this state, answered now."""
        payload, papers = (
            (police_payload(), (PAGE,)) if service_id == POLICE else (tax_payload(), ())
        )
        each = submission(
            self.hall,
            self.content,
            number,
            service_id=service_id,
            payload=payload,
            papers=papers,
        )
        for sha256, content in each.sealed.ciphertexts.items():
            place = ContentRange(0, len(content) - 1, len(content))
            self.desk.objects.write("hz0001", sha256, content, place)
        now = self.clock.now()
        take(self.database, self.desk, LiveBus(), kiosk_id="hz0001", sealed=each.case, now=now)
        with self.database.write() as session:
            case = session.get_one(Case, each.case.case_id)
            for name, value in state.items():
                setattr(case, name, value)
            key = self.desk.envelopes.case_key(case.case_id, case.sealed_key)
            case.answer = key.close(b"the department's word")
        return each

    def sweep(self, days: float) -> dict[str, int]:
        """So many days later: what was swept, and how many."""
        self.clock.pass_s(days * 86_400)
        settings, now = self.hall.settings.retention, self.clock.now()
        told: dict[str, int] = {}
        for what, count in sweep(self.database, self.desk, settings=settings, now=now):
            told[what] = told.get(what, 0) + count
        return told

    def case(self, each: Submission) -> Case:
        with self.database.read() as session:
            return case_detail(session, each.case.case_id).case

    def count(self, table: str) -> int:
        with self.database.read() as session:
            return int(session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())

    def on_disk(self) -> bytes:
        """Every byte of the server's folder, free pages and the write-ahead log included."""
        assert self.database.forget_deleted()
        folder = Path(self.hall.settings.folder)
        return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    hall = make_hall(tmp_path, departments=())
    hall.enrol("hz0001")
    content = hall.content
    with open_database(hall.settings) as database:
        yield Counter(hall, content, database)


def answered(counter: Counter, **facts: object) -> dict[str, object]:
    return {"due_at": None, "answered_at": counter.clock.now(), "state": "completed", **facts}


def event(n: int, at: datetime) -> EventRow:
    return EventRow(
        outbox_id=1,
        n=n,
        kind="agent_started",
        happened_at=at,
        received_at=at,
        historical=False,
        body="{}",
    )


def token(at: datetime) -> EnrolToken:
    return EnrolToken(
        hash="0" * 64, kiosk_id="hz0001", name="一号机", hall="大厅", made_at=at, expires_at=at
    )


def command(number: int, at: datetime) -> CommandRow:
    return CommandRow(
        id=f"c{number}",
        kiosk_id="hz0001",
        number=number,
        order={"kind": "restart_app"},
        state="succeeded",
        detail="",
        made_by="a",
        made_at=at,
        expires_at=at,
        changed_at=at,
    )


def test_nothing_of_a_citizen_is_left_on_the_disk_once_a_case_is_past_its_time(
    counter: Counter,
) -> None:
    each = counter.take(0x201, POLICE, **answered(counter))
    before = counter.case(each)
    (paper,) = each.sealed.ciphertexts.values()
    personal = {
        "masked name": before.masked_name.encode(),
        "masked number": before.masked_number.encode(),
        "key": before.sealed_key,
        "payload": before.payload[:64],
        "answer": (before.answer or b"")[:32],
        "paper": paper[:64],
    }
    there = counter.on_disk()
    assert [what for what, content in personal.items() if content not in there] == []
    assert counter.sweep(days=29) == {}
    assert counter.sweep(days=2) == {"erased cases": 1}
    left = counter.on_disk()
    assert [what for what, content in personal.items() if content in left] == []


def test_number_timeline_and_audit_say_what_happened_to_an_erased_case(counter: Counter) -> None:
    each = counter.take(0x202, TAX, **answered(counter))
    number = counter.case(each).case_number
    counter.sweep(days=31)
    with counter.database.read() as session:
        detail = case_detail(session, each.case.case_id)
        (entry, *_) = newest(session, limit=1)
    assert (detail.case.case_number, detail.case.state) == (number, "completed")
    assert detail.case.erased_at == counter.clock.now()
    assert [event.what for event in detail.events] == ["received", "erased"]
    assert (entry.action, entry.actor, entry.facts) == ("cases_erased", "server", {"cases": 1})
    assert counter.sweep(days=1) == {}


def test_an_erased_case_cannot_be_opened_and_is_still_known_to_its_kiosk(counter: Counter) -> None:
    each = counter.take(0x203, TAX, **answered(counter))
    counter.sweep(days=31)
    now = counter.clock.now()
    with counter.database.write() as session, pytest.raises(Conflict) as refused:
        unmask(session, counter.desk, each.case.case_id, actor="a", reason="核对一下", now=now)
    assert refused.value.code == "case_erased"
    again = take(
        counter.database, counter.desk, LiveBus(), kiosk_id="hz0001", sealed=each.case, now=now
    )
    assert not again.is_new


def test_a_case_no_department_has_decided_is_kept(counter: Counter) -> None:
    waiting = counter.take(0x204, POLICE)
    undated = counter.take(0x205, POLICE, **answered(counter, state="accepted"))
    assert counter.sweep(days=3000) == {}
    assert counter.case(waiting).masked_name
    assert counter.case(undated).masked_name


def test_an_accepted_case_is_kept_from_the_day_by_which_it_must_be_decided(
    counter: Counter,
) -> None:
    last = (counter.clock.now() + timedelta(days=20)).date().isoformat()
    each = counter.take(0x206, POLICE, **answered(counter, state="accepted", decide_by=last))
    assert counter.sweep(days=49) == {}
    assert counter.sweep(days=3) == {"erased cases": 1}
    assert counter.case(each).masked_name == ""


def test_events_refusals_and_tokens_end_after_a_year_and_not_before(counter: Counter) -> None:
    now = counter.clock.now()
    old, young = 2 * AT_ONCE + 7, 5
    with counter.database.write() as session:
        session.add(Outbox(id=1, kiosk_id="hz0001", inst="a" * 32, upto=0, lost=[], absent=[]))
        session.add(RefusedEnvelope(at=now, kiosk_id="hz0001", case_id="c", code="unsealable"))
        session.add(token(now))
        session.flush()
        session.add_all(
            event(n, now + timedelta(days=200 * (n >= old))) for n in range(old + young)
        )
    assert counter.sweep(days=364) == {}
    swept = counter.sweep(days=2)
    assert (swept["events"], swept["refused_envelope"], swept["enrol_token"]) == (old, 1, 1)
    assert counter.count("event") == young


def test_the_newest_command_stays_so_that_numbers_go_on(counter: Counter) -> None:
    with counter.database.write() as session:
        session.add_all(command(number, counter.clock.now()) for number in (1, 2))
    assert counter.sweep(days=400)["command"] == 1
    with counter.database.read() as session:
        assert session.execute(text("SELECT number FROM command")).scalar_one() == 2


def test_an_erased_case_and_its_timeline_end_with_the_trails_time(counter: Counter) -> None:
    counter.take(0x207, TAX, **answered(counter))
    counter.sweep(days=31)
    assert counter.sweep(days=3600) == {}
    swept = counter.sweep(days=60)
    assert (swept["case_event"], swept["citizen_case"]) == (2, 1)
    assert (counter.count("case_event"), counter.count("citizen_case")) == (0, 0)
