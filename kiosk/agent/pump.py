"""The outbox's way up: a row leaves only when the server itself says that it has committed it.

`FLEET.md` section 7, Uplink. No I/O here but the store and one `publish` callable; when to turn
is `mqtt_session`'s business.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kiosk.agent.envelope import Envelopes
from kiosk.agent.link import IN_FLIGHT, LinkError
from kiosk.contract.downlink import Acknowledgement
from kiosk.contract.uplink import MAX_BYTES, MAX_EVENTS
from kiosk.store.database import utc_now
from kiosk.store.outbox import Outbox, OutboxRow

log = logging.getLogger(__name__)

BATCH_BYTES: Final = MAX_BYTES - 1024
"""Leaves room for the envelope."""


@dataclass(frozen=True, slots=True)
class _Batch:
    last_n: int
    sent_at: float


class Pump:
    """Sends what is pending, at most 32 messages ahead of the server's acknowledgement.

    Safe from several threads.
    """

    def __init__(
        self,
        outbox: Outbox,
        envelopes: Envelopes,
        publish: Callable[[bytes], int],
        *,
        resend_after_s: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._outbox = outbox
        self._envelopes = envelopes
        self._publish = publish
        self._resend_after_s = resend_after_s
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._batches: list[_Batch] = []
        self._sent_upto = 0
        self._again_upto = 0
        self._live_since: datetime | None = None
        self._server_gen = -1
        self.paused = False
        """The server said that its ingest is off."""

    def connected(self) -> None:
        """A new connection: begin again at the oldest row that is not acknowledged."""
        with self._lock:
            self._live_since = utc_now()
            self._begin_again()

    def lost(self) -> None:
        """The connection is gone: nothing is sent until the next one."""
        with self._lock:
            self._live_since = None
            self._batches.clear()

    def turn(self) -> None:
        """Send what may be sent now; again from the oldest where no acknowledgement came."""
        with self._lock:
            self._turn()

    def _turn(self) -> None:
        if self._live_since is None or self.paused:
            return
        overdue = self._monotonic() - self._resend_after_s
        if self._batches and self._batches[0].sent_at <= overdue:
            log.warning("no acknowledgement for %.0f s: sending again", self._resend_after_s)
            self._begin_again()
        while len(self._batches) < IN_FLIGHT:
            rows = self._outbox.pending(after=self._sent_upto, limit=MAX_EVENTS)
            if not rows:
                return
            if not self._send(self._cut(rows)):
                return

    def acknowledged(self, told: Acknowledgement) -> int:
        """The server has committed; returns how many rows that was news for."""
        if told.inst != self._outbox.inst:
            return 0  # of a store this kiosk had before
        with self._lock:
            news = self._outbox.mark_acked(told.upto, told.missing)
            self._batches = [batch for batch in self._batches if batch.last_n > told.upto]
            again = [n for n in told.missing if n <= self._sent_upto]
            if again and not self._batches:
                # what is missing and no longer on its way was lost: do not wait for the clock
                self._begin_again()
        return news

    def server_state(self, *, on: bool, gen: int) -> None:
        """The retained server state: a higher generation asks for everything again."""
        with self._lock:
            if gen > self._server_gen >= 0:
                log.info("server generation %d: sending again what is not acknowledged", gen)
                self._begin_again()
            self._server_gen = max(self._server_gen, gen)
            self.paused = not on

    def _begin_again(self) -> None:
        self._again_upto = max(self._again_upto, self._sent_upto)
        self._sent_upto = 0
        self._batches.clear()

    def _cut(self, rows: Sequence[OutboxRow]) -> list[OutboxRow]:
        """Rows of one message: equally historical, and within its size."""
        historical = self._is_historical(rows[0])
        taken: list[OutboxRow] = []
        size = 0
        for row in rows:
            size += row.size
            if taken and (size > BATCH_BYTES or self._is_historical(row) != historical):
                break
            taken.append(row)
        return taken

    def _is_historical(self, row: OutboxRow) -> bool:
        """Sent before, or older than this connection."""
        assert self._live_since is not None
        return row.n <= self._again_upto or row.event.happened_at < self._live_since

    def _send(self, rows: Sequence[OutboxRow]) -> bool:
        message = self._envelopes.events(
            tuple(row.event for row in rows),
            after=self._sent_upto,
            historical=self._is_historical(rows[0]),
        )
        try:
            self._publish(message)
        except LinkError as error:
            log.debug("not sent now: %s", error)
            return False
        self._sent_upto = rows[-1].n
        self._batches.append(_Batch(rows[-1].n, self._monotonic()))
        return True
