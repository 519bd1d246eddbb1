"""When an outbox is told what is committed, and for how long it is kept in mind."""

from fleet_server.ingest.acknowledgements import AckSchedule

KEY = ("hz0001", "a")


def test_at_once_after_a_pause_then_once_a_second() -> None:
    schedule = AckSchedule()
    schedule.owe({KEY})
    assert schedule.due(100.0) == [KEY]
    schedule.owe({KEY})
    assert schedule.due(100.9) == []
    assert schedule.due(101.0) == [KEY]
    assert schedule.due(102.0) == []


def test_outboxes_that_spoke_once_are_not_kept_in_mind_for_ever() -> None:
    schedule = AckSchedule()
    for number in range(1000):
        schedule.owe({("hz0001", str(number))})
        schedule.due(float(number))
    assert schedule.remembered <= 1
