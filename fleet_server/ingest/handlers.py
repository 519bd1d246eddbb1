"""One function per kind of message; each may run twice, late or out of order without harm."""

from dataclasses import replace
from typing import assert_never

from fleet_server.commands.progress import note_progress
from fleet_server.ingest.batch import Batch
from fleet_server.ingest.decode import Refused, Understood
from fleet_server.kiosks.presence import (
    LINK_LOST,
    Standing,
    heard_birth,
    heard_heartbeat,
    heard_will,
    is_heard,
    is_news,
    judged,
)
from kiosk.contract.uplink import (
    AppState,
    BirthMessage,
    CommandProgress,
    ContentDrawn,
    DeviceStatusChanged,
    EventsMessage,
    HeartbeatMessage,
    ReportedMessage,
    ServiceStateChanged,
    UplinkEvent,
    WillMessage,
)

_MOVING = (DeviceStatusChanged, ServiceStateChanged)
"""Events that change what a kiosk is called."""


def needs_standing(understood: Understood) -> bool:
    """Whether handling it may move the kiosk's presence."""
    message = understood.message
    if isinstance(message, EventsMessage):
        return any(isinstance(event, _MOVING) for event in message.body.events)
    return isinstance(message, HeartbeatMessage | BirthMessage | WillMessage)


def handle(batch: Batch, understood: Understood) -> None:
    """Take one message into the batch."""
    kiosk_id = understood.kiosk_id
    match understood.message:
        case HeartbeatMessage() as message:
            _heartbeat(batch, kiosk_id, message)
        case EventsMessage() as message:
            _events(batch, kiosk_id, message, understood.refused)
        case ReportedMessage() as message:
            batch.add_reported(kiosk_id, message.body)
            batch.changed_kiosks.add(kiosk_id)
        case BirthMessage() as message:
            _birth(batch, kiosk_id, message)
        case WillMessage() as message:
            _will(batch, kiosk_id, message)
        case unhandled:
            assert_never(unhandled)


def _heartbeat(batch: Batch, kiosk_id: str, message: HeartbeatMessage) -> None:
    before = batch.standings[kiosk_id]
    if not is_news(before, epoch=message.epoch, monotonic_ms=message.monotonic_ms):
        return
    _move(
        batch,
        kiosk_id,
        heard_heartbeat(
            before,
            message.body,
            epoch=message.epoch,
            monotonic_ms=message.monotonic_ms,
            now=batch.now,
            settings=batch.settings,
        ),
    )
    batch.add_vitals(kiosk_id, message.body, clock=message.clock)


def _birth(batch: Batch, kiosk_id: str, message: BirthMessage) -> None:
    born = heard_birth(
        batch.standings[kiosk_id],
        message.body.devices,
        epoch=message.epoch,
        monotonic_ms=message.monotonic_ms,
        now=batch.now,
        settings=batch.settings,
    )
    _move(batch, kiosk_id, born)


def _will(batch: Batch, kiosk_id: str, message: WillMessage) -> None:
    before = batch.standings[kiosk_id]
    after = heard_will(
        before,
        epoch=message.epoch,
        reason=message.body.reason[:64],
        now=batch.now,
        settings=batch.settings,
    )
    if after is not before and after.verdict.why == LINK_LOST:
        batch.to_poke.add(kiosk_id)
    _move(batch, kiosk_id, after)


def _events(
    batch: Batch, kiosk_id: str, message: EventsMessage, refused: tuple[Refused, ...]
) -> None:
    place = batch.place(kiosk_id, message.inst)
    batch.add_events(message, place.id)
    numbers = [event.n for event in message.body.events]
    numbers.extend(item.n for item in refused if item.n is not None)
    numbers.sort()
    newest_before = place.seen.upto
    place.seen.note(numbers, after=message.body.after)
    batch.changed_kiosks.add(kiosk_id)
    for event in message.body.events:
        _react(batch, kiosk_id, message, event)
        if isinstance(event, ServiceStateChanged) and event.n > newest_before:
            _opened_or_closed(batch, kiosk_id, message, event)


def _react(batch: Batch, kiosk_id: str, message: EventsMessage, event: UplinkEvent) -> None:
    match event:
        case CommandProgress():
            if note_progress(batch.session, kiosk_id=kiosk_id, event=event, now=batch.now):
                batch.changed_commands.add(event.command_id)
        case ContentDrawn() if not message.historical:
            batch.add_drawn(kiosk_id, event.content)
        case DeviceStatusChanged() if _tells_the_present(batch, kiosk_id, message):
            standing = batch.standings[kiosk_id]
            devices = {**standing.devices, event.device: event.state}
            _judge(batch, kiosk_id, replace(standing, devices=devices))
        case _:
            pass  # kept in the event log; other domains read it there


def _opened_or_closed(
    batch: Batch, kiosk_id: str, message: EventsMessage, event: ServiceStateChanged
) -> None:
    """The newest such event has the reason, however late it comes: no heartbeat tells it."""
    before = batch.standings[kiosk_id]
    reason = event.reason[:64] if event.out_of_service else ""
    app_state = before.app_state
    if _tells_the_present(batch, kiosk_id, message):
        if event.out_of_service:
            app_state = AppState.OUT_OF_SERVICE
        elif app_state is AppState.OUT_OF_SERVICE:
            app_state = AppState.IDLE
    _judge(batch, kiosk_id, replace(before, app_state=app_state, closed_reason=reason))


def _tells_the_present(batch: Batch, kiosk_id: str, message: EventsMessage) -> bool:
    """An edge counts unless it is history or a newer heartbeat has told the level already."""
    standing = batch.standings[kiosk_id]
    told = (message.epoch, message.monotonic_ms)
    return not message.historical and told >= (standing.epoch, standing.monotonic_ms)


def _judge(batch: Batch, kiosk_id: str, standing: Standing) -> None:
    if is_heard(standing):
        standing = judged(standing, now=batch.now)
    _move(batch, kiosk_id, standing)


def _move(batch: Batch, kiosk_id: str, standing: Standing) -> None:
    if standing is not batch.standings[kiosk_id]:
        batch.standings[kiosk_id] = standing
        batch.changed_kiosks.add(kiosk_id)
