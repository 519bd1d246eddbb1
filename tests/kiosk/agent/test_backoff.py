import random

from kiosk.agent.backoff import Backoff


def delays(seed: int, count: int = 50) -> list[float]:
    backoff = Backoff(first_s=0.2, cap_s=30, chance=random.Random(seed))
    return [backoff.next_s() for _ in range(count)]


def test_delays_stay_within_their_bounds() -> None:
    for seed in range(50):
        first, *later = delays(seed)
        assert 0 <= first <= 0.2
        assert all(0.2 <= delay <= 30 for delay in later)


def test_a_delay_is_at_most_three_times_the_last() -> None:
    _, *later = delays(7)
    steps = zip(later, later[1:], strict=False)
    assert all(after <= max(3 * before, 0.6) for before, after in steps)


def test_two_kiosks_do_not_march_together() -> None:
    assert delays(1) != delays(2)


def test_success_begins_anew() -> None:
    backoff = Backoff(first_s=0.2, cap_s=30, chance=random.Random(3))
    for _ in range(20):
        backoff.next_s()
    backoff.reset()
    assert backoff.attempts == 0
    assert backoff.next_s() <= 0.2
