"""Who may connect and who may say what, proved by what is delivered."""

import asyncio
import logging
import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fleet_server.broker.configuration import SERVER_USER
from fleet_server.broker.link import ServerLink
from fleet_server.broker.mosquitto import BrokerFailed, Mosquitto
from fleet_server.enrolment.repository import revoked_serials
from fleet_server.enrolment.tables import KioskCertificate
from fleet_server.pki import Authority
from fleet_server.settings import BrokerSettings, Settings
from kiosk.contract.downlink import ServerState
from kiosk.contract.topics import SERVER_STATE, Channel, Direction, Topic
from tests.fleet_server.small_hall import PATIENCE_S
from tests.fleet_server.wire import (
    PASSWORD,
    TalkingKiosk,
    Wire,
    key_and_request,
    soon,
    talking,
    wire_in,
    write_identity,
)

pytestmark = pytest.mark.slow

GARBAGE = b"not json, so that every delivery is counted as a dead letter"


async def test_a_kiosk_is_heard_under_its_own_name_only(wire: Wire) -> None:
    mine, other = wire.enrolled("hz0001"), wire.enrolled("hz0002")
    with wire.ingesting() as health, talking(wire, mine) as kiosk:
        assert kiosk.say(Topic(other.kiosk_id, Direction.UP, Channel.HEARTBEAT), GARBAGE)
        assert kiosk.say("kf/1/srv/state", GARBAGE)
        assert kiosk.say(Topic(mine.kiosk_id, Direction.DOWN, Channel.ACK), GARBAGE)
        # the positive control: after it, the three before would have arrived as well
        assert kiosk.say(kiosk.topic(Channel.HEARTBEAT), GARBAGE)
        assert await soon(lambda: health.dead_letters > 0)
        await asyncio.sleep(0.3)
    assert health.dead_letters == 1


async def test_a_kiosk_hears_its_own_downlink_only(wire: Wire) -> None:
    mine, other = wire.enrolled("hz0001"), wire.enrolled("hz0002")
    with talking(wire, mine) as kiosk, talking(wire, other) as eavesdropper:
        answered: list[object] = []
        eavesdropper._client.on_subscribe = lambda *answer: answered.append(answer)
        eavesdropper._client.subscribe("kf/1/k/hz0001/dn/#")
        eavesdropper._client.subscribe("#")
        assert await soon(lambda: len(answered) == 2)
        wire.link.poke("hz0001", "desired")
        assert await soon(lambda: not kiosk.heard.empty())
        wire.link.poke("hz0002", "commands")
        topic, _ = await asyncio.to_thread(eavesdropper.heard.get, timeout=PATIENCE_S)
    assert topic == "kf/1/k/hz0002/dn/poke"


async def test_a_certificate_of_another_authority_is_refused(wire: Wire, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    stranger = Authority.create(tmp_path / "stranger", hosts=[], now=now)
    key, request = key_and_request()
    issued = stranger.issue_kiosk(request, kiosk_id="hz0001", days=2, now=now)
    forged = write_identity(tmp_path, "hz0001", issued.pem, key)
    kiosk = TalkingKiosk(wire.settings, forged)
    with suppress(OSError):
        assert not kiosk.connect(within_s=1)
    kiosk.leave()
    genuine = wire.enrolled("hz0001")
    with talking(wire, genuine):
        pass


async def test_a_revoked_kiosk_is_cut_off_and_stays_out(wire: Wire) -> None:
    identity, other = wire.enrolled("hz0001"), wire.enrolled("hz0002")
    with talking(wire, identity) as kiosk, talking(wire, other) as neighbour:
        with wire.database.write() as session:
            certificate = session.query(KioskCertificate).filter_by(kiosk_id="hz0001").one()
            certificate.revoked_at = datetime.now(UTC)
        with wire.database.read() as session:
            serials = revoked_serials(session)
        revoked = wire.authority.revocation_list(serials, now=datetime.now(UTC))
        await asyncio.to_thread(wire.broker.revoke, revoked, ("hz0001",))
        assert await soon(kiosk.gone.is_set)
        assert not neighbour.gone.is_set()
    again = TalkingKiosk(wire.settings, identity)
    with suppress(OSError):
        assert not again.connect(within_s=1)
    again.leave()


@contextmanager
def many_descriptors() -> Iterator[None]:
    """The next socket's number is above 1023, where `select` ends."""
    many = [os.dup(0) for _ in range(1100)]
    try:
        yield
    finally:
        for each in many:
            os.close(each)


async def test_the_servers_voice_is_heard_among_a_thousand_connections(wire: Wire) -> None:
    identity = wire.enrolled("hz0001")
    link = ServerLink(
        host="127.0.0.1",
        port=wire.settings.broker.server_port,
        user=SERVER_USER,
        password=PASSWORD,
    )
    await asyncio.to_thread(wire.link.stop)  # two of one client id would fight
    with talking(wire, identity) as kiosk, many_descriptors():
        link.start()
        try:
            assert await soon(lambda: link.connected)
            link.poke("hz0001", "desired")
            assert await soon(lambda: not kiosk.heard.empty())
            revoked = wire.authority.revocation_list((), now=datetime.now(UTC))
            await asyncio.to_thread(wire.broker.revoke, revoked, ("hz0001",))
            assert await soon(kiosk.gone.is_set)
        finally:
            await asyncio.to_thread(link.stop)


async def test_the_last_word_is_said_before_the_goodbye(wire: Wire) -> None:
    identity = wire.enrolled("hz0001")
    assert await soon(lambda: wire.link.connected)
    wire.link.announce(ServerState(on=False, gen=7, ts=1))
    await asyncio.to_thread(wire.link.stop)
    with talking(wire, identity) as kiosk:
        kiosk._client.subscribe(SERVER_STATE)
        _, payload = await asyncio.to_thread(kiosk.heard.get, timeout=PATIENCE_S)
    assert ServerState.model_validate_json(payload).gen == 7


async def test_a_start_in_order_says_nothing_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        async with wire_in(tmp_path) as wire:
            assert await soon(lambda: wire.link.connected)
            identity = wire.enrolled("hz0001")
            with talking(wire, identity) as kiosk:  # what is hidden is still granted
                kiosk._client.subscribe(SERVER_STATE)
                await asyncio.sleep(0.2)
                wire.link.announce(ServerState(on=True, gen=1, ts=1))
                assert await soon(lambda: not kiosk.heard.empty())
    assert "mosquitto: " not in caplog.text


async def test_it_comes_back_after_it_was_killed(wire: Wire) -> None:
    identity = wire.enrolled("hz0001")
    first = wire.broker.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert await soon(lambda: wire.broker.pid not in {None, first})
    assert await soon(lambda: wire.link.connected)
    with wire.ingesting() as health, talking(wire, identity) as kiosk:
        assert kiosk.say(kiosk.topic(Channel.HEARTBEAT), GARBAGE)
        assert await soon(lambda: health.dead_letters == 1)


async def test_it_comes_back_once_the_machine_has_descriptors_again(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    first = wire.broker.pid
    assert first is not None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        os.kill(first, signal.SIGKILL)
        assert await soon(lambda: "mosquitto does not start" in caplog.text)
        await asyncio.sleep(1)  # several tries
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert await soon(lambda: wire.broker.pid not in {None, first})
    assert await soon(lambda: wire.link.connected)
    assert caplog.text.count("mosquitto does not start") == 1


async def test_a_taken_port_is_said_at_once(wire: Wire, tmp_path: Path) -> None:
    folder = tmp_path / "second"
    Authority.create(folder / "keys", hosts=[], now=datetime.now(UTC))
    settings = Settings(
        folder=folder,
        public_url="https://banshi.example",
        broker=BrokerSettings(
            port=wire.settings.broker.port, server_port=wire.settings.broker.server_port
        ),
    )
    revoked = wire.authority.revocation_list((), now=datetime.now(UTC))
    with pytest.raises(BrokerFailed, match="in use"):
        async with Mosquitto(settings, password="x").running(revoked=revoked):
            pass
