"""What the pump sends and when, over a real outbox."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.agent.envelope import Envelopes
from kiosk.agent.link import IN_FLIGHT, LinkError
from kiosk.agent.pump import Pump
from kiosk.contract.downlink import Acknowledgement
from kiosk.contract.uplink import MAX_BYTES, EventsMessage, SessionStarted, decode_uplink
from kiosk.store.database import Store
from kiosk.store.outbox import Outbox


class Wire:
    """Where messages go; may be cut."""

    def __init__(self) -> None:
        self.sent: list[EventsMessage] = []
        self.sizes: list[int] = []
        self.is_cut = False

    def publish(self, payload: bytes) -> int:
        if self.is_cut:
            raise LinkError("no_connection")
        message = decode_uplink(payload)
        assert isinstance(message, EventsMessage)
        self.sent.append(message)
        self.sizes.append(len(payload))
        return len(self.sent)

    def numbers(self) -> list[int]:
        return [event.n for message in self.sent for event in message.body.events]


class Bench:
    """A pump, its outbox, its wire and its clock."""

    def __init__(self, store: Store) -> None:
        self.outbox = Outbox(store)
        self.wire = Wire()
        self.now = 0.0
        envelopes = Envelopes(epoch=1, inst=self.outbox.inst, software="test")
        self.pump = Pump(
            self.outbox,
            envelopes,
            self.wire.publish,
            resend_after_s=60,
            monotonic=lambda: self.now,
        )

    def record(self, count: int, service_id: str = "a") -> list[int]:
        return [self.outbox.record(SessionStarted, service_id=service_id) for _ in range(count)]

    def acknowledge(self, upto: int, missing: tuple[int, ...] = ()) -> int:
        told = Acknowledgement(inst=self.outbox.inst, upto=upto, missing=missing)
        return self.pump.acknowledged(told)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    store = Store.open(tmp_path / "kiosk.sqlite")
    yield Bench(store)
    store.close()


def test_nothing_is_sent_without_a_connection(bench: Bench) -> None:
    bench.record(3)
    bench.pump.turn()
    assert bench.wire.sent == []


def test_each_row_is_sent_once_while_the_server_answers(bench: Bench) -> None:
    bench.pump.connected()
    first = bench.record(3)
    bench.pump.turn()
    bench.pump.turn()
    second = bench.record(2)
    bench.pump.turn()
    assert bench.wire.numbers() == first + second
    assert bench.acknowledge(second[-1]) == 5
    assert bench.outbox.waiting() == 0


def test_every_message_says_where_the_pump_stood(bench: Bench) -> None:
    bench.pump.connected()
    bench.record(2)
    bench.pump.turn()
    bench.record(2)
    bench.pump.turn()
    assert [message.body.after for message in bench.wire.sent] == [0, 2]
    assert [message.first_n for message in bench.wire.sent] == [1, 3]


def test_without_an_acknowledgement_all_is_sent_again_and_marked_historical(bench: Bench) -> None:
    bench.pump.connected()
    numbers = bench.record(3)
    bench.pump.turn()
    bench.now = 59.9
    bench.pump.turn()
    assert bench.wire.numbers() == numbers
    bench.now = 60
    bench.pump.turn()
    assert bench.wire.numbers() == numbers * 2
    assert [message.historical for message in bench.wire.sent] == [False, True]


def test_what_waited_for_the_connection_is_historical_and_what_follows_is_not(
    bench: Bench,
) -> None:
    old = bench.record(2)
    bench.pump.connected()
    new = bench.record(2)
    bench.pump.turn()
    sent = [(message.historical, [e.n for e in message.body.events]) for message in bench.wire.sent]
    assert sent == [(True, old), (False, new)]


def test_a_new_connection_begins_at_the_oldest_unacknowledged_row(bench: Bench) -> None:
    bench.pump.connected()
    numbers = bench.record(4)
    bench.pump.turn()
    bench.acknowledge(numbers[1])
    bench.pump.lost()
    bench.pump.connected()
    bench.pump.turn()
    assert bench.wire.numbers() == numbers + numbers[2:]


def test_a_row_that_cannot_be_read_does_not_stop_the_uplink(bench: Bench, tmp_path: Path) -> None:
    bench.pump.connected()
    numbers = bench.record(3)
    other = Store.open(tmp_path / "kiosk.sqlite")
    with other.transaction() as connection:
        connection.execute('UPDATE outbox SET body = \'{"kind":"of_newer_software"}\' WHERE n = 1')
    other.close()
    bench.pump.turn()
    assert bench.wire.numbers() == numbers[1:]
    assert bench.acknowledge(numbers[-1], missing=(numbers[0],)) == 2
    bench.pump.turn()
    assert bench.wire.numbers() == numbers[1:]
    assert bench.outbox.waiting() == 1


def test_a_missing_row_is_sent_again_at_once(bench: Bench) -> None:
    bench.pump.connected()
    numbers = bench.record(4)
    bench.pump.turn()
    bench.acknowledge(numbers[3], (numbers[1],))
    bench.pump.turn()
    assert bench.wire.numbers() == [*numbers, numbers[1]]


def test_no_more_than_thirty_two_messages_are_ahead_of_the_server(bench: Bench) -> None:
    bench.pump.connected()
    for _ in range(IN_FLIGHT + 10):
        bench.record(1)
        bench.pump.turn()
    assert len(bench.wire.sent) == IN_FLIGHT
    bench.acknowledge(5)
    bench.pump.turn()
    assert len(bench.wire.sent) == IN_FLIGHT + 1  # the ten that waited share one message
    assert bench.wire.numbers()[-10:] == list(range(IN_FLIGHT + 1, IN_FLIGHT + 11))


def test_a_message_stays_within_its_size(bench: Bench) -> None:
    bench.pump.connected()
    numbers = bench.record(180, service_id="s" * 900)
    bench.pump.turn()
    assert bench.wire.numbers() == numbers
    assert len(bench.wire.sent) > 2
    assert max(bench.wire.sizes) <= MAX_BYTES


def test_a_cut_wire_loses_nothing(bench: Bench) -> None:
    bench.pump.connected()
    numbers = bench.record(2)
    bench.wire.is_cut = True
    bench.pump.turn()
    bench.wire.is_cut = False
    bench.pump.turn()
    assert bench.wire.numbers() == numbers


def test_an_acknowledgement_for_another_store_is_ignored(bench: Bench) -> None:
    bench.pump.connected()
    bench.record(2)
    bench.pump.turn()
    assert bench.pump.acknowledged(Acknowledgement(inst="0" * 32, upto=99)) == 0
    assert bench.outbox.waiting() == 2


def test_a_server_restored_from_a_backup_is_told_again(bench: Bench) -> None:
    bench.pump.connected()
    bench.pump.server_state(on=True, gen=3)
    numbers = bench.record(2)
    bench.pump.turn()
    bench.pump.server_state(on=True, gen=3)
    bench.pump.turn()
    assert bench.wire.numbers() == numbers
    bench.pump.server_state(on=True, gen=4)
    bench.pump.turn()
    assert bench.wire.numbers() == numbers * 2


def test_a_server_whose_ingest_is_off_is_left_alone(bench: Bench) -> None:
    bench.pump.connected()
    bench.pump.server_state(on=False, gen=1)
    numbers = bench.record(1)
    bench.pump.turn()
    assert bench.wire.sent == []
    bench.pump.server_state(on=True, gen=1)
    bench.pump.turn()
    assert bench.wire.numbers() == numbers
