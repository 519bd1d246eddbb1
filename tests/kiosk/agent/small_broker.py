"""A real mosquitto with mutual TLS, what the server would hear on it, and patient waiting."""

import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from kiosk.contract.topics import SERVER_STATE, uplink_filter
from kiosk.contract.uplink import EventsMessage, UplinkMessage, decode_uplink

KIOSK_ID = "hz0042"


class KeptPort:
    """A loopback port that stays this test's own, also while nobody listens on it.

    It is bound and never listens: the kernel gives it to no other socket, neither to one that
    asks for any port nor as the near end of a connection, and lets a server that sets
    SO_REUSEADDR (asyncio and mosquitto do) listen on it as often as it likes.
    """

    def __init__(self, number: int = 0) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", number))
        self.number: int = self._socket.getsockname()[1]

    def close(self) -> None:
        self._socket.close()


PATIENCE_S = 20.0
"""Of a wait for something that must happen: a busy machine is no fault, speed is `make bench`'s."""


def eventually(true: Callable[[], bool], *, within_s: float = PATIENCE_S) -> bool:
    """Does it become true?"""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.02)
    return true()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class Broker:
    """mosquitto, to be killed and started again on the same ports, and closed in the end."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None
    _kept: tuple[KeptPort, KeptPort] = field(default_factory=lambda: (KeptPort(), KeptPort()))

    @property
    def port(self) -> int:
        """Of the kiosks' listener."""
        return self._kept[0].number

    @property
    def server_port(self) -> int:
        """Plain, for the server's own clients."""
        return self._kept[1].number

    def start(self) -> None:
        binary = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        self.process = subprocess.Popen(
            [binary, "-c", str(self.folder / "mosquitto.conf")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert eventually(lambda: listens(self.server_port))

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def close(self) -> None:
        self.kill()
        for each in self._kept:
            each.close()

    def write(self, *lines: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        head = ["allow_anonymous true", "persistence false", "log_type none", "user root"]
        (self.folder / "mosquitto.conf").write_text("\n".join([*head, *lines]) + "\n")


def tls_broker(folder: Path, keys: Path) -> Broker:
    """Mutual TLS for kiosks; ACL as in `FLEET.md` 7."""
    broker = Broker(folder)
    folder.mkdir(parents=True, exist_ok=True)
    access = folder / "access"
    access.write_text(
        "topic readwrite #\n"
        "pattern write kf/1/k/%u/up/#\npattern read kf/1/k/%u/dn/#\n"
        "pattern read kf/1/srv/state\n"
    )
    broker.write(
        f"listener {broker.port} 127.0.0.1",
        f"cafile {keys / 'ca.pem'}",
        f"certfile {keys / 'server.pem'}",
        f"keyfile {keys / 'server-key.pem'}",
        "require_certificate true",
        "use_identity_as_username true",
        "use_username_as_clientid true",
        f"acl_file {access}",
        f"listener {broker.server_port} 127.0.0.1",
    )
    return broker


class Ingest:
    """Listens, keeps each event once by (inst, n), and acknowledges, unless told to be deaf."""

    def __init__(self, port: int) -> None:
        self.messages: list[UplinkMessage] = []
        self.events: dict[tuple[str, int], str] = {}
        self.arrivals = 0
        self.deaf = False
        self.unheard: list[UplinkMessage] = []
        """What came while it was deaf."""
        self._subscribed = threading.Event()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="fleet-server")
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._subscribed.wait(PATIENCE_S)

    def _on_connect(self, *_: Any) -> None:
        self._client.subscribe(uplink_filter(), 1)

    def _on_message(self, _client: Any, _userdata: Any, message: Any) -> None:
        decoded = decode_uplink(message.payload)
        if self.deaf:
            self.unheard.append(decoded)
            return
        self.messages.append(decoded)
        if not isinstance(decoded, EventsMessage):
            return
        for event in decoded.body.events:
            self.arrivals += 1
            self.events.setdefault((decoded.inst, event.n), event.kind)
        self.acknowledge(decoded.inst)

    def acknowledge(self, inst: str) -> None:
        numbers = sorted(n for one, n in self.events if one == inst)
        upto = numbers[-1]
        missing = sorted(set(range(1, upto)) - set(numbers))
        self.say(f"kf/1/k/{KIOSK_ID}/dn/ack", {"i": inst, "upto": upto, "missing": missing})

    def say(self, topic: str, body: dict[str, object], *, retain: bool = False) -> None:
        self._client.publish(topic, json.dumps(body), qos=0, retain=retain)

    def poke(self, what: str) -> None:
        self.say(f"kf/1/k/{KIOSK_ID}/dn/poke", {"what": what})

    def announce(self, *, on: bool, gen: int) -> None:
        self.say(SERVER_STATE, {"on": on, "gen": gen, "ts": 0}, retain=True)

    def of(self, kind: str) -> list[UplinkMessage]:
        return [message for message in self.messages if message.kind == kind]

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
