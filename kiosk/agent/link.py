"""One MQTT connection at a time, with every trap of paho written down beside its guard.

The numbers P1 to P15 are those of `FLEET.md` section 2.1. paho's callbacks run in its network
thread; here they only hand a note to the event loop.
"""

import asyncio
import contextlib
import logging
import re
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from kiosk.agent.opening import open_connection
from kiosk.contract.topics import SERVER_STATE, Channel, Direction, Topic, downlink_filter

log = logging.getLogger(__name__)

KEEPALIVE_S: Final = 30
CONNECT_S: Final = 15
"""P12: five seconds are short for a poor line. For name, TCP, TLS and the CONNACK together."""
IN_FLIGHT: Final = 32
QUEUED: Final = 64
"""P4: paho's own queue is unlimited otherwise."""

_UNSUPPORTED_VERSION: Final = "Unsupported protocol version"
_LETTERS: Final = re.compile(r"[a-z]+")
_NO_SUBSCRIBERS: Final = 0x10
"""P15: accepted and dropped."""


class LinkError(Exception):
    """The broker cannot be reached or does not want us; `why` is a code for the journal."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Published:
    """The broker has a message. Not durable there, and no word about the server (P2, P15)."""

    mid: int
    refused: str = ""
    """P10: the broker threw it away, and this is why."""
    nobody_listens: bool = False


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message from the server."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection is gone; nothing else will come of it."""

    why: str


LinkNote = Published | Arrived | Lost


@dataclass(frozen=True, slots=True)
class _Connected:
    failure: str = ""


class Link:
    """A session-less client: clean start, one QoS 0 subscription, QoS 1 publishes.

    A fresh paho client for every connection, so that nothing queued in a former one is sent
    again behind the outbox's back (P3, P11). Used by one task at a time.
    """

    def __init__(
        self, *, kiosk_id: str, host: str, port: int, tls: ssl.SSLContext | None = None
    ) -> None:
        self._kiosk_id = kiosk_id
        self._host = host
        self._port = port
        self._tls = tls
        self._protocol = mqtt.MQTTv5
        self._client: mqtt.Client | None = None
        self._notes: asyncio.Queue[LinkNote | _Connected] = asyncio.Queue()

    async def connect(self, will: bytes) -> None:
        """Connect and subscribe, within 15 s. Raises LinkError; then nothing is left open.

        Cancelling ends it at once and leaves nothing open either.
        """
        await self.close()
        self._notes = asyncio.Queue()
        try:
            async with asyncio.timeout(CONNECT_S):
                client = await self._greet(will)
                note = await self._notes.get()
        except TimeoutError as error:
            await self.close()
            raise LinkError("timeout") from error
        except (OSError, ValueError) as error:
            await self.close()
            raise LinkError(_name_of(error)) from error
        except asyncio.CancelledError:
            await self.close()
            raise
        failure = note.failure if isinstance(note, _Connected) else "refused"
        if failure:
            await self.close()
            if failure == _UNSUPPORTED_VERSION and self._protocol == mqtt.MQTTv5:
                self._protocol = mqtt.MQTTv311
            raise LinkError(_code(failure))
        self._subscribe(client)

    def publish(self, channel: Channel, payload: bytes) -> int:
        """Give the broker a message at QoS 1; returns its id, which `Published` repeats.

        Never blocks. Raises LinkError where there is no connection or the queue is full.
        """
        client = self._client
        if client is None or not client.is_connected():
            raise LinkError("no_connection")
        topic = str(Topic(self._kiosk_id, Direction.UP, channel))
        told = client.publish(topic, payload, qos=1)
        if told.rc == MQTTErrorCode.MQTT_ERR_NO_CONN:
            raise LinkError(
                "no_connection"
            )  # lost since it was asked; paho queued it, and P3 holds
        if told.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise LinkError(f"publish_{int(told.rc)}")
        return told.mid

    async def next(self) -> LinkNote:
        """The next thing that happens on this connection. Cancelling loses nothing."""
        while True:
            note = await self._notes.get()
            if not isinstance(note, _Connected):
                return note

    async def close(self, farewell: bytes | None = None) -> None:
        """Say goodbye and end the network thread. Safe to call at any time, within 2 s."""
        client, self._client = self._client, None
        if client is None:
            return
        if farewell is not None and client.is_connected():
            topic = str(Topic(self._kiosk_id, Direction.UP, Channel.WILL))
            told = client.publish(topic, farewell, qos=1)
            with contextlib.suppress(ValueError, RuntimeError):
                await asyncio.to_thread(told.wait_for_publish, 1.0)
        await asyncio.to_thread(_end, client)

    async def _greet(self, will: bytes) -> mqtt.Client:
        """Open the line and send CONNECT over it."""
        connection = await open_connection(self._host, self._port, self._tls)
        self._client = client = self._new_client(connection, will)
        client.connect(self._host, self._port, KEEPALIVE_S)  # blocks for nothing: the line stands
        client.loop_start()
        return client

    def _new_client(self, connection: socket.socket, will: bytes) -> mqtt.Client:
        # P1: the callback version is named; P7: the session is always new
        client = _Client(
            connection,
            CallbackAPIVersion.VERSION2,
            client_id=self._kiosk_id,
            protocol=self._protocol,
            # a fresh MQTT 5 client always starts clean; there the argument is an error
            clean_session=None if self._protocol == mqtt.MQTTv5 else True,
            reconnect_on_failure=False,  # P6: reconnecting is ours, with jitter
        )
        client.suppress_exceptions = True  # P5
        client.max_inflight_messages_set(IN_FLIGHT)
        client.max_queued_messages_set(QUEUED)
        if self._tls is not None:
            client.tls_set_context(self._tls)
        client.will_set(str(Topic(self._kiosk_id, Direction.UP, Channel.WILL)), will, qos=1)
        notes, loop = self._notes, asyncio.get_running_loop()

        def tell(make: Callable[[], LinkNote | _Connected | None]) -> None:
            # P5: an exception here would end the network thread without a word
            try:
                note = make()
                if note is not None:
                    loop.call_soon_threadsafe(notes.put_nowait, note)
            except Exception:
                log.exception("an MQTT callback failed")

        # P14: every handler stands before connect(); P13: none of them waits
        client.on_connect = lambda _c, _u, _f, reason, _p: tell(
            lambda: _Connected(str(reason) if reason.is_failure else "")
        )
        client.on_disconnect = lambda _c, _u, _f, reason, _p: tell(
            lambda: Lost(_code(str(reason)) or "closed")
        )
        client.on_publish = lambda _c, _u, mid, reason, _p: tell(lambda: _published(mid, reason))
        client.on_message = lambda _c, _u, message: tell(
            lambda: Arrived(message.topic, bytes(message.payload))
        )
        return client

    def _subscribe(self, client: mqtt.Client) -> None:
        client.subscribe([(downlink_filter(self._kiosk_id), 0), (SERVER_STATE, 0)])


class _Client(mqtt.Client):
    """paho's client over a connection that stands already; it never opens one of its own."""

    def __init__(
        self,
        connection: socket.socket,
        version: CallbackAPIVersion,
        *,
        client_id: str,
        protocol: MQTTProtocolVersion,
        clean_session: bool | None,
        reconnect_on_failure: bool,
    ) -> None:
        super().__init__(
            version,
            client_id=client_id,
            protocol=protocol,
            clean_session=clean_session,
            reconnect_on_failure=reconnect_on_failure,
        )
        self._connection = connection

    def _create_socket(self) -> socket.socket:
        # private in paho, which is pinned to 2.2.*: the one place where it opens a connection
        return self._connection


def _published(mid: int, reason: Any) -> Published:
    # with MQTT 3.1.1 there is no reason, and a refusal looks like success (P10)
    value = int(getattr(reason, "value", 0))
    refused = _code(str(reason)) if getattr(reason, "is_failure", False) else ""
    return Published(mid, refused=refused, nobody_listens=value == _NO_SUBSCRIBERS)


def _end(client: mqtt.Client) -> None:
    client.disconnect()
    client.loop_stop()


def _name_of(error: Exception) -> str:
    match error:
        case ssl.SSLError():
            return "tls"
        case TimeoutError():
            return "timeout"
        case ConnectionRefusedError():
            return "refused"
        case _:
            return "unreachable"


def _code(words: str) -> str:
    """Reason words as a code for the journal."""
    return "_".join(_LETTERS.findall(words.lower()))[:64]
