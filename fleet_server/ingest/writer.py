"""The one writer: a batch of arrivals becomes one committed transaction.

Order of things, which no failure changes: commit, then PUBACK, then `dn/ack`. While commits fail
(disk full) nothing is acknowledged and the batch is tried again; a message that itself makes the
transaction fail is found by halving and becomes a dead letter.
"""

import logging
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Final, Protocol

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from fleet_server.broker.link import ServerLink
from fleet_server.clock import Clock
from fleet_server.ingest.acknowledgements import AckSchedule
from fleet_server.ingest.batch import Batch, OutboxKey, OutboxPlace
from fleet_server.ingest.decode import Reason, Refused, Understood, decode
from fleet_server.ingest.handlers import handle, needs_standing
from fleet_server.ingest.health import IngestHealth
from fleet_server.ingest.listener import Arrival
from fleet_server.kiosks.repository import enrolled_among
from fleet_server.live import LiveBus
from fleet_server.settings import PresenceSettings
from kiosk.contract.uplink import WillMessage

_log = logging.getLogger(__name__)

_IDLE_S: Final = 0.2
_RETRY_S: Final = 1.0
KNOWN_OUTBOXES: Final = 10_000
"""In memory; a kiosk has one at a time. Forgetting one costs a query."""


class CanWrite(Protocol):
    """What the writer needs of a database."""

    def write(self) -> AbstractContextManager[Session]:
        """One transaction, committed at the end of the block."""


class Source(Protocol):
    """What the writer needs of the broker."""

    def take(self, *, within_s: float) -> list[Arrival]:
        """The next batch, empty when nothing came within `within_s`."""

    def wait(self, within_s: float) -> None:
        """Keep the connection alive for so long, handing out nothing."""

    def acknowledge(self, arrivals: Iterable[Arrival]) -> None:
        """The broker may forget these."""

    def close(self) -> None:
        """Disconnect; the next `take` connects again."""


class Writer:
    """Takes, writes and acknowledges, all on a thread of its own."""

    def __init__(
        self,
        *,
        database: CanWrite,
        clock: Clock,
        link: ServerLink,
        live: LiveBus,
        health: IngestHealth,
        presence: PresenceSettings,
        source: Source,
    ) -> None:
        self._database = database
        self._clock = clock
        self._link = link
        self._live = live
        self._health = health
        self._presence = presence
        self._source = source
        self._known: dict[OutboxKey, OutboxPlace] = {}
        self._schedule = AckSchedule()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ingest-writer")

    def start(self) -> None:
        """Begin writing."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the batch at hand, disconnect and join; the rest stays unacknowledged."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                arrivals = self._source.take(within_s=_IDLE_S)
                if arrivals:
                    self._store(arrivals)
                self._send_due()
            except Exception:
                # a bug must not end the only writer; what it held comes again on a new connection
                _log.exception("ingest batch failed")
                self._source.close()
                self._stopped.wait(_RETRY_S)
        self._source.close()

    def _store(self, arrivals: Sequence[Arrival]) -> None:
        while True:
            try:
                batch = self._commit(arrivals)
                break
            except OperationalError as error:
                self._trouble(error)
                self._source.wait(_RETRY_S)
                if self._stopped.is_set():
                    return
            except Exception as error:
                if len(arrivals) > 1:
                    middle = len(arrivals) // 2
                    self._store(arrivals[:middle])
                    self._store(arrivals[middle:])
                    return
                _log.error("one message cannot be stored: %s", type(error).__name__)
                self._bury(arrivals[0])
                return
        self._committed(arrivals, batch)

    def _commit(self, arrivals: Sequence[Arrival]) -> Batch:
        understood = [(arrival, decode(arrival.topic, arrival.payload)) for arrival in arrivals]
        with self._database.write() as session:
            batch = Batch(session, self._clock.now(), self._presence, self._known)
            self._fill(batch, understood)
            batch.flush()
        return batch

    def _fill(self, batch: Batch, said: Sequence[tuple[Arrival, Understood | Refused]]) -> None:
        good = [item for _, item in said if isinstance(item, Understood)]
        enrolled = enrolled_among(batch.session, {item.kiosk_id for item in good})
        batch.load({item.kiosk_id for item in good if needs_standing(item)} & enrolled)
        for arrival, item in said:
            if isinstance(item, Refused):
                batch.add_dead_letter(
                    arrival.topic, arrival.payload, item, kiosk_id=_kiosk_in(arrival.topic)
                )
            elif item.kiosk_id not in enrolled and isinstance(item.message, WillMessage):
                pass  # the broker's echo of cutting off a kiosk that was just retired
            elif item.kiosk_id not in enrolled:
                unknown = Refused(Reason.UNKNOWN_KIOSK)
                batch.add_dead_letter(arrival.topic, arrival.payload, unknown, kiosk_id=None)
            else:
                for refused in item.refused:
                    batch.add_dead_letter(
                        arrival.topic, arrival.payload, refused, kiosk_id=item.kiosk_id
                    )
                handle(batch, item)

    def _bury(self, arrival: Arrival) -> None:
        with self._database.write() as session:
            batch = Batch(session, self._clock.now(), self._presence, self._known)
            refused = Refused(Reason.UNSTORABLE)
            kiosk_id = _kiosk_in(arrival.topic)
            batch.add_dead_letter(arrival.topic, arrival.payload, refused, kiosk_id=kiosk_id)
            batch.flush()
        self._committed([arrival], batch)

    def _committed(self, arrivals: Sequence[Arrival], batch: Batch) -> None:
        self._remember(batch)
        self._source.acknowledge(arrivals)
        self._schedule.owe(set(batch.places))
        health = self._health
        health.messages += len(arrivals)
        health.dead_letters += batch.dead_letters
        if not health.storing:
            health.storing, health.why = True, ""
            _log.warning("the database takes writes again")
            self._live.publish("ingest")
        for kiosk_id in batch.to_poke:
            self._link.poke(kiosk_id, "birth")
        for kiosk_id in batch.changed_kiosks:
            self._live.publish("kiosk", kiosk_id)
        for command_id in batch.changed_commands:
            self._live.publish("command", command_id)
        if batch.dead_letters:
            self._live.publish("dead_letter")

    def _remember(self, batch: Batch) -> None:
        """The places of outboxes that spoke last; the others are read again when they speak."""
        for key in batch.dropped:
            self._known.pop(key, None)
        for key, place in batch.places.items():
            self._known.pop(key, None)
            self._known[key] = place
        while len(self._known) > KNOWN_OUTBOXES:
            del self._known[next(iter(self._known))]

    def _send_due(self) -> None:
        for key in self._schedule.due(time.monotonic()):
            kiosk_id, inst = key
            if place := self._known.get(key):  # else it sends again what it waits for
                self._link.acknowledge(kiosk_id, place.seen.acknowledge(inst))

    def _trouble(self, error: OperationalError) -> None:
        if self._health.storing:
            _log.error("the database refuses writes, nothing is acknowledged: %s", error.orig)
            self._health.storing, self._health.why = False, "database_refuses"
            self._live.publish("ingest")


def _kiosk_in(topic: str) -> str | None:
    levels = topic.split("/")
    return levels[3] if len(levels) > 3 and levels[3].isalnum() else None
