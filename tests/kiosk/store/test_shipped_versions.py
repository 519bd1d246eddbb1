"""Every store ever shipped opens with today's software, and nothing in it is lost.

`tests/fixtures/stores/v<n>.sqlite` was written by the software of that version, with
`python -m tests.kiosk.store.ship FILE`; it is never written again.
"""

import re
import shutil
import sqlite3
from pathlib import Path

import pytest

from kiosk.store.cases import CaseQueue
from kiosk.store.command_log import CommandLog
from kiosk.store.database import Store, known_version
from kiosk.store.journal import Journal
from kiosk.store.outbox import Outbox
from kiosk.store.paper_journal import PaperJournal, PaperStage
from kiosk.store.shared_state import DrawnContent, OutOfService, SharedState

STORES = Path(__file__).resolve().parents[2] / "fixtures" / "stores"
SHIPPED = sorted(STORES.glob("v*.sqlite"))


def test_there_is_one_of_every_version() -> None:
    versions = {int(re.sub(r"\D", "", path.stem)) for path in SHIPPED}
    assert versions == set(range(1, known_version() + 1))


@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_store_opens_with_everything_in_it(shipped: Path, tmp_path: Path) -> None:
    path = tmp_path / "kiosk.sqlite"
    shutil.copyfile(shipped, path)
    store = Store.open(path)
    outbox = Outbox(store)
    assert outbox.inst == "5a" * 16
    kinds = [row.event.kind for row in outbox.pending()]
    assert kinds == ["case_submitted", "paper_changed", "paper_changed", "command_progress"]
    queue = CaseQueue(store, outbox)
    (waiting,) = queue.waiting()
    assert waiting.case.service_id == "police-no-criminal-record"
    (paper,) = waiting.case.papers
    assert len(queue.paper(waiting.case.case_id, paper.sha256)) == paper.size
    papers = PaperJournal(store, outbox)
    assert papers.stage(1) is PaperStage.SENT
    steps = store.rows("SELECT paper_id, stage FROM paper_step ORDER BY rowid")
    assert steps == [(1, "intent"), (1, "sent")]
    for stage in (PaperStage.PRESENTED, PaperStage.RETRACTED):
        papers.mark(1, stage)
    assert papers.intend(waiting.case.case_id, "受理通知书") == 2
    assert store.rows("PRAGMA foreign_key_check") == []
    assert CommandLog(store, outbox).state("c1") == "received"
    assert [entry.kind for entry in Journal(store).entries()] == ["app_stopped"]
    state = SharedState(store)
    assert state.get(DrawnContent) == DrawnContent(hash="ab" * 32)
    assert state.get(OutOfService) == OutOfService(on=True, reason="换纸")
    assert store.rows("PRAGMA user_version") == [(known_version(),)]
    store.close()


def test_papers_forgotten_before_a_migration_do_not_give_their_numbers_away(tmp_path: Path) -> None:
    path = tmp_path / "kiosk.sqlite"
    shutil.copyfile(STORES / "v2.sqlite", path)
    old = sqlite3.connect(path)
    old.execute("INSERT INTO paper VALUES (41, 'ab', 'x', 1, 'taken')")
    old.execute("DELETE FROM paper")
    old.commit()
    old.close()
    store = Store.open(path)
    assert PaperJournal(store, Outbox(store)).intend("ab", "x") == 42
    store.close()
