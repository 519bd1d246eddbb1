"""What the app writes of itself: in order, and never the end of it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import apsw
import pytest

from kiosk.contract.devices import DeviceKind, DeviceState, DeviceStatus
from kiosk.contract.uplink import AppState, DeviceStatusChanged, SelfTestDone, SessionStarted
from kiosk.flow.clerk import Clerk
from kiosk.records import AppRecords
from kiosk.store import database
from kiosk.store.command_log import CommandLog
from kiosk.store.database import Store, StoreFull
from kiosk.store.journal import Journal
from kiosk.store.outbox import Outbox
from kiosk.store.shared_state import AppAlive, DeviceStates, DrawnContent, SharedState

EDGES = 40
WITHIN_S = 20.0
KINDS = tuple(DeviceKind)
HASH = "ab" * 32


class SmallDisk(Store):
    """A store whose file SQLite itself will not let grow while `is_full`."""

    is_full = False

    def _connection(self) -> apsw.Connection:
        connection = super()._connection()
        if connection.get_autocommit():
            pages = connection.pragma("page_count") if self.is_full else 1 << 30
            connection.pragma("max_page_count", pages)
        return connection


@dataclass
class Kiosk:
    store: SmallDisk
    clerk: Clerk
    shared: SharedState
    outbox: Outbox
    records: AppRecords
    states: dict[DeviceKind, DeviceState]

    def edge(self, kind: DeviceKind, state: DeviceState) -> None:
        self.states[kind] = state
        self.records.device_changed(kind, state)

    def fill(self) -> None:
        """Until not one more event fits."""
        self.store.is_full = True
        for size in (1000, 1):
            with suppress(StoreFull):
                while True:
                    self.outbox.record(SessionStarted, service_id="办" * size)

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not is_so():  # noqa: ASYNC110  the store tells nobody
                await asyncio.sleep(0.02)

    def edges(self) -> list[tuple[DeviceKind, DeviceState]]:
        events = [row.event for row in self.outbox.pending(limit=10_000)]
        return [
            (event.device, event.state)
            for event in events
            if isinstance(event, DeviceStatusChanged)
        ]


@pytest.fixture
async def kiosk(tmp_path: Path) -> AsyncIterator[Kiosk]:
    store = SmallDisk.open(tmp_path / "kiosk.sqlite")
    outbox, shared, clerk = Outbox(store), SharedState(store), Clerk()
    states: dict[DeviceKind, DeviceState] = {}
    records = AppRecords(
        store,
        clerk=clerk,
        shared=shared,
        outbox=outbox,
        journal=Journal(store),
        commands=CommandLog(store, outbox),
        device_states=lambda: dict(states),
    )
    working = asyncio.create_task(clerk.work())
    yield Kiosk(store, clerk, shared, outbox, records, states)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    store.close()


def state_of(number: int) -> DeviceState:
    return DeviceState(status=DeviceStatus.ONLINE, parts={"edge": str(number)})


async def test_edges_of_many_devices_are_written_in_their_order_and_the_newest_states_stay(
    kiosk: Kiosk,
) -> None:
    made = [(KINDS[number % len(KINDS)], state_of(number)) for number in range(EDGES)]
    for kind, state in made:
        kiosk.edge(kind, state)
    await kiosk.clerk.settle()
    assert kiosk.edges() == made
    kept = kiosk.shared.get(DeviceStates)
    assert kept is not None
    assert kept.devices == kiosk.states


async def test_what_is_asked_for_comes_after_what_was_noted(kiosk: Kiosk) -> None:
    for number in range(5):
        kiosk.clerk.note(partial(kiosk.outbox.record, SessionStarted, service_id=f"s{number}"))
    last = await kiosk.clerk.write(
        partial(kiosk.outbox.record, SessionStarted, service_id="asked for")
    )
    events = [row.event for row in kiosk.outbox.pending()]
    assert events[-1].n == last
    assert len(events) == 6


async def test_a_full_disk_ends_nothing_and_edges_are_written_when_there_is_room(
    kiosk: Kiosk, caplog: pytest.LogCaptureFixture
) -> None:
    kiosk.fill()
    for number in range(3):
        kiosk.edge(DeviceKind.QR_SCANNER, state_of(number))
    kiosk.records.content_drawn(HASH)
    kiosk.records.started(cold_start_ms=1, content=HASH)
    await kiosk.clerk.settle()
    assert kiosk.edges() == []
    with pytest.raises(StoreFull):
        await kiosk.clerk.write(
            partial(kiosk.outbox.record, SessionStarted, service_id="办" * 1000)
        )
    kiosk.store.is_full = False
    await kiosk.until(lambda: kiosk.shared.get(DrawnContent) is not None)
    await kiosk.until(lambda: kiosk.outbox.pending(limit=10_000)[-1].event.kind == "app_started")
    assert [state for _, state in kiosk.edges()] == [state_of(number) for number in range(3)]
    said = [each for each in caplog.records if each.name == "kiosk.flow.clerk"]
    assert [each.levelno for each in said] == [logging.ERROR, logging.WARNING]


async def test_a_sign_of_life_that_cannot_be_given_is_said_once_and_once_when_it_can(
    kiosk: Kiosk, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 20)  # for the threads still to come
    other = apsw.Connection(str(kiosk.store.path))
    other.execute("BEGIN IMMEDIATE")
    await kiosk.records.alive(1, AppState.IDLE)
    await kiosk.records.alive(2, AppState.IDLE)
    other.execute("ROLLBACK")
    other.close()
    assert kiosk.shared.get(AppAlive) is None
    await kiosk.records.alive(3, AppState.IDLE)
    assert kiosk.shared.get(AppAlive) is not None
    said = [each.levelno for each in caplog.records if each.name == "kiosk.records"]
    assert said == [logging.ERROR, logging.WARNING]


async def test_a_self_test_is_one_event_and_one_entry_of_the_journal(kiosk: Kiosk) -> None:
    found = {
        DeviceKind.QR_SCANNER: DeviceState(status=DeviceStatus.ONLINE),
        DeviceKind.RECEIPT_PRINTER: DeviceState(status=DeviceStatus.HARDWARE_ERROR, fault="D301"),
    }
    kiosk.records.self_tested(found)
    journal = Journal(kiosk.store)
    await kiosk.until(lambda: journal.last("self_test_done") is not None)
    (told,) = (row.event for row in kiosk.outbox.pending() if isinstance(row.event, SelfTestDone))
    assert told.devices == found
    entry = journal.last("self_test_done")
    assert entry is not None
    assert entry.facts == {"devices": 2, "faults": 1}
