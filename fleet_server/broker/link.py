"""The server's own voice on the broker: acknowledgements, pokes, and the retained server state."""

import logging
import os
import threading
import time
from typing import Any, Final, Literal

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from fleet_server.broker.polling import LONGEST_TURN_S, take_turn
from kiosk.contract.downlink import Acknowledgement, Poke, ServerState
from kiosk.contract.topics import SERVER_STATE, Channel, Direction, Topic

_log = logging.getLogger(__name__)

KEEPALIVE_S: Final = 30
"""`FLEET.md` 2.1, P12."""
_RECONNECT_S: Final = 1.0
"""On loopback there is no herd to fear."""
_GOODBYE_S: Final = 2.0
"""For what is still to be said at the end: loopback takes it in milliseconds."""

PokeWord = Literal["desired", "commands", "replies", "birth"]


class ServerLink:
    """Publishes from any thread, never blocks, and may lose what it says: it only rings bells."""

    def __init__(self, *, host: str, port: int, user: str, password: str) -> None:
        self._host, self._port = host, port
        self._state: ServerState | None = None
        self._mutex = threading.Lock()
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id="fleet-server-link", clean_session=True
        )
        self._client.suppress_exceptions = True  # P5: a callback must not kill the thread
        self._client.username_pw_set(user, password)
        self._client.max_queued_messages_set(1000)  # P4
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        # whoever publishes only queues and rings: the socket belongs to our thread
        self._client.on_socket_register_write = lambda *_: self._ring()
        self._bell: int | None = None
        self._bell_mutex = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="server-link")

    @property
    def connected(self) -> bool:
        """Whether the broker has us now."""
        return self._client.is_connected()

    def start(self) -> None:
        """Connect in the background and keep reconnecting until `stop`. Once per link."""
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._thread.start()

    def stop(self) -> None:
        """Say what is still to be said, and goodbye, within about 2 s. Safe to call twice."""
        self._stopped.set()
        self._ring()
        if self._thread.is_alive():
            self._thread.join()
        with self._bell_mutex:
            if self._bell is not None:
                os.close(self._bell)
            self._bell = None

    def poke(self, kiosk_id: str, what: PokeWord) -> None:
        """Ask one kiosk to pull `what` now. Losing it is harmless: it pulls by itself as well."""
        self._say(kiosk_id, Channel.POKE, Poke(what=what).model_dump_json(by_alias=True))

    def acknowledge(self, kiosk_id: str, acknowledgement: Acknowledgement) -> None:
        """Tell a kiosk what is committed."""
        self._say(kiosk_id, Channel.ACK, acknowledgement.model_dump_json(by_alias=True))

    def announce(self, state: ServerState) -> None:
        """Retain `state` for every kiosk, now and after each reconnect."""
        with self._mutex:
            self._state = state
        if self._client.is_connected():
            self._client.publish(SERVER_STATE, state.model_dump_json(), qos=1, retain=True)

    def _say(self, kiosk_id: str, channel: Channel, payload: str) -> None:
        if self._client.is_connected():
            self._client.publish(str(Topic(kiosk_id, Direction.DOWN, channel)), payload, qos=0)

    def _ring(self) -> None:
        with self._bell_mutex:
            if self._bell is not None:
                os.eventfd_write(self._bell, 1)

    def _run(self) -> None:
        client = self._client
        while not self._stopped.is_set():
            try:
                if client.socket() is None:
                    client.connect(self._host, self._port, KEEPALIVE_S)
                while client.socket() is not None and not self._stopped.is_set():
                    take_turn(client, within_s=LONGEST_TURN_S, bell=self._bell)
            except OSError:
                pass  # the broker is being restarted; its supervisor logs it
            except Exception:
                # a bug must not make the server mute for ever
                _log.exception("the server link stumbled")
            self._stopped.wait(_RECONNECT_S)
        until = time.monotonic() + _GOODBYE_S
        client.disconnect()
        while client.socket() is not None and time.monotonic() < until:
            take_turn(client, within_s=until - time.monotonic())

    def _on_connect(
        self, client: mqtt.Client, _userdata: object, _flags: Any, reason: Any, _properties: Any
    ) -> None:
        if reason.is_failure:
            _log.error("broker refused the server link: %s", reason)
            return
        with self._mutex:
            state = self._state
        if state is not None:
            client.publish(SERVER_STATE, state.model_dump_json(), qos=1, retain=True)

    def _on_disconnect(
        self, _client: mqtt.Client, _userdata: object, _flags: Any, reason: Any, _properties: Any
    ) -> None:
        if reason.is_failure:
            _log.warning("server link to the broker lost: %s", reason)
