"""From a kiosk's publish to its acknowledgement, over the real broker and the real database."""

import asyncio
import os
import queue
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from fleet_server.database import Database
from fleet_server.ingest.batch import OUTBOXES_PER_KIOSK
from fleet_server.kiosks.service import dead_letters, kiosk_detail
from fleet_server.kiosks.tables import DeadLetter, Kiosk
from kiosk.contract.topics import Channel
from kiosk.contract.uplink import (
    CaseSubmitted,
    EventBatch,
    EventsMessage,
    Heartbeat,
    HeartbeatMessage,
    Will,
    WillMessage,
    encode_uplink,
)
from tests.fleet_server.wire import INST, TalkingKiosk, Wire, soon, talking

pytestmark = pytest.mark.slow


def events(*numbers: int, after: int | None = None, inst: str = INST) -> bytes:
    """A batch of submitted cases."""
    rows = tuple(
        CaseSubmitted(n=n, happened_at=datetime.now(UTC), case_id=f"{n:032x}") for n in numbers
    )
    return encode_uplink(
        EventsMessage(
            epoch=1,
            inst=inst,
            first_n=numbers[0],
            sent_at_ms=1,
            monotonic_ms=1,
            body=EventBatch(events=rows, after=after),
        )
    )


def stored(database: Database) -> list[int]:
    with database.read() as session:
        return list(session.execute(text("SELECT n FROM event ORDER BY n")).scalars())


class FullDisk:
    """A database whose commits fail until there is room: SQLite's own words."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.is_full = True
        self.refused = 0

    @contextmanager
    def write(self) -> Iterator[Session]:
        with self._database.write() as session:
            yield session
            session.flush()
            if self.is_full:
                self.refused += 1
                raise OperationalError("COMMIT", {}, Exception("database or disk is full"))


async def test_events_are_committed_and_then_acknowledged(wire: Wire) -> None:
    identity = wire.enrolled("hz0001")
    with wire.ingesting(), talking(wire, identity) as kiosk:
        kiosk.say(kiosk.topic(Channel.EVENTS), events(1, 2, 3, after=0))
        acknowledgement = await asyncio.to_thread(kiosk.next_acknowledgement)
    assert (acknowledgement.inst, acknowledgement.upto, acknowledgement.missing) == (INST, 3, ())
    assert stored(wire.database) == [1, 2, 3]


async def test_nothing_is_acknowledged_while_the_disk_is_full(wire: Wire) -> None:
    identity = wire.enrolled("hz0001")
    disk = FullDisk(wire.database)
    with wire.ingesting(disk) as health, talking(wire, identity) as kiosk:
        kiosk.say(kiosk.topic(Channel.EVENTS), events(1, after=0))
        assert await soon(lambda: disk.refused >= 2)
        with pytest.raises(queue.Empty):
            await asyncio.to_thread(kiosk.next_acknowledgement, 0.5)
        assert (health.storing, health.why, health.messages) == (False, "database_refuses", 0)
        assert stored(wire.database) == []
        disk.is_full = False
        acknowledgement = await asyncio.to_thread(kiosk.next_acknowledgement)
        assert health.storing
    assert acknowledgement.upto == 1
    assert stored(wire.database) == [1]


async def test_a_database_without_room_loses_nothing(wire: Wire) -> None:
    identity = wire.enrolled("hz0001")
    with wire.ingesting() as health, talking(wire, identity) as kiosk:
        _allow_pages(wire.database, more=0)  # SQLITE_FULL, as from a full disk
        kiosk.say(kiosk.topic(Channel.EVENTS), events(*range(1, 201), after=0))
        assert await soon(lambda: not health.storing)
        with pytest.raises(queue.Empty):
            await asyncio.to_thread(kiosk.next_acknowledgement, 0.5)
        _allow_pages(wire.database, more=1000)
        acknowledgement = await asyncio.to_thread(kiosk.next_acknowledgement)
    assert (acknowledgement.upto, health.storing) == (200, True)
    assert stored(wire.database) == list(range(1, 201))


def _allow_pages(database: Database, *, more: int) -> None:
    with database.writing_connection() as connection:
        pages = int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + more}")


async def test_an_uncommitted_message_comes_again_to_the_next_ingest(wire: Wire) -> None:
    identity = wire.enrolled("hz0001")
    disk = FullDisk(wire.database)
    with talking(wire, identity) as kiosk:
        with wire.ingesting(disk):
            kiosk.say(kiosk.topic(Channel.EVENTS), events(1, after=0))
            assert await soon(lambda: disk.refused >= 1)
        with wire.ingesting():  # the broker was never told that it may forget
            assert await soon(lambda: stored(wire.database) == [1])


async def test_the_second_arrival_is_harmless_and_acknowledged(wire: Wire) -> None:
    identity = wire.enrolled("hz0001")
    with wire.ingesting(), talking(wire, identity) as kiosk:
        for _ in range(3):
            kiosk.say(kiosk.topic(Channel.EVENTS), events(1, 2, after=0))
            acknowledgement = await asyncio.to_thread(kiosk.next_acknowledgement)
            assert acknowledgement.upto == 2
    assert stored(wire.database) == [1, 2]


async def test_a_lost_batch_is_asked_for_by_number(wire: Wire) -> None:
    identity = wire.enrolled("hz0001")
    with wire.ingesting(), talking(wire, identity) as kiosk:
        kiosk.say(kiosk.topic(Channel.EVENTS), events(4, 5, after=3))
        first = await asyncio.to_thread(kiosk.next_acknowledgement)
        kiosk.say(kiosk.topic(Channel.EVENTS), events(1, 2, 3, after=0))
        second = await asyncio.to_thread(kiosk.next_acknowledgement)
    assert (first.upto, first.missing) == (5, (1, 2, 3))
    assert (second.upto, second.missing) == (5, ())


async def test_progress_survives_a_restart_of_the_ingest(wire: Wire) -> None:
    identity = wire.enrolled("hz0001")
    with talking(wire, identity) as kiosk:
        for batch in (events(1, 2, after=0), events(5, after=4), events(6, after=5)):
            with wire.ingesting():
                kiosk.say(kiosk.topic(Channel.EVENTS), batch)
                acknowledgement = await asyncio.to_thread(kiosk.next_acknowledgement)
    assert (acknowledgement.upto, acknowledgement.missing) == (6, (3, 4))


POISON = {
    "garbage": b"\xff\xfe\x00 not json",
    "oversized": b"x" * 70_000,
    "unknown_version": b'{"v":2,"t":"ev"}',
    "invalid": b'{"v":1,"e":1,"i":"zz","ts":1,"mt":1,"t":"ev","d":{"events":[]}}',
    "unstorable": events(1, after=0).replace(b'"n":1', b'"n":99999999999999999999'),
}


@pytest.mark.parametrize("reason", POISON)
async def test_poison_is_kept_counted_and_does_not_stop_the_rest(wire: Wire, reason: str) -> None:
    identity = wire.enrolled("hz0001")
    with wire.ingesting() as health, talking(wire, identity) as kiosk:
        assert kiosk.say(kiosk.topic(Channel.EVENTS), POISON[reason])
        assert kiosk.say(kiosk.topic(Channel.EVENTS), events(7, after=0))
        assert await soon(lambda: health.messages == 2)
        assert health.dead_letters == 1
    with wire.database.read() as session:
        (letter,) = dead_letters(session)
    assert (letter.reason, letter.kiosk_id) == (reason, "hz0001")
    assert letter.size == len(POISON[reason])
    assert len(letter.beginning) <= 4 * 512
    assert stored(wire.database) == [7]
    # acknowledged: the next ingest does not get it again
    with wire.ingesting() as health:
        await asyncio.sleep(0.5)
        assert health.messages == 0


async def test_far_too_long_is_a_dead_letter_and_cuts_nobody(wire: Wire) -> None:
    identity = wire.enrolled("hz0001")
    with wire.ingesting() as health, talking(wire, identity) as kiosk:
        assert kiosk.say(kiosk.topic(Channel.EVENTS), b"x" * 300_000)
        assert await soon(lambda: health.dead_letters == 1)
        assert not kiosk.gone.is_set()
        kiosk.say(kiosk.topic(Channel.EVENTS), events(1, after=0))
        assert (await asyncio.to_thread(kiosk.next_acknowledgement)).upto == 1
    with wire.database.read() as session:
        (letter,) = session.scalars(select(DeadLetter))
    assert (letter.reason, letter.size, letter.payload) == ("oversized", 300_000, b"x" * 2048)


async def test_a_kiosk_with_ever_new_outboxes_fills_neither_memory_nor_disk(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fleet_server.ingest.writer.KNOWN_OUTBOXES", 4)
    identity = wire.enrolled("hz0001")
    insts = [f"{number:032x}" for number in range(OUTBOXES_PER_KIOSK + 8)]
    with wire.ingesting() as health, talking(wire, identity) as kiosk:
        for inst in insts:
            kiosk.say(kiosk.topic(Channel.EVENTS), events(1, after=0, inst=inst))
        assert await soon(lambda: health.messages == len(insts))
        # in the same batch the oldest may still speak; by the next outbox it is gone
        kiosk.say(kiosk.topic(Channel.EVENTS), events(1, after=0, inst="f" * 32))
        # one that is out of mind, and one that is out of the database
        kiosk.say(kiosk.topic(Channel.EVENTS), events(2, after=1, inst=insts[-6]))
        kiosk.say(kiosk.topic(Channel.EVENTS), events(1, 2, after=0, inst=insts[0]))
        assert await soon(lambda: health.messages == len(insts) + 3)
        assert health.dead_letters == 0
    with wire.database.read() as session:
        known = session.execute(text("SELECT inst, upto FROM outbox")).all()
        assert session.execute(text("SELECT count(*) FROM event")).scalar_one() == len(known) + 2
    assert len(known) == OUTBOXES_PER_KIOSK
    assert {row.inst: row.upto for row in known}[insts[-6]] == 2
    assert {row.inst: row.upto for row in known}[insts[0]] == 2


async def test_the_echo_of_cutting_off_a_retired_kiosk_is_no_dead_letter(wire: Wire) -> None:
    identity = wire.enrolled("hz0001")
    will = WillMessage.model_validate({"v": 1, "i": INST, "ts": 1, "e": 1, "mt": 1, "d": Will()})
    kiosk = TalkingKiosk(wire.settings, identity)
    kiosk.will(encode_uplink(will))
    assert kiosk.connect()
    with wire.ingesting() as health:
        with wire.database.write() as session:
            session.get_one(Kiosk, "hz0001").retired_at = wire.clock.now()
        assert kiosk.say(kiosk.topic(Channel.EVENTS), events(1, after=0))
        assert await soon(lambda: health.dead_letters == 1)  # whatever else it says is kept
        kiosk.break_off()
        assert await soon(lambda: health.messages == 2)
        assert health.dead_letters == 1


async def test_a_bad_event_does_not_take_its_neighbours_with_it(wire: Wire) -> None:
    identity = wire.enrolled("hz0001")
    payload = events(1, 2, 3, after=0).replace(
        b'"kind":"case_submitted","case_id":"' + b"0" * 31 + b'2"', b'"kind":"from_the_future"'
    )
    assert b"from_the_future" in payload
    with wire.ingesting() as health, talking(wire, identity) as kiosk:
        kiosk.say(kiosk.topic(Channel.EVENTS), payload)
        acknowledgement = await asyncio.to_thread(kiosk.next_acknowledgement)
        assert health.dead_letters == 1
    assert (acknowledgement.upto, acknowledgement.missing) == (3, ())
    assert stored(wire.database) == [1, 3]


async def test_a_heartbeat_is_seen_on_the_kiosks_page(wire: Wire) -> None:
    identity = wire.enrolled("hz0001")
    heartbeat = HeartbeatMessage(
        epoch=1,
        inst=INST,
        sent_at_ms=1,
        monotonic_ms=10,
        body=Heartbeat.model_validate(
            {
                "app_state": "idle",
                "drawn_content": "ab" * 32,
                "cases_waiting": 2,
                "devices": {"receipt_printer": {"status": "hardwareError", "fault": "D301"}},
            }
        ),
    )
    with wire.ingesting() as health, talking(wire, identity) as kiosk:
        kiosk.say(kiosk.topic(Channel.HEARTBEAT), encode_uplink(heartbeat))
        assert await soon(lambda: health.messages == 1)
    with wire.database.read() as session:
        detail = kiosk_detail(session, kiosk_id="hz0001")
    summary = detail.summary
    assert (summary.presence.word, summary.presence.why) == ("limited", "devices")
    assert summary.presence.facts == {"devices": "receipt_printer"}
    assert (summary.drawn_content, summary.cases_waiting) == ("ab" * 32, 2)
    assert [(d.device, d.fault) for d in detail.devices] == [("receipt_printer", "D301")]


async def test_no_personal_word_of_a_refused_message_reaches_the_log(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    identity = wire.enrolled("hz0001")
    canary = b'{"v":1,"t":"hb","name":"CANARY-4711","d":{"app_state":"CANARY-4711"}}'
    with wire.ingesting() as health, talking(wire, identity) as kiosk:
        kiosk.say(kiosk.topic(Channel.HEARTBEAT), canary)
        kiosk.say(kiosk.topic(Channel.EVENTS), POISON["unstorable"])
        assert await soon(lambda: health.dead_letters == 2)
    with wire.database.read() as session:
        assert not any("CANARY" in letter.detail for letter in dead_letters(session))
    assert "CANARY" not in caplog.text
    assert os.fspath(wire.settings.database_file.parent) not in caplog.text


class Stumbling:
    """A database that fails, once, in a way nobody foresaw: even the dead letter."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.stumbles = 2

    @contextmanager
    def write(self) -> Iterator[Session]:
        if self.stumbles:
            self.stumbles -= 1
            raise RuntimeError("unforeseen")
        with self._database.write() as session:
            yield session


async def test_what_an_unforeseen_failure_held_comes_again_by_itself(wire: Wire) -> None:
    identity = wire.enrolled("hz0001")
    database = Stumbling(wire.database)
    with wire.ingesting(database), talking(wire, identity) as kiosk:
        kiosk.say(kiosk.topic(Channel.EVENTS), events(1, after=0))
        assert await soon(lambda: stored(wire.database) == [1])
    assert database.stumbles == 0


async def test_the_ingest_finds_the_broker_among_a_thousand_connections(wire: Wire) -> None:
    identity = wire.enrolled("hz0001")
    with talking(wire, identity) as kiosk:
        many = [os.dup(0) for _ in range(1100)]  # the next socket's number is above 1023
        try:
            with wire.ingesting():
                kiosk.say(kiosk.topic(Channel.EVENTS), events(1, after=0))
                assert await soon(lambda: stored(wire.database) == [1])
        finally:
            for each in many:
                os.close(each)
