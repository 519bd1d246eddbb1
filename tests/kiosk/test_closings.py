"""The server is told when a kiosk closes by itself, why, and when that is over: edges only."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kiosk.closings import Closings
from kiosk.contract.closing import Closing
from kiosk.contract.uplink import ServiceStateChanged
from kiosk.flow import states as st
from kiosk.flow.citizen import PLAIN
from kiosk.flow.world import World
from kiosk.store.database import Store
from kiosk.store.journal import Journal
from kiosk.store.outbox import Outbox
from tests.kiosk.flow.visits import world

CLOSED = st.OutOfService()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "kiosk.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def closings(store: Store) -> Closings:
    return Closings(store, Outbox(store), Journal(store))


def told(closings: Closings, state: st.State, around: World) -> Closing | None:
    edge = closings.edge(state, around)
    if edge is not None:
        closings.record(edge, datetime.now(UTC))
    return None if edge is None else edge.reason


def facts(store: Store) -> list[tuple[bool, str]]:
    return [
        (row.event.out_of_service, row.event.reason)
        for row in Outbox(store).pending()
        if isinstance(row.event, ServiceStateChanged)
    ]


def test_tells_each_edge_once(closings: Closings, store: Store) -> None:
    on_battery, low = world(mains=False), world(mains=False, battery="low")
    for state, around in (
        (st.Idle(), world()),
        (CLOSED, on_battery),
        (CLOSED, on_battery),
        (CLOSED, low),
        (CLOSED, low),
        (st.Idle(), world()),
        (st.Idle(), world()),
    ):
        told(closings, state, around)
    assert facts(store) == [
        (True, "mains_lost"),
        (True, "battery_low"),
        (False, "battery_low"),
    ]


def test_a_session_that_goes_on_is_not_called_closed(closings: Closings) -> None:
    assert told(closings, st.Home(display=PLAIN), world(mains=False)) is None
    assert told(closings, CLOSED, world(mains=False)) is Closing.MAINS_LOST


def test_what_an_operator_closed_is_told_where_it_is_obeyed(closings: Closings) -> None:
    assert told(closings, CLOSED, world(closed="检修")) is None
    assert told(closings, CLOSED, world(closed="检修", door="open")) is None
    assert told(closings, CLOSED, world(door="open")) is Closing.DOOR_OPEN
