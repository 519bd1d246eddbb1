"""Why a kiosk is closed, told over the real broker: in whatever order its messages come."""

from datetime import UTC, datetime

import pytest

from fleet_server.kiosks.schemas import PresenceView
from fleet_server.kiosks.service import kiosk_detail
from kiosk.contract.devices import DeviceKind, DeviceState, DeviceStatus
from kiosk.contract.topics import Channel
from kiosk.contract.uplink import (
    AppState,
    EventBatch,
    EventsMessage,
    Heartbeat,
    HeartbeatMessage,
    ServiceStateChanged,
    encode_uplink,
)
from tests.fleet_server.wire import INST, TalkingKiosk, Wire, soon, talking

pytestmark = pytest.mark.slow

ON_BATTERY = {
    DeviceKind.POWER_SUPPLY: DeviceState(
        status=DeviceStatus.ONLINE, fault="D308", parts={"mains": "notPresent", "battery": "ok"}
    )
}


def beat(kiosk: TalkingKiosk, monotonic_ms: int, body: Heartbeat) -> None:
    message = HeartbeatMessage(
        epoch=1, inst=INST, sent_at_ms=1, monotonic_ms=monotonic_ms, body=body
    )
    kiosk.say(kiosk.topic(Channel.HEARTBEAT), encode_uplink(message))


def tell(
    kiosk: TalkingKiosk, monotonic_ms: int, n: int, reason: str, *, is_closed: bool = True
) -> None:
    event = ServiceStateChanged(
        n=n, happened_at=datetime.now(UTC), out_of_service=is_closed, reason=reason
    )
    message = EventsMessage(
        epoch=1,
        inst=INST,
        first_n=n,
        sent_at_ms=1,
        monotonic_ms=monotonic_ms,
        body=EventBatch(events=(event,), after=n - 1),
    )
    kiosk.say(kiosk.topic(Channel.EVENTS), encode_uplink(message))


def presence(wire: Wire) -> PresenceView:
    with wire.database.read() as session:
        return kiosk_detail(session, kiosk_id="hz0001").summary.presence


IDLE = Heartbeat(app_state=AppState.IDLE)
CLOSED = Heartbeat(app_state=AppState.OUT_OF_SERVICE)


async def test_a_heartbeat_made_before_the_page_closed_does_not_take_the_reason_away(
    wire: Wire,
) -> None:
    identity = wire.enrolled("hz0001")
    with wire.ingesting() as health, talking(wire, identity) as kiosk:
        beat(kiosk, 10, IDLE)
        tell(kiosk, 20, 1, "command")
        beat(kiosk, 21, IDLE)
        beat(kiosk, 22, CLOSED)
        assert await soon(lambda: health.messages == 4)
    assert (presence(wire).word, presence(wire).why) == ("maintenance", "command")


async def test_a_reason_that_comes_after_the_heartbeat_is_still_the_reason(wire: Wire) -> None:
    identity = wire.enrolled("hz0001")
    with wire.ingesting() as health, talking(wire, identity) as kiosk:
        beat(kiosk, 10, CLOSED)
        assert await soon(lambda: health.messages == 1)
        assert presence(wire).facts == {"reason": ""}
        tell(kiosk, 9, 1, "mains_lost")
        assert await soon(lambda: health.messages == 2)
    assert presence(wire).facts == {"reason": "mains_lost"}


async def test_a_closing_sent_again_does_not_close_what_has_opened_since(wire: Wire) -> None:
    identity = wire.enrolled("hz0001")
    with wire.ingesting() as health, talking(wire, identity) as kiosk:
        beat(kiosk, 10, IDLE)
        tell(kiosk, 20, 1, "mains_lost")
        assert await soon(lambda: presence(wire).word == "idle-closed")
        tell(kiosk, 30, 2, "mains_lost", is_closed=False)
        assert await soon(lambda: presence(wire).word == "serving")
        tell(kiosk, 40, 1, "mains_lost")
        assert await soon(lambda: health.messages == 4)
    assert presence(wire).word == "serving"


async def test_the_devices_say_why_where_no_event_ever_did(wire: Wire) -> None:
    identity = wire.enrolled("hz0001")
    with wire.ingesting() as health, talking(wire, identity) as kiosk:
        beat(kiosk, 10, CLOSED.model_copy(update={"devices": ON_BATTERY}))
        assert await soon(lambda: health.messages == 1)
    assert presence(wire).word == "idle-closed"
    assert presence(wire).facts == {"reason": "mains_lost"}


async def test_mains_cut_inside_a_session_names_what_the_supply_reports(wire: Wire) -> None:
    identity = wire.enrolled("hz0001")
    serving = Heartbeat(app_state=AppState.IN_SESSION, devices=ON_BATTERY)
    with wire.ingesting() as health, talking(wire, identity) as kiosk:
        beat(kiosk, 10, serving)
        assert await soon(lambda: health.messages == 1)
    assert presence(wire).word == "limited"
    assert presence(wire).facts == {"devices": "power_supply", "faults": "power_supply=D308"}
