"""Wills and deadlines through the real broker and the real database, on a stopped clock."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest

from fleet_server.app import create_app
from fleet_server.fleet import Fleet
from fleet_server.kiosks.presence import Standing, Verdict, Word
from fleet_server.kiosks.repository import save_standings
from fleet_server.kiosks.schemas import PresenceView
from fleet_server.kiosks.service import kiosk_detail
from fleet_server.kiosks.sweep import move_along, sweep, welcome
from fleet_server.kiosks.tables import Kiosk, Presence
from fleet_server.kiosks.wall_clock import WallClock
from fleet_server.settings import PresenceSettings
from kiosk.contract.topics import Channel
from kiosk.contract.uplink import (
    Birth,
    BirthMessage,
    Heartbeat,
    HeartbeatMessage,
    Will,
    WillMessage,
    encode_uplink,
)
from tests.fleet_server.small_hall import PATIENCE_S, make_hall
from tests.fleet_server.wire import INST, StoppedClock, TalkingKiosk, Wire, soon, talking

pytestmark = pytest.mark.slow

HEAD = {"v": 1, "i": INST, "ts": 1}


def heartbeat(mt: int, epoch: int = 1) -> bytes:
    body = Heartbeat.model_validate({"app_state": "idle"})
    return encode_uplink(HeartbeatMessage.model_validate({**HEAD, "e": epoch, "mt": mt, "d": body}))


def birth(mt: int, epoch: int = 1) -> bytes:
    return encode_uplink(BirthMessage.model_validate({**HEAD, "e": epoch, "mt": mt, "d": Birth()}))


def will(mt: int, epoch: int = 1) -> bytes:
    return encode_uplink(WillMessage.model_validate({**HEAD, "e": epoch, "mt": mt, "d": Will()}))


def presence(wire: Wire, kiosk_id: str = "hz0001") -> PresenceView:
    with wire.database.read() as session:
        return kiosk_detail(session, kiosk_id=kiosk_id).summary.presence


def swept(wire: Wire) -> tuple[str, ...]:
    return sweep(wire.database, now=wire.clock.now(), live=wire.live, settings=PresenceSettings())


async def test_a_silent_kiosk_is_called_so_in_time_and_told_to_the_pages(wire: Wire) -> None:
    identity = wire.enrolled("hz0001")
    with wire.ingesting(), talking(wire, identity) as kiosk, wire.live.listen("kiosk") as pages:
        kiosk.say(kiosk.topic(Channel.HEARTBEAT), heartbeat(1))
        assert await soon(lambda: presence(wire).word == "serving")
        heard = presence(wire).since
        wire.clock.pass_s(44)
        assert swept(wire) == ("hz0001",)
        assert (presence(wire).word, presence(wire).why) == ("unknown", "late")
        assert swept(wire) == ()
        wire.clock.pass_s(44)
        assert swept(wire) == ("hz0001",)
        assert (presence(wire).word, presence(wire).due_at) == ("silent", None)
        assert (presence(wire).since - heard).total_seconds() == 88
        news = await pages.next(within_s=PATIENCE_S)
        assert news is not None
        assert news.key == "hz0001"


async def test_a_cut_cable_is_known_at_once_and_the_kiosk_is_asked(wire: Wire) -> None:
    identity = wire.enrolled("hz0001")
    first = TalkingKiosk(wire.settings, identity)
    first.will(will(1))
    assert first.connect()
    with wire.ingesting():
        first.say(first.topic(Channel.HEARTBEAT), heartbeat(2))
        assert await soon(lambda: presence(wire).word == "serving")
        first.break_off()
        assert await soon(lambda: presence(wire).why == "link_lost")
        assert presence(wire).word == "unknown"
        with talking(wire, identity) as second:
            second.say(second.topic(Channel.BIRTH), birth(3))
            assert await soon(lambda: presence(wire).word == "serving")
        wire.clock.pass_s(10)
        assert swept(wire) == ()


async def test_a_will_that_is_wrong_is_contradicted_after_one_poke(wire: Wire) -> None:
    identity = wire.enrolled("hz0001")
    with wire.ingesting(), talking(wire, identity) as kiosk:
        kiosk.say(kiosk.topic(Channel.HEARTBEAT), heartbeat(5))
        kiosk.say(kiosk.topic(Channel.WILL), will(1))
        topic, payload = await asyncio.to_thread(kiosk.heard.get, timeout=PATIENCE_S)
        assert (topic, json.loads(payload)) == ("kf/1/k/hz0001/dn/poke", {"what": "birth"})
        kiosk.say(kiosk.topic(Channel.BIRTH), birth(6))
        assert await soon(lambda: presence(wire).word == "serving")


async def test_a_server_that_was_away_accuses_nobody(wire: Wire) -> None:
    identity = wire.enrolled("hz0001")
    with wire.ingesting(), talking(wire, identity) as kiosk:
        kiosk.say(kiosk.topic(Channel.HEARTBEAT), heartbeat(1))
        assert await soon(lambda: presence(wire).word == "serving")
    wire.clock.pass_s(3600)
    settings = PresenceSettings()
    welcome(wire.database, now=wire.clock.now(), live=wire.live, settings=settings)
    assert (presence(wire).word, presence(wire).why) == ("unknown", "server_restarted")
    wire.clock.pass_s(44)
    assert swept(wire) == ("hz0001",)
    assert presence(wire).word == "silent"


async def test_a_server_that_cannot_store_what_it_hears_accuses_nobody(tmp_path: Path) -> None:
    hall = make_hall(tmp_path, departments=())
    app = create_app(hall.settings, clock=(clock := StoppedClock()))
    async with app.router.lifespan_context(app):
        fleet: Fleet = app.state.fleet
        assert await soon(lambda: fleet.ingest.connected)
        fleet.ingest.storing = False
        with fleet.database.write() as session:
            session.add(Kiosk(id="hz0001", name="一号机", hall="大厅", enrolled_at=clock.now()))
            session.flush()
            heard = Standing(
                verdict=Verdict(Word.SERVING, ""), since=clock.now(), due_at=clock.now()
            )
            session.add(
                Presence(kiosk_id="hz0001", word="unknown", why="", why_facts={}, since=clock.now())
            )
            session.flush()
            save_standings(session, {"hz0001": (heard, heard)}, now=clock.now())

        def word() -> tuple[str, str]:
            with fleet.database.read() as session:
                told = kiosk_detail(session, kiosk_id="hz0001").summary.presence
            return told.word, told.why

        assert await soon(lambda: word() == ("unknown", "server_deaf"))
        for _ in range(2):
            clock.pass_s(100)
            await asyncio.sleep(1.2)
            assert word() == ("unknown", "server_deaf")
        fleet.ingest.storing = True  # from now on silence is the kiosk's own
        clock.pass_s(100)
        assert await soon(lambda: word() == ("silent", "server_deaf"))


@pytest.mark.parametrize("set_by_s", [3600.0, 60.0, 6.0, -60.0, -3600.0])
async def test_a_clock_that_is_set_makes_nobody_silent_and_hides_no_silence(
    wire: Wire, set_by_s: float
) -> None:
    silent, talker = wire.enrolled("hz0001"), wire.enrolled("hz0002")
    with wire.ingesting(), talking(wire, silent) as one, talking(wire, talker) as other:
        one.say(one.topic(Channel.HEARTBEAT), heartbeat(1))
        other.say(other.topic(Channel.HEARTBEAT), heartbeat(1))
        assert await soon(lambda: presence(wire).word == "serving")
        wall_clock = WallClock(wire.clock)
        wire.clock.pass_s(30)
        wire.clock.set_by_s(set_by_s)
        # one goes on talking before the jump is noticed: its deadline is of the new time already
        other.say(other.topic(Channel.HEARTBEAT), heartbeat(2))
        heard = wire.clock.now()
        assert await soon(lambda: presence(wire, "hz0002").heard_at == heard)
        move_along(wire.database, wall_clock)
        assert swept(wire) == ()
        wire.clock.pass_s(13)
        move_along(wire.database, wall_clock)
        assert swept(wire) == ()
        wire.clock.pass_s(1)
        assert swept(wire) == ("hz0001",)
        assert presence(wire).why == "late"
        # unharmed: 44 s from when it was heard, by the new time
        assert presence(wire, "hz0002").due_at == heard + timedelta(seconds=44)


async def test_a_deadline_from_a_clock_that_was_ahead_does_not_hide_a_silence(wire: Wire) -> None:
    identity = wire.enrolled("hz0001")
    with wire.ingesting(), talking(wire, identity) as kiosk:
        kiosk.say(kiosk.topic(Channel.HEARTBEAT), heartbeat(1))
        assert await soon(lambda: presence(wire).word == "serving")
    wire.clock.set_by_s(-3600)
    welcome(wire.database, now=wire.clock.now(), live=wire.live, settings=PresenceSettings())
    assert presence(wire).word == "serving"
    wire.clock.pass_s(44)
    assert swept(wire) == ("hz0001",)
