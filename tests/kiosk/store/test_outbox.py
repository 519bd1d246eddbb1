from datetime import timedelta
from pathlib import Path

import pytest

from kiosk.contract.uplink import (
    CaseSubmitted,
    ContentDrawn,
    EventsDropped,
    SessionStarted,
    UplinkEvent,
)
from kiosk.store.database import Store
from kiosk.store.outbox import RETENTION, Outbox
from tests.kiosk.store.conftest import SettableClock


def events(outbox: Outbox, after: int = 0) -> list[UplinkEvent]:
    return [row.event for row in outbox.pending(after=after)]


def test_an_event_is_read_back_as_recorded(outbox: Outbox, clock: SettableClock) -> None:
    n = outbox.record(SessionStarted, service_id="tax-payment-certificate")
    assert events(outbox) == [
        SessionStarted(n=n, happened_at=clock.now, service_id="tax-payment-certificate")
    ]


def test_a_misspelt_field_is_refused(outbox: Outbox) -> None:
    with pytest.raises(ValueError, match="servce_id"):
        outbox.record(SessionStarted, service_id="a", servce_id="b")
    assert events(outbox) == []


def test_a_missing_field_is_refused(outbox: Outbox) -> None:
    with pytest.raises(ValueError, match="service_id"):
        outbox.record(SessionStarted)


def test_numbers_grow_and_survive_reopening_even_after_all_rows_are_gone(tmp_path: Path) -> None:
    first = Store.open(tmp_path / "kiosk.sqlite")
    box = Outbox(first)
    numbers = [box.record(SessionStarted, service_id="a") for _ in range(3)]
    with first.transaction() as connection:
        connection.execute("DELETE FROM outbox")
    inst = box.inst
    first.close()
    again = Store.open(tmp_path / "kiosk.sqlite")
    assert Outbox(again).record(SessionStarted, service_id="a") == numbers[-1] + 1
    assert Outbox(again).inst == inst
    again.close()


def test_two_files_have_two_identities(tmp_path: Path) -> None:
    stores = [Store.open(tmp_path / name) for name in ("a.sqlite", "b.sqlite")]
    assert Outbox(stores[0]).inst != Outbox(stores[1]).inst
    for store in stores:
        store.close()


def test_an_event_of_a_transaction_that_fails_never_was(store: Store, outbox: Outbox) -> None:
    def fail() -> None:
        with store.transaction():
            outbox.record(SessionStarted, service_id="a")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert outbox.pending() == []


def test_only_the_acknowledged_leave(outbox: Outbox) -> None:
    numbers = [outbox.record(SessionStarted, service_id="a") for _ in range(5)]
    assert outbox.mark_acked(numbers[3], (numbers[1],)) == 3
    assert [event.n for event in events(outbox)] == [numbers[1], numbers[4]]
    assert outbox.waiting() == 2


def test_a_restored_server_gets_acknowledged_events_again(outbox: Outbox) -> None:
    numbers = [outbox.record(SessionStarted, service_id="a") for _ in range(3)]
    outbox.mark_acked(numbers[2])
    assert outbox.waiting() == 0
    outbox.mark_acked(numbers[0], (numbers[1], numbers[2]))
    assert [event.n for event in events(outbox)] == numbers[1:]


def test_what_was_acknowledged_is_kept_for_72_hours(
    store: Store, outbox: Outbox, clock: SettableClock
) -> None:
    kept = outbox.record(SessionStarted, service_id="a")
    outbox.mark_acked(kept)
    clock.forward(RETENTION - timedelta(seconds=1))
    outbox.tidy()
    assert store.rows("SELECT count(*) FROM outbox") == [(1,)]
    clock.forward(timedelta(seconds=1))
    outbox.tidy()
    assert store.rows("SELECT count(*) FROM outbox") == [(0,)]


def test_a_full_outbox_gives_up_information_and_says_so_but_never_a_case(
    store: Store, clock: SettableClock
) -> None:
    box = Outbox(store, clock=clock, max_bytes=6_000)
    cases = [box.record(CaseSubmitted, case_id=f"{index:032x}") for index in range(20)]
    drawn = [box.record(ContentDrawn, content="0" * 64) for _ in range(60)]
    lost = box.tidy()
    left = box.pending()
    assert [row.event.n for row in left if isinstance(row.event, CaseSubmitted)] == cases
    said = [row.event for row in left if isinstance(row.event, EventsDropped)]
    assert said == [
        EventsDropped(
            n=said[0].n,
            happened_at=clock.now,
            count=lost,
            first_n=drawn[0],
            last_n=drawn[lost - 1],
        )
    ]
    assert 0 < lost < len(drawn)


def test_a_full_outbox_first_forgets_what_the_server_has(store: Store) -> None:
    box = Outbox(store, max_bytes=6_000)
    known = [box.record(ContentDrawn, content="0" * 64) for _ in range(60)]
    box.mark_acked(known[-1])
    fresh = box.record(ContentDrawn, content="1" * 64)
    assert box.tidy() == 0
    assert [row.event.n for row in box.pending()] == [fresh]


def test_what_is_full_is_counted_in_octets_as_the_disk_does(store: Store) -> None:
    # 40 events of 60 Chinese characters: 5,700 characters, 10,500 octets
    box = Outbox(store, max_bytes=8_000)
    for _ in range(40):
        box.record(SessionStarted, service_id="办" * 60)
    assert box.tidy() > 0
    found = store.rows("SELECT sum(octet_length(body)), sum(length(body)) FROM outbox")
    octets, characters = (int(str(each)) for each in found[0])
    assert characters < octets <= 8_000 + 200  # what the note of the loss itself takes


def of_newer_software(store: Store, *numbers: int) -> None:
    with store.transaction() as connection:
        for n in numbers:
            connection.execute(
                "UPDATE outbox SET kind = 'blinds_lowered',"
                " body = json_set(body, '$.kind', 'blinds_lowered') WHERE n = ?",
                (n,),
            )


def test_a_row_of_newer_software_holds_up_no_other_and_is_told_once(store: Store) -> None:
    told: list[tuple[int, str]] = []
    box = Outbox(store, on_unreadable=lambda n, kind: told.append((n, kind)))
    numbers = [box.record(SessionStarted, service_id="a") for _ in range(6)]
    of_newer_software(store, *numbers[:3])
    assert [row.n for row in box.pending(limit=2)] == numbers[3:5]
    assert [row.n for row in box.pending()] == numbers[3:]
    assert told == [(n, "blinds_lowered") for n in numbers[:3]]


def test_an_acknowledgement_from_above_does_not_forget_what_could_not_be_read(
    store: Store,
) -> None:
    box = Outbox(store)
    numbers = [box.record(SessionStarted, service_id="a") for _ in range(3)]
    of_newer_software(store, numbers[1])
    box.pending()
    assert box.mark_acked(numbers[2]) == 2
    with store.transaction() as connection:
        connection.execute(
            "UPDATE outbox SET body = json_set(body, '$.kind', 'session_started') WHERE n = ?",
            (numbers[1],),
        )
    # the software that can read it comes back, and sends it
    assert [row.n for row in Outbox(store).pending()] == [numbers[1]]
