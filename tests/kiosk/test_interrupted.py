"""A session cut off by a crash is recorded as ended at the next start, once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.contract.uplink import SessionEnded
from kiosk.interrupted import Interruption, settle_interrupted
from kiosk.store.database import Store
from kiosk.store.journal import Journal
from kiosk.store.outbox import Outbox

BEGAN = datetime(2026, 11, 23, 3, 12, tzinfo=UTC)


class Night:
    """A store with a clock that the test turns."""

    def __init__(self, file: Path) -> None:
        self.now = BEGAN
        self.store = Store.open(file)
        self.outbox = Outbox(self.store, clock=lambda: self.now)
        self.journal = Journal(self.store, clock=lambda: self.now)

    def write(self, kind: str, after_s: float = 0, **facts: str | float) -> None:
        self.now += timedelta(seconds=after_s)
        self.journal.write(kind, **facts)

    def start(self) -> Interruption | None:
        self.now += timedelta(hours=1)
        return settle_interrupted(self.store, self.outbox, self.journal)

    def ends(self) -> list[SessionEnded]:
        events = [row.event for row in self.outbox.pending()]
        return [event for event in events if isinstance(event, SessionEnded)]


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    made = Night(tmp_path / "kiosk.sqlite")
    yield made
    made.store.close()


def begin(night: Night) -> None:
    night.write("state_entered", state="AtGuide", step="guide")
    night.write("session_started", service="tax-payment-certificate")


def test_a_session_that_never_ended_is_recorded_with_how_far_it_came(night: Night) -> None:
    begin(night)
    night.write("state_entered", after_s=42.5, state="Checking", step="check")
    assert night.start()
    (end,) = night.ends()
    assert (end.service_id, end.outcome) == ("tax-payment-certificate", "restarted")
    assert (end.at_step, end.lasted_s) == ("check", 42.5)


def test_the_case_that_was_stored_in_it_is_named_and_no_earlier_one(night: Night) -> None:
    earlier, stored = "a" * 32, "b" * 32
    night.write("case_submitted", case_id=earlier, service="tax-payment-certificate")
    begin(night)
    heard_at = night.now
    assert night.start() == Interruption(heard_at, case_id="")
    begin(night)
    night.write("case_submitted", 3, case_id=stored, service="tax-payment-certificate")
    heard_at = night.now
    assert night.start() == Interruption(heard_at, case_id=stored)


def test_it_is_recorded_once_however_often_the_kiosk_starts(night: Night) -> None:
    begin(night)
    assert night.start()
    assert not night.start()
    assert len(night.ends()) == 1


def test_what_was_entered_before_the_session_is_not_its_step(night: Night) -> None:
    begin(night)
    night.start()
    assert night.ends()[0].at_step == "none"


def test_a_session_that_ended_is_left_alone(night: Night) -> None:
    begin(night)
    night.write(
        "session_ended",
        after_s=9,
        service="tax-payment-certificate",
        outcome="completed",
        at_step="done",
        lasted_s=9.0,
    )
    assert not night.start()
    assert night.ends() == []


def test_a_kiosk_that_never_served_anybody_has_nothing_to_record(night: Night) -> None:
    assert not night.start()
