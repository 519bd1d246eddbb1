"""The judge of the kill tests finds what is wrong: each doctored history must be refused."""

from dataclasses import replace

import pytest

from tests.system.history import History, complaints

GOOD = History(
    promised=("a", "b"),
    on_kiosk=("a", "b", "c"),
    at_server=("a", "b", "c"),
    numbers=("1", "2", "3"),
    at_department=("c", "b", "a"),
    milestones=(("a", "received"), ("b", "received"), ("a", "completed")),
    cut_off_at_most=1,
)
"""c was durable when its submitter was killed, so nobody was told: it may be delivered."""


def test_a_history_in_which_every_promise_was_kept_is_accepted() -> None:
    assert complaints(GOOD) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (replace(GOOD, at_server=("a", "c"), at_department=("a", "c")), "b was promised"),
        (replace(GOOD, at_department=("a", "c")), "b was promised and is lost at the department"),
        (replace(GOOD, at_department=("a", "b")), "c stands at one end only"),
        (replace(GOOD, at_department=("a", "b", "c", "a")), "a stands 2 times at the department"),
        (replace(GOOD, at_server=("a", "b", "c", "c")), "c stands 2 times at the server"),
        (replace(GOOD, numbers=("1", "2", "2")), "2 stands 2 times among the case numbers"),
        (
            replace(GOOD, milestones=(*GOOD.milestones, ("a", "completed"))),
            "a completed stands 2 times in the timeline",
        ),
        (replace(GOOD, cut_off_at_most=0), "1 cases nobody promised"),
    ],
)
def test_a_broken_promise_is_named(wrong: History, said: str) -> None:
    assert any(said in complaint for complaint in complaints(wrong))


def test_an_agent_that_forgets_the_case_id_and_posts_again_is_found_out() -> None:
    posted_again = replace(
        GOOD,
        at_server=(*GOOD.at_server, "a-under-a-new-id"),
        at_department=(*GOOD.at_department, "a-under-a-new-id"),
        numbers=(*GOOD.numbers, "4"),
    )
    found = complaints(posted_again)
    assert any("a-under-a-new-id at the server was never submitted" in each for each in found)
    assert any("a-under-a-new-id at the department was never submitted" in each for each in found)
