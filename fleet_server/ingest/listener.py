"""The ingest's connection to the broker: messages in, PUBACKs out only when told so.

paho-mqtt with manual acknowledgement, MQTT 5 where the broker speaks it, else 3.1.1; a fixed
client id and a session that outlives us by an hour, so that what kiosks say meanwhile waits in
the broker (`FLEET.md` 2.1, P5 to P9).
"""

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from fleet_server.broker.link import KEEPALIVE_S
from kiosk.contract.topics import uplink_filter

_log = logging.getLogger(__name__)

CLIENT_ID: Final = "fleet-server-ingest"
RECEIVE_MAXIMUM: Final = 2000
"""Unacknowledged messages at once: this bounds our queue, the broker keeps the rest."""
SESSION_EXPIRY_S: Final = 3600


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message as it came, and what is needed to acknowledge it."""

    topic: str
    payload: bytes
    mid: int
    qos: int
    connection: int
    """Counts connections: a message id means nothing on another one."""


class Listener:
    """Hands every arrival to `deliver`, on the network thread."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        user: str,
        password: str,
        deliver: Callable[[Arrival], None],
        on_link: Callable[[bool], None],
    ) -> None:
        self._address = (host, port)
        self._credentials = (user, password)
        self._deliver = deliver
        self._on_link = on_link
        self._mutex = threading.Lock()
        self._connection = 0
        self._speaks_v5 = True
        self._stopped = threading.Event()
        self._client = self._make_client()

    def start(self) -> None:
        """Connect in the background, and again whenever it is lost, until `stop`."""
        self._connect()

    def stop(self) -> None:
        """Disconnect and join the network thread; unacknowledged messages come again."""
        self._stopped.set()
        self._client.disconnect()
        self._client.loop_stop()

    def acknowledge(self, arrivals: Iterable[Arrival]) -> None:
        """PUBACK them. Those of an earlier connection are skipped: they come again."""
        with self._mutex:
            current = self._connection
            client = self._client
            for arrival in arrivals:
                if arrival.qos and arrival.connection == current:
                    client.ack(arrival.mid, arrival.qos)

    def _make_client(self) -> mqtt.Client:
        if self._speaks_v5:
            client = mqtt.Client(
                CallbackAPIVersion.VERSION2, CLIENT_ID, protocol=mqtt.MQTTv5, manual_ack=True
            )
        else:
            client = mqtt.Client(
                CallbackAPIVersion.VERSION2, CLIENT_ID, clean_session=False, manual_ack=True
            )
        client.suppress_exceptions = True
        client.username_pw_set(*self._credentials)
        client.reconnect_delay_set(min_delay=1, max_delay=2)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        return client

    def _connect(self) -> None:
        if self._speaks_v5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho
            properties.SessionExpiryInterval = SESSION_EXPIRY_S
            properties.ReceiveMaximum = RECEIVE_MAXIMUM
            self._client.connect_async(
                *self._address, KEEPALIVE_S, clean_start=False, properties=properties
            )
        else:
            self._client.connect_async(*self._address, KEEPALIVE_S)
        self._client.loop_start()

    def _on_connect(
        self, client: mqtt.Client, _userdata: object, _flags: Any, reason: Any, _properties: Any
    ) -> None:
        if reason.is_failure:
            _log.error("broker refused the ingest: %s", reason)
            if self._speaks_v5 and reason == "Unsupported protocol version":
                threading.Thread(target=self._fall_back, name="ingest-fall-back").start()
            return
        with self._mutex:
            self._connection += 1
        client.subscribe(uplink_filter(), qos=1)
        self._on_link(True)

    def _fall_back(self) -> None:
        # on a thread of its own: a client cannot be joined from its own callback
        self._client.loop_stop()
        if self._stopped.is_set():
            return
        self._speaks_v5 = False
        self._client = self._make_client()
        self._connect()

    def _on_disconnect(
        self, _client: mqtt.Client, _userdata: object, _flags: Any, reason: Any, _properties: Any
    ) -> None:
        if reason.is_failure:
            _log.warning("the ingest lost the broker: %s", reason)
        self._on_link(False)

    def _on_message(
        self, _client: mqtt.Client, _userdata: object, message: mqtt.MQTTMessage
    ) -> None:
        self._deliver(
            Arrival(
                message.topic, bytes(message.payload), message.mid, message.qos, self._connection
            )
        )
