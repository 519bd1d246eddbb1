from datetime import timedelta

import pytest

from kiosk.contract.uplink import PaperChanged
from kiosk.store.database import Store
from kiosk.store.outbox import Outbox
from kiosk.store.paper_journal import RETENTION, PaperJournal, PaperStage
from tests.kiosk.store.conftest import SettableClock

CASE = "0123456789abcdef" * 2


@pytest.fixture
def papers(store: Store, outbox: Outbox) -> PaperJournal:
    return PaperJournal(store, outbox)


def test_each_step_is_kept_and_told(papers: PaperJournal, outbox: Outbox) -> None:
    paper = papers.intend(CASE, "参保证明")
    for stage in ("sent", "presented", "taken"):
        papers.mark(paper, stage)
    told = [row.event.stage for row in outbox.pending() if isinstance(row.event, PaperChanged)]
    assert told == ["intent", "sent", "presented", "taken"]
    assert papers.stage(paper) is PaperStage.TAKEN


def test_a_paper_drawn_back_in_is_kept_and_told_as_such(
    papers: PaperJournal, outbox: Outbox
) -> None:
    paper = papers.intend(CASE, "参保证明")
    for stage in ("sent", "presented", "retracted"):
        papers.mark(paper, stage)
    told = [row.event.stage for row in outbox.pending() if isinstance(row.event, PaperChanged)]
    assert told[-1] == "retracted"
    assert papers.stage(paper) is PaperStage.RETRACTED


def test_saying_it_twice_is_saying_it_once(papers: PaperJournal, outbox: Outbox) -> None:
    paper = papers.intend(CASE, "参保证明")
    papers.mark(paper, "sent")
    papers.mark(paper, "sent")
    assert len(outbox.pending()) == 2


@pytest.mark.parametrize(
    ("way", "wrong"),
    [
        ((), "presented"),
        ((), "taken"),
        (("sent",), "taken"),
        (("sent", "presented"), "not_printed"),
        (("sent", "unconfirmed"), "sent"),
        (("not_printed",), "sent"),
        (("sent",), "retracted"),
        ((), "unconfirmed"),
        (("sent", "presented", "taken"), "retracted"),
        (("sent", "presented", "retracted"), "taken"),
    ],
)
def test_a_paper_cannot_jump(papers: PaperJournal, way: tuple[str, ...], wrong: str) -> None:
    paper = papers.intend(CASE, "参保证明")
    for stage in way:
        papers.mark(paper, stage)
    before = papers.stage(paper)
    with pytest.raises(ValueError, match="cannot become"):
        papers.mark(paper, wrong)
    assert papers.stage(paper) is before


def test_an_unknown_paper_is_our_mistake(papers: PaperJournal) -> None:
    with pytest.raises(KeyError):
        papers.mark(99, "sent")


def test_after_a_power_cut_what_was_sent_is_unconfirmed_and_what_was_not_is_not_printed(
    papers: PaperJournal, outbox: Outbox, store: Store
) -> None:
    intended = papers.intend(CASE, "a")
    sent = papers.intend(CASE, "b")
    papers.mark(sent, "sent")
    presented = papers.intend(CASE, "c")
    papers.mark(presented, "sent")
    papers.mark(presented, "presented")
    again = Store.open(store.path)
    reopened = PaperJournal(again, Outbox(again))
    assert reopened.settle() == {
        intended: PaperStage.NOT_PRINTED,
        sent: PaperStage.UNCONFIRMED,
    }
    told = [row.event.stage for row in outbox.pending() if isinstance(row.event, PaperChanged)]
    assert told[-2:] == ["not_printed", "unconfirmed"]
    assert reopened.stage(intended) is PaperStage.NOT_PRINTED
    assert reopened.stage(sent) is PaperStage.UNCONFIRMED
    assert reopened.stage(presented) is PaperStage.PRESENTED
    assert reopened.settle() == {}
    again.close()


def test_a_second_paper_is_a_copy_unless_the_first_certainly_never_came(
    papers: PaperJournal,
) -> None:
    first = papers.intend(CASE, "参保证明")
    papers.mark(first, "not_printed")
    second = papers.intend(CASE, "参保证明")
    papers.mark(second, "sent")
    papers.mark(second, "unconfirmed")
    third = papers.intend(CASE, "参保证明")
    assert [papers.copy_number(paper) for paper in (first, second, third)] == [1, 1, 2]


def test_a_paper_that_a_crash_kept_from_being_sent_makes_the_next_one_no_copy(
    papers: PaperJournal,
) -> None:
    papers.intend(CASE, "参保证明")
    papers.settle()
    assert papers.copy_number(papers.intend(CASE, "参保证明")) == 1


def a_case(store: Store, case_id: str, stage: str) -> None:
    with store.transaction() as connection:
        connection.execute(
            "INSERT INTO case_out (case_id, submitted_at, stage, stage_at) VALUES (?, 0, ?, 0)",
            (case_id, stage),
        )


def test_papers_are_forgotten_with_their_steps_after_their_time(
    store: Store, outbox: Outbox, clock: SettableClock
) -> None:
    papers = PaperJournal(store, outbox, clock=clock)
    old, moved, hanging = (papers.intend(CASE, title) for title in ("甲", "乙", "丙"))
    papers.mark(old, "not_printed")
    papers.mark(moved, "sent")
    clock.forward(timedelta(days=1))
    papers.mark(moved, "presented")
    clock.forward(RETENTION - timedelta(days=1))
    assert papers.tidy() == 1
    assert store.rows("SELECT id FROM paper ORDER BY id") == [(moved,), (hanging,)]
    assert store.rows("SELECT count(*) FROM paper_step WHERE paper_id = ?", old) == [(0,)]
    clock.forward(timedelta(days=1))
    assert papers.tidy() == 1
    assert papers.stage(hanging) is PaperStage.INTENT


@pytest.mark.parametrize(
    ("stage", "forgotten"), [("waiting", 0), ("turned_away", 0), ("replied", 1)]
)
def test_the_papers_of_a_case_that_only_this_kiosk_knows_stay(
    store: Store, outbox: Outbox, clock: SettableClock, stage: str, forgotten: int
) -> None:
    papers = PaperJournal(store, outbox, clock=clock)
    papers.mark(papers.intend(CASE, "甲"), "not_printed")
    a_case(store, CASE, stage)
    clock.forward(RETENTION * 2)
    assert papers.tidy() == forgotten
