from datetime import timedelta

from kiosk.contract.devices import DeviceKind, DeviceState, DeviceStatus
from kiosk.contract.uplink import AppState
from kiosk.store.database import Store
from kiosk.store.shared_state import (
    AppAlive,
    DeviceStates,
    DrawnContent,
    OutOfService,
    SharedState,
    is_alive,
)
from tests.kiosk.store.conftest import SettableClock


def test_the_other_program_reads_what_was_put(store: Store) -> None:
    value = DeviceStates(
        devices={
            DeviceKind.RECEIPT_PRINTER: DeviceState(
                status=DeviceStatus.ONLINE, fault="D301", parts={"paper": "out"}
            )
        }
    )
    SharedState(store).put(value)
    other = Store.open(store.path)
    assert SharedState(other).get(DeviceStates) == value
    other.close()


def test_what_was_never_put_is_none(store: Store) -> None:
    assert SharedState(store).get(OutOfService) is None


def test_an_equal_value_wakes_nobody(store: Store) -> None:
    state = SharedState(store)
    value = DrawnContent(hash="a" * 64)
    assert state.put(value)
    with store.watch() as watch:
        assert not state.put(value)
        assert not watch.changed()
        assert state.put(DrawnContent(hash="b" * 64))
        assert watch.changed()


def test_a_value_of_another_shape_is_as_if_absent(store: Store) -> None:
    with store.transaction() as connection:
        connection.execute(
            """INSERT INTO shared_state VALUES ('drawn_content', '{"hash": 7}', 0)"""
        )
    assert SharedState(store).get(DrawnContent) is None


def test_an_app_that_stopped_ticking_is_not_alive(clock: SettableClock) -> None:
    alive = AppAlive(tick=1, state=AppState.IDLE, at=clock.now)
    assert is_alive(alive, clock.now + timedelta(seconds=5))
    assert not is_alive(alive, clock.now + timedelta(seconds=5.1))
    assert is_alive(alive, clock.now - timedelta(hours=1))
    assert not is_alive(None, clock.now)
