from datetime import timedelta

import pytest

from kiosk.contract.downlink import Command, RestartApp, SetOutOfService, UnsupportedOrder
from kiosk.contract.uplink import CommandProgress
from kiosk.store.command_log import CommandLog
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


def test_after_the_apps_start_a_restart_is_done_and_an_idempotent_order_is_done_again(
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
    assert log.state("c1") == "succeeded"
    assert [command.id for command in log.to_do()] == ["c2"]


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
