"""What may be acknowledged: never more than is here or named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_server.ingest.seen import (
    ABSENT_AT_MOST,
    ASKED,
    LOST_AT_MOST,
    MISSING_AT_ONCE,
    Seen,
)

INST = "0" * 32


def told(seen: Seen) -> tuple[int, tuple[int, ...]]:
    acknowledgement = seen.acknowledge(INST)
    return acknowledgement.upto, acknowledgement.missing


def test_numbers_in_order_leave_nothing_to_ask_for() -> None:
    seen = Seen()
    seen.note([1, 2, 3], after=0)
    seen.note([4], after=3)
    assert told(seen) == (4, ())


def test_a_batch_that_got_lost_is_asked_for_until_it_comes() -> None:
    seen = Seen()
    seen.note([11, 12], after=10)
    for _ in range(ASKED + 3):
        assert told(seen) == (12, tuple(range(1, 11)))
    seen.note(range(1, 11), after=0)
    assert told(seen) == (12, ())


def test_what_the_kiosk_does_not_wait_for_is_asked_for_a_few_times_only() -> None:
    seen = Seen()
    seen.note([5], after=0)
    for _ in range(ASKED):
        assert told(seen) == (5, (1, 2, 3, 4))
    assert told(seen) == (5, ())


def test_a_row_dropped_from_a_lost_batch_stops_being_lost() -> None:
    seen = Seen()
    seen.note([4], after=3)
    seen.note([1, 3], after=0)
    assert seen.lost == []
    assert seen.absent == [[2, 2, ASKED]]


def test_nothing_unnamed_is_acknowledged_when_too_much_is_lost() -> None:
    seen = Seen()
    seen.note([5001], after=5000)
    assert told(seen) == (MISSING_AT_ONCE, tuple(range(1, MISSING_AT_ONCE + 1)))


def test_a_kiosk_that_does_not_say_its_place_is_asked_for_everything() -> None:
    seen = Seen()
    seen.note([4], after=None)
    assert told(seen) == (4, (1, 2, 3))


@pytest.mark.slow
@given(
    st.lists(
        st.tuples(st.integers(0, 30), st.lists(st.integers(1, 30), min_size=1, unique=True)),
        max_size=12,
    )
)
def test_whatever_comes_nothing_the_kiosk_waits_for_is_acknowledged_unseen(
    batches: list[tuple[int, list[int]]],
) -> None:
    seen = Seen()
    came: set[int] = set()
    not_waiting: set[int] = set()
    for after, numbers in batches:
        numbers.sort()
        came.update(numbers)
        not_waiting.update(range(min(after + 1, numbers[0]), numbers[-1]))
        seen.note(numbers, after=after)
        acknowledgement = seen.acknowledge(INST)
        acknowledged = set(range(1, acknowledgement.upto + 1)) - set(acknowledgement.missing)
        assert acknowledged <= came | not_waiting
        assert not set(acknowledgement.missing) & came


def test_an_outbox_full_of_holes_stays_small_and_is_acknowledged() -> None:
    seen = Seen()
    for first in range(2, 4_002, 400):  # every second row was dropped
        seen.note(range(first, first + 400, 2), after=first - 2)
    assert len(seen.absent) <= ABSENT_AT_MOST
    upto, missing = told(seen)
    assert (upto, max(missing)) == (4_000, 3_999)


def test_what_is_lost_is_remembered_in_few_ranges_and_still_asked_for() -> None:
    seen = Seen()
    numbers = range(2, 4 * LOST_AT_MOST, 2)  # every odd one is lost
    for n in numbers:
        seen.note([n], after=n - 1)
    assert len(seen.lost) == LOST_AT_MOST
    for n in range(1, 4 * LOST_AT_MOST):  # the kiosk sends again what it waits for
        seen.note([n], after=n - 1)
    assert seen.lost == []
    assert told(seen) == (4 * LOST_AT_MOST - 1, ())
