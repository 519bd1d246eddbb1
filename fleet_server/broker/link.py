"""The server's own voice on the broker: acknowledgements, pokes, and the retained server state."""

import logging
import threading
from typing import Any, Final, Literal

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from kiosk.contract.downlink import Acknowledgement, Poke, ServerState
from kiosk.contract.topics import SERVER_STATE, Channel, Direction, Topic

_log = logging.getLogger(__name__)

KEEPALIVE_S: Final = 30
"""`FLEET.md` 2.1, P12."""

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
        self._client.reconnect_delay_set(min_delay=1, max_delay=2)  # loopback: no herd to fear
        self._client.max_queued_messages_set(1000)  # P4
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect

    @property
    def connected(self) -> bool:
        """Whether the broker has us now."""
        return self._client.is_connected()

    def start(self) -> None:
        """Connect in the background and keep reconnecting until `stop`."""
        self._client.connect_async(self._host, self._port, KEEPALIVE_S)
        self._client.loop_start()

    def stop(self) -> None:
        """Say goodbye; joins the network thread."""
        self._client.disconnect()
        self._client.loop_stop()

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
