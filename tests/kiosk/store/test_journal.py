import ast
import json
from datetime import timedelta
from pathlib import Path

import pytest

from kiosk.contract.uplink import JournalEntry
from kiosk.store.__main__ import main
from kiosk.store.database import Store
from kiosk.store.journal import RETENTION, Fact, Journal, JournalError, load_catalogue
from kiosk.store.outbox import Outbox
from tests.kiosk.store.conftest import SettableClock

KIOSK = Path(__file__).resolve().parents[3] / "kiosk"

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


def test_what_the_console_shows_goes_up_with_its_level_and_nothing_else_does(
    store: Store, outbox: Outbox, clock: SettableClock
) -> None:
    journal = Journal(store, outbox=outbox, clock=clock)
    journal.write("state_entered", state="Idle", step="none")
    journal.write("session_started", service="tax-payment-certificate")
    journal.write("server_lost", why="timeout")
    assert [row.event for row in outbox.pending()] == [
        JournalEntry(
            n=1,
            happened_at=clock.now,
            entry="server_lost",
            level="warning",
            facts={"why": "timeout"},
        )
    ]
    assert len(journal.entries()) == 3


def test_every_kind_in_the_catalogue_is_written_somewhere() -> None:
    written: set[str] = set()
    for path in KIOSK.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        written |= {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
    assert load_catalogue().keys() - written == set()


@pytest.fixture
def filled(store: Store, clock: SettableClock) -> Store:
    journal = Journal(store, clock=clock)
    journal.write("state_entered", state="Idle", step="none")
    journal.write("loop_stuck", loop="mqtt")
    return store


def test_a_technician_reads_it_on_the_kiosk_as_one_object_per_line(
    filled: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["journal", str(filled.path)]) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["kind"], first["facts"]) == ("state_entered", {"state": "Idle", "step": "none"})
    assert (second["kind"], second["level"]) == ("loop_stuck", "alarm")
    assert main(["journal", str(filled.path), "--after", "1"]) == 0
    assert json.loads(capsys.readouterr().out) == second


def test_no_store_is_no_journal_and_none_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["journal", str(tmp_path / "none.sqlite")]) == 2
    assert "none.sqlite" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
