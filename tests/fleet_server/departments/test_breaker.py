"""The circuit breaker: pure, so every path is a table."""

from fleet_server.departments.breaker import Breaker


def _failed(times: int, now: float = 100.0) -> Breaker:
    breaker = Breaker()
    for _ in range(times):
        breaker = breaker.started().failed(now)
    return breaker


def test_two_failures_leave_it_closed() -> None:
    assert not _failed(2).is_open
    assert _failed(2).allows(100.0)


def test_three_failures_in_a_row_open_it() -> None:
    assert _failed(3).is_open
    assert not _failed(3).allows(101.9)


def test_a_success_in_between_starts_the_count_again() -> None:
    assert not _failed(2).succeeded().failed(100.0).failed(100.0).is_open


def test_after_the_pause_one_trial_goes_out_and_no_second() -> None:
    breaker = _failed(3)
    assert breaker.allows(102.0)
    assert not breaker.started().allows(102.0)


def test_a_failed_trial_doubles_the_pause_up_to_half_a_minute() -> None:
    breaker = _failed(3)
    pauses = []
    for _ in range(6):
        pauses.append(breaker.pause_s)
        breaker = breaker.started().failed(breaker.open_until)
    assert pauses == [2.0, 4.0, 8.0, 16.0, 30.0, 30.0]


def test_a_successful_trial_closes_it() -> None:
    assert _failed(3).started().succeeded() == Breaker()
