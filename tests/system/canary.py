"""Looks for invented people's data in clear wherever a system keeps or sends something."""

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import yaml
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from device_drivers import bench
from fleet_server.broker.configuration import SERVER_USER
from kiosk.contract.topics import PREFIX
from provisioning.demo.system import System

PEOPLE: Final = Path(bench.__file__).parent / "people.yaml"

_TELLING: Final = ("name", "number", "address", "card_number", "pass_number")
"""Fields of a card that say who somebody is."""

_ENCODINGS: Final = ("utf-8", "gbk", "utf-16-le")
"""What this project, a department and a card chip write in."""

_BYSTANDERS: Final = ("touch_map.json",)
"""Written for scripted citizens only: the words on the screen."""


def telling_values() -> frozenset[str]:
    """Names, numbers and addresses of everybody whose card lies ready at the bench."""
    people = yaml.safe_load(PEOPLE.read_text("utf-8"))
    return frozenset(_values(people))


def _values(node: object) -> Iterator[str]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key in _TELLING and isinstance(value, str):
                yield value
            else:
                yield from _values(value)


def needles(values: Iterable[str]) -> dict[bytes, str]:
    """Each value as the bytes it could stand as, also escaped as JSON does."""
    found: dict[bytes, str] = {}
    for value in values:
        escaped = value.encode("unicode_escape").decode("ascii")
        for encoding in _ENCODINGS:
            found[value.encode(encoding)] = value
        found[escaped.encode()] = value
    return found


def leaks_in(name: str, content: bytes, wanted: Mapping[bytes, str]) -> list[str]:
    """Where something telling stands in clear; says what kind of value, never the value."""
    return [
        f"{name}: a value of {len(value)} characters at byte {content.index(needle)}"
        for needle, value in wanted.items()
        if needle in content
    ]


def leaks_below(folder: Path, wanted: Mapping[bytes, str]) -> list[str]:
    """Leaks in the files of a folder and in their names."""
    found: list[str] = []
    for path in sorted(folder.rglob("*")):
        found += leaks_in(f"the name of {path.parent}", path.name.encode(), wanted)
        if path.is_file() and path.name not in _BYSTANDERS:
            found += leaks_in(str(path.relative_to(folder)), path.read_bytes(), wanted)
    return found


@contextmanager
def overhearing(system: System) -> Iterator[list[tuple[str, bytes]]]:
    """Every MQTT message any kiosk says, as the server's own account may hear it."""
    heard: list[tuple[str, bytes]] = []
    subscribed = threading.Event()

    def on_connect(client: mqtt.Client, *_rest: Any) -> None:
        client.subscribe(f"{PREFIX}/k/+/up/#", qos=1)

    client = mqtt.Client(CallbackAPIVersion.VERSION2, "canary")
    password = (system.folder / "server" / "keys" / "broker-password").read_text("ascii")
    client.username_pw_set(SERVER_USER, password)
    client.on_connect = on_connect
    client.on_subscribe = lambda *_rest: subscribed.set()
    client.on_message = lambda _client, _userdata, message: heard.append(
        (message.topic, bytes(message.payload))
    )
    client.connect("127.0.0.1", system.ports.broker_link)
    client.loop_start()
    try:
        assert subscribed.wait(10)
        yield heard
    finally:
        client.disconnect()
        client.loop_stop()
