from datetime import timedelta

import pytest

from kiosk.store.database import Store
from kiosk.store.journal import RETENTION, Fact, Journal, JournalError, load_catalogue
from tests.kiosk.store.conftest import SettableClock

CASE = "0123456789abcdef" * 2


@pytest.fixture
def journal(store: Store, clock: SettableClock) -> Journal:
    return Journal(store, clock=clock)


def test_an_entry_is_read_back_as_written(journal: Journal, clock: SettableClock) -> None:
    n = journal.write("case_delivered", case_id=CASE, attempts=3)
    (entry,) = journal.entries()
    assert (entry.n, entry.at, entry.kind) == (n, clock.now, "case_delivered")
    assert entry.facts == {"case_id": CASE, "attempts": 3}


def test_an_uncatalogued_kind_or_fact_is_refused(journal: Journal) -> None:
    with pytest.raises(JournalError, match="no journal kind sneezed"):
        journal.write("sneezed")
    with pytest.raises(JournalError, match="no fact colour"):
        journal.write("app_stopped", colour="red")


@pytest.mark.parametrize(
    "value",
    [
        "欧阳慕蓉",
        "370321199003070024",
        "Zhang San",
        "13800005521",
        "a" * 65,
        370321199003070024,
        13800005521,
    ],
)
def test_what_could_be_personal_does_not_fit_and_is_not_quoted(
    journal: Journal, value: Fact
) -> None:
    with pytest.raises(JournalError) as refused:
        journal.write("app_stopped", why=value)
    assert str(value) not in str(refused.value)
    with pytest.raises(JournalError):
        journal.write("session_ended", lasted_s=value)
    with pytest.raises(JournalError):
        journal.write("case_answered", case_id=value)
    assert journal.entries() == []


def test_entries_are_forgotten_after_ninety_days(journal: Journal, clock: SettableClock) -> None:
    journal.write("app_stopped", why="command")
    clock.forward(RETENTION - timedelta(seconds=1))
    assert journal.tidy() == 0
    clock.forward(timedelta(seconds=1))
    assert journal.tidy() == 1


def test_the_shipped_catalogue_loads() -> None:
    assert load_catalogue()["content_refused"].level == "alarm"
