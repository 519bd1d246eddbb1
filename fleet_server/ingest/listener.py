"""The ingest's connection to the broker: messages in, PUBACKs out only when told so.

paho-mqtt with manual acknowledgement, a fixed client id and a lasting session, so that what
kiosks say while we are away waits in the broker (`FLEET.md` 2.1, P7 to P9). MQTT 3.1.1: every
engine speaks it, and paho's MQTT 5 makes a property object per packet, which costs a third of the
rate; what 5 would add is in the broker's configuration (`max_inflight_messages` bounds our queue,
`persistent_client_expiration` the session).

It has no thread: the writer's own thread serves it between two transactions. With a network
thread beside the writer the two fought for the interpreter's lock at every packet: 4,400
messages a second committed instead of more than 10,000.
"""

import logging
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from fleet_server.broker.link import KEEPALIVE_S
from fleet_server.broker.polling import take_turn
from kiosk.contract.topics import uplink_filter

_log = logging.getLogger(__name__)

CLIENT_ID: Final = "fleet-server-ingest"
BATCH_ROWS: Final = 500
BATCH_S: Final = 0.010
"""`FLEET.md` section 7, Ingest."""
_ROW_BYTES: Final = 256
"""A batch of events is about so large per event: rows are counted before they are decoded."""
_RECONNECT_S: Final = 0.5
"""On loopback there is no herd to fear."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message as it came, and what is needed to acknowledge it."""

    topic: str
    payload: bytes
    mid: int
    qos: int
    connection: int
    """Counts connections: a message id means nothing on another one."""

    @property
    def rows(self) -> int:
        """About how many rows it will be."""
        return max(1, len(self.payload) // _ROW_BYTES)


class Listener:
    """One connection, used by one thread."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        user: str,
        password: str,
        on_link: Callable[[bool], None],
    ) -> None:
        self._address = (host, port)
        self._credentials = (user, password)
        self._on_link = on_link
        self._connection = 0
        self._arrived: deque[Arrival] = deque()
        self._rows = 0
        self._client = self._make_client()

    def take(self, *, within_s: float) -> list[Arrival]:
        """The next batch: what comes within 10 ms of the first, at most about 500 rows.

        Empty when nothing came within `within_s`. Connects when it has to.
        """
        if not self._arrived:
            self._serve(time.monotonic() + within_s, rows=1)
        if self._arrived:
            self._serve(time.monotonic() + BATCH_S, rows=BATCH_ROWS)
        batch: list[Arrival] = []
        rows = 0
        while self._arrived and rows < BATCH_ROWS:
            arrival = self._arrived.popleft()
            batch.append(arrival)
            rows += arrival.rows
        self._rows -= rows
        return batch

    def wait(self, within_s: float) -> None:
        """Keep the connection alive and take nothing from it: the database refuses writes."""
        self._serve(time.monotonic() + within_s, rows=sys.maxsize)

    def acknowledge(self, arrivals: Iterable[Arrival]) -> None:
        """PUBACK them. Those of an earlier connection are skipped: they come again."""
        client = self._client
        for arrival in arrivals:
            if arrival.qos and arrival.connection == self._connection:
                client.ack(arrival.mid, arrival.qos)

    def close(self) -> None:
        """Say goodbye; unacknowledged messages come again to whoever connects next."""
        self._client.disconnect()
        self._client.loop_misc()

    def _serve(self, until: float, *, rows: int) -> None:
        client = self._client
        while self._rows < rows and (left_s := until - time.monotonic()) > 0:
            if client.socket() is None:
                self._reconnect(min(left_s, _RECONNECT_S))
                continue
            take_turn(client, within_s=left_s, read=lambda: self._read(client, rows))

    def _read(self, client: mqtt.Client, rows: int) -> None:
        # paho reads one packet per call: read until one brings nothing, then ask the kernel
        before = -1
        while before != self._rows and self._rows < rows:
            before = self._rows
            client.loop_read()

    def _reconnect(self, pause_s: float) -> None:
        # another connection: what its predecessor brought and nobody acknowledged comes again
        self._arrived.clear()
        self._rows = 0
        try:
            self._client.connect(*self._address, KEEPALIVE_S)
        except OSError:
            time.sleep(pause_s)  # the broker is being restarted; its supervisor logs it

    def _make_client(self) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, CLIENT_ID, clean_session=False, manual_ack=True
        )
        client.username_pw_set(*self._credentials)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        return client

    def _on_connect(
        self, client: mqtt.Client, _userdata: object, _flags: Any, reason: Any, _properties: Any
    ) -> None:
        if reason.is_failure:
            _log.error("broker refused the ingest: %s", reason)
            return
        self._connection += 1
        client.subscribe(uplink_filter(), qos=1)

    def _on_subscribe(
        self, _client: mqtt.Client, _userdata: object, _mid: int, reasons: Any, _properties: Any
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            _log.error("broker lets the ingest hear nothing: %s", reasons)
            return
        # not before: with a new session, what is said in between reaches nobody
        self._on_link(True)

    def _on_disconnect(
        self, _client: mqtt.Client, _userdata: object, _flags: Any, reason: Any, _properties: Any
    ) -> None:
        if reason.is_failure:
            _log.warning("the ingest lost the broker: %s", reason)
        self._on_link(False)

    def _on_message(
        self, _client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage
    ) -> None:
        payload = bytes(message.payload)
        arrival = Arrival(message.topic, payload, message.mid, message.qos, self._connection)
        self._arrived.append(arrival)
        self._rows += arrival.rows
