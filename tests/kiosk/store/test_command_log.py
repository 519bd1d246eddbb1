from datetime import timedelta

import pytest

from kiosk.contract.downlink import Command, RestartApp, SetOutOfService, UnsupportedOrder
from kiosk.contract.uplink import CommandProgress
from kiosk.store.command_log import RETENTION, CommandLog
from kiosk.store.database import Store
from kiosk.store.outbox import Outbox
from tests.kiosk.store.conftest import SettableClock


@pytest.fixture
def log(store: Store, outbox: Outbox, clock: SettableClock) -> CommandLog:
    return CommandLog(store, outbox, clock=clock)


def restart(clock: SettableClock, number: int = 1) -> Command:
    return Command(
        id=f"c{number}",
        number=number,
        order=RestartApp(),
        expires_at=clock.now + timedelta(minutes=5),
    )


def told(outbox: Outbox) -> list[str]:
    return [row.event.state for row in outbox.pending() if isinstance(row.event, CommandProgress)]


def test_a_command_goes_its_way_and_each_step_is_told(
    log: CommandLog, outbox: Outbox, clock: SettableClock
) -> None:
    assert log.receive(restart(clock))
    assert [command.id for command in log.to_do()] == ["c1"]
    assert log.begin("c1")
    assert log.finish("c1", succeeded=True)
    assert told(outbox) == ["received", "running", "succeeded"]
    assert log.to_do() == []


def test_a_second_delivery_does_nothing(
    log: CommandLog, outbox: Outbox, clock: SettableClock
) -> None:
    log.receive(restart(clock))
    log.begin("c1")
    assert not log.receive(restart(clock))
    assert not log.begin("c1")
    assert told(outbox) == ["received", "running"]


def test_one_that_arrives_too_late_is_expired_and_never_done(
    log: CommandLog, outbox: Outbox, clock: SettableClock
) -> None:
    late = restart(clock)
    clock.forward(timedelta(minutes=5))
    log.receive(late)
    assert log.to_do() == []
    assert told(outbox) == ["expired"]


def test_one_that_waited_too_long_for_an_idle_app_expires(
    log: CommandLog, clock: SettableClock
) -> None:
    log.receive(restart(clock))
    clock.forward(timedelta(minutes=5))
    assert log.to_do() == []
    assert log.state("c1") == "expired"
    assert not log.begin("c1")


def test_the_next_pull_asks_after_the_last_number(log: CommandLog, clock: SettableClock) -> None:
    assert log.last_number() == 0
    log.receive(restart(clock, number=7))
    assert log.last_number() == 7


def test_a_restart_is_done_at_the_first_frame_and_an_idempotent_order_done_again_at_the_start(
    log: CommandLog, clock: SettableClock
) -> None:
    closing = Command(
        id="c2",
        number=2,
        order=SetOutOfService(on=True, reason="换纸"),
        expires_at=clock.now + timedelta(minutes=5),
    )
    log.receive(restart(clock))
    log.receive(closing)
    log.begin("c1")
    log.begin("c2")
    log.settle()
    assert log.state("c1") == "running"
    assert [command.id for command in log.to_do()] == ["c2"]
    log.app_started()
    assert log.state("c1") == "succeeded"
    assert log.state("c2") == "received"


def test_an_order_this_software_cannot_do_is_answered_at_once(
    log: CommandLog, outbox: Outbox, clock: SettableClock
) -> None:
    newer = restart(clock).model_copy(update={"order": UnsupportedOrder(kind="lower_the_blinds")})
    assert log.receive(newer)
    assert log.receive(restart(clock, 2))
    assert [command.id for command in log.to_do()] == ["c2"]
    events = [row.event for row in outbox.pending() if isinstance(row.event, CommandProgress)]
    assert [(each.command_id, each.state, each.detail) for each in events] == [
        ("c1", "failed", "unsupported"),
        ("c2", "received", ""),
    ]
    assert log.last_number() == 2


@pytest.mark.parametrize("body", ['{"order": {"kind": "lower_the_blinds"}}', "not JSON"])
def test_what_newer_software_left_behind_is_answered_and_holds_up_no_other(
    log: CommandLog, store: Store, outbox: Outbox, clock: SettableClock, body: str
) -> None:
    for number in (1, 2, 3):
        log.receive(restart(clock, number))
    log.begin("c2")
    with store.transaction() as connection:
        connection.execute("UPDATE command SET body = ? WHERE number < 3", (body,))
    log.settle()
    assert [command.id for command in log.to_do()] == ["c3"]
    assert (log.state("c1"), log.state("c2")) == ("failed", "interrupted")
    assert told(outbox)[-2:] == ["interrupted", "failed"]


def test_what_ended_is_forgotten_after_its_time_but_never_the_newest_number(
    log: CommandLog, store: Store, clock: SettableClock
) -> None:
    for number in (1, 2, 3, 4):
        log.receive(restart(clock, number))
    for ended in ("c1", "c4"):
        log.begin(ended)
        log.finish(ended, succeeded=True)
    log.begin("c2")
    clock.forward(RETENTION - timedelta(seconds=1))
    assert log.tidy() == 0
    clock.forward(timedelta(seconds=1))
    assert log.tidy() == 1
    assert store.rows("SELECT id FROM command ORDER BY number") == [("c2",), ("c3",), ("c4",)]
    assert log.last_number() == 4


def test_restarts_are_found_whether_asked_or_begun(log: CommandLog, clock: SettableClock) -> None:
    closing = restart(clock, 3).model_copy(update={"order": SetOutOfService(on=False, reason="")})
    for command in (restart(clock), restart(clock, 2), closing):
        log.receive(command)
    log.begin("c1")
    log.begin("c3")
    assert log.restarts_running() == ["c1"]
    assert log.restarts_asked() == ["c2"]
