"""A command says queued, sent, received, running and done, and never goes back."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from fleet_server.commands.progress import RANK, may_move, note_progress
from fleet_server.commands.repository import expire, has_expired
from fleet_server.commands.service import (
    hand_out,
    is_under_way,
    list_commands,
    queue_command,
)
from fleet_server.errors import NotFound
from kiosk.contract.downlink import Command, RestartApp, SetOutOfService
from kiosk.contract.topics import Channel
from kiosk.contract.uplink import CommandProgress, EventBatch, EventsMessage, encode_uplink
from tests.fleet_server.small_hall import PATIENCE_S
from tests.fleet_server.wire import INST, Wire, soon, talking

RESTART = RestartApp()


def queue(wire: Wire, kiosk_id: str, order: RestartApp | SetOutOfService = RESTART) -> str:
    with wire.database.write() as session:
        return queue_command(
            session,
            kiosk_id=kiosk_id,
            order=order,
            actor="admin",
            now=wire.clock.now(),
            link=wire.link,
            live=wire.live,
        )


def pull(wire: Wire, kiosk_id: str, after: int = 0) -> tuple[Command, ...]:
    with wire.database.write() as session:
        return hand_out(
            session, kiosk_id=kiosk_id, after=after, now=wire.clock.now(), live=wire.live
        ).commands


def states(wire: Wire, kiosk_id: str) -> list[str]:
    with wire.database.read() as session:
        return [row.state for row in list_commands(session, kiosk_id=kiosk_id)]


def progress(command_id: str, n: int, state: str) -> bytes:
    event = CommandProgress.model_validate(
        {"n": n, "happened_at": datetime.now(UTC), "command_id": command_id, "state": state}
    )
    return encode_uplink(
        EventsMessage(
            epoch=1, inst=INST, sent_at_ms=1, monotonic_ms=1, body=EventBatch(events=(event,))
        )
    )


@pytest.mark.slow
async def test_a_command_is_poked_pulled_and_followed_to_its_end(wire: Wire) -> None:
    identity = wire.enrolled("hz0001")
    with wire.ingesting(), talking(wire, identity) as kiosk:
        assert await soon(lambda: wire.link.connected)
        command_id = queue(wire, "hz0001", SetOutOfService(on=True, reason="设备检修"))
        assert states(wire, "hz0001") == ["queued"]
        topic, payload = await asyncio.to_thread(kiosk.heard.get, timeout=PATIENCE_S)
        assert (topic, json.loads(payload)) == ("kf/1/k/hz0001/dn/poke", {"what": "commands"})
        (command,) = pull(wire, "hz0001")
        assert (command.id, command.number) == (command_id, 1)
        assert command.order == SetOutOfService(on=True, reason="设备检修")
        assert states(wire, "hz0001") == ["sent"]
        # out of order: what was said first arrives last, and changes nothing
        for n, state in ((3, "succeeded"), (2, "running"), (1, "received")):
            kiosk.say(kiosk.topic(Channel.EVENTS), progress(command_id, n, state))
        assert await soon(lambda: states(wire, "hz0001") == ["succeeded"])
    assert pull(wire, "hz0001") == ()


@pytest.mark.slow
async def test_another_kiosk_cannot_speak_for_it(wire: Wire) -> None:
    wire.enrolled("hz0001")
    other = wire.enrolled("hz0002")
    command_id = queue(wire, "hz0001")
    with wire.ingesting() as health, talking(wire, other) as kiosk:
        kiosk.say(kiosk.topic(Channel.EVENTS), progress(command_id, 1, "succeeded"))
        assert await soon(lambda: health.messages == 1)
    assert states(wire, "hz0001") == ["queued"]


@pytest.mark.slow
async def test_commands_are_numbered_per_kiosk_and_expire(wire: Wire) -> None:
    wire.enrolled("hz0001")
    wire.enrolled("hz0002")
    queue(wire, "hz0001")
    queue(wire, "hz0001")
    queue(wire, "hz0002")
    assert [command.number for command in pull(wire, "hz0001", after=1)] == [2]
    assert [command.number for command in pull(wire, "hz0002")] == [1]
    wire.clock.pass_s(timedelta(minutes=15).total_seconds())
    assert pull(wire, "hz0001") == ()
    with wire.database.write() as session:
        assert len(expire(session, now=wire.clock.now())) == 3
    assert states(wire, "hz0001") == ["expired", "expired"]


@pytest.mark.slow
async def test_a_command_needs_an_enrolled_kiosk(wire: Wire) -> None:
    with pytest.raises(NotFound):
        queue(wire, "hz0404")


@pytest.mark.parametrize("old", RANK)
@pytest.mark.parametrize("new", ["received", "running", "succeeded", "failed"])
def test_no_state_goes_back(old: str, new: str) -> None:
    was_only_given_up = old == "expired" and new in {"succeeded", "failed"}
    assert may_move(old, new) == (RANK[new] > RANK[old] or was_only_given_up)


def has_received(wire: Wire, command_id: str, now: datetime) -> None:
    """What `ingest` writes when the kiosk says so."""
    with wire.database.write() as session:
        event = CommandProgress.model_validate(
            {"n": 1, "happened_at": now, "command_id": command_id, "state": "received"}
        )
        assert note_progress(session, kiosk_id="hz0001", event=event, now=now)


@pytest.mark.slow
async def test_what_a_frozen_kiosk_has_received_expires_and_keeps_no_later_order_away(
    wire: Wire,
) -> None:
    wire.enrolled("hz0001")
    has_received(wire, queue(wire, "hz0001"), wire.clock.now())

    def is_refused() -> bool:
        with wire.database.read() as session:
            return is_under_way(session, kiosk_id="hz0001", order=RESTART, now=wire.clock.now())

    assert is_refused()
    wire.clock.pass_s(timedelta(minutes=15).total_seconds())
    assert not is_refused()  # also before the next look at what has expired
    with wire.database.read() as session:
        assert has_expired(session, now=wire.clock.now())
    with wire.database.write() as session:
        assert len(expire(session, now=wire.clock.now())) == 1
    assert states(wire, "hz0001") == ["expired"]
