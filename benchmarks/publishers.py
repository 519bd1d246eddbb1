"""Kiosks that publish events as fast as the broker takes them, each in a process of its own."""

import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from typing import Any, Final

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from fleet_server.settings import Settings
from kiosk.contract.topics import Channel, Direction, Topic

PUBLISHERS: Final = 2
"""Processes; each is one kiosk, and the machine has two cores."""
IN_FLIGHT: Final = 200
"""Unacknowledged messages per publisher: the broker is never idle."""
WINDOW: Final = 4000
"""Messages published and not yet taken in, all publishers together. A kiosk keeps at most 32
unacknowledged; publishers that never wait only fill the broker's queue until it drops."""
_INST: Final = "0123456789abcdef0123456789ab%04x"


@dataclass(frozen=True, slots=True)
class Bench:
    """A server folder without departments and content, its broker running."""

    settings: Settings
    password: str
    kiosks: tuple[str, ...]
    outboxes: Iterator[int]


def message(number: int, outbox: int, monotonic_ms: int) -> bytes:
    """One outbox row of a session that ended, about 330 bytes of valid JSON."""
    return (
        b'{"v":1,"e":1,"i":"%s","n":%d,"ts":1795420000000,"mt":%d,"ck":"ntp","h":false,"t":"ev",'
        b'"d":{"after":%d,"events":[{"n":%d,"happened_at":"2026-11-23T08:00:00.000Z",'
        b'"kind":"session_ended","service_id":"social-insurance-participation",'
        b'"outcome":"completed","at_step":"rate","lasted_s":93.4}]}}'
        % (_INST.encode() % outbox, number, monotonic_ms, number - 1, number)
    )


@dataclass(frozen=True, slots=True)
class Shared:
    """What the processes tell each other."""

    stop: Event
    taken_in: "Synchronized[int]"
    """Messages of this measurement that have reached their end."""


def publish(
    settings: Settings, kiosk_id: str, outbox: int, shared: Shared, *, per_s: float
) -> None:
    """A publisher process: as fast as it is acknowledged, or `per_s` a second when that is > 0."""
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2, client_id=kiosk_id, reconnect_on_failure=False
    )
    client.max_inflight_messages_set(IN_FLIGHT)
    keys = settings.folder / "kiosks"
    client.tls_set(
        str(settings.keys / "ca.pem"), str(keys / f"{kiosk_id}.pem"), str(keys / f"{kiosk_id}.key")
    )
    acknowledged = 0

    def count(*_: Any) -> None:
        nonlocal acknowledged
        acknowledged += 1

    client.on_publish = count
    client.connect("127.0.0.1", settings.broker.port)
    while not client.is_connected():
        client.loop(0.1)
    topic = str(Topic(kiosk_id, Direction.UP, Channel.EVENTS))
    number = 0
    sent = 0
    began = time.monotonic()
    while not shared.stop.is_set():
        allowed = min(acknowledged + IN_FLIGHT, (shared.taken_in.value + WINDOW) // PUBLISHERS)
        if per_s > 0:
            allowed = min(allowed, int((time.monotonic() - began) * per_s))
        for _ in range(min(allowed - sent, 50)):
            number += 1
            sent += 1
            client.publish(topic, message(number, outbox, time.monotonic_ns() // 1_000_000), qos=1)
        client.loop(0.001 if allowed <= sent else 0.0)
    client.disconnect()


@contextmanager
def publishing(bench: Bench, taken_in: Callable[[], int], *, per_s: float) -> Iterator[None]:
    """Publishers at work for the length of the block, never more than `WINDOW` ahead.

    Each begins a new outbox, so that every message is a new row.
    """
    context = multiprocessing.get_context("spawn")
    shared = Shared(context.Event(), context.Value("q", 0))
    workers = [
        context.Process(
            target=publish,
            args=(bench.settings, kiosk_id, next(bench.outboxes), shared),
            kwargs={"per_s": per_s / PUBLISHERS},
        )
        for kiosk_id in bench.kiosks
    ]
    for worker in workers:
        worker.start()
    before = taken_in()

    def report() -> None:
        while not shared.stop.wait(0.002):
            shared.taken_in.value = taken_in() - before

    reporter = threading.Thread(target=report, name="bench-progress")
    reporter.start()
    try:
        yield
    finally:
        shared.stop.set()
        reporter.join()
        for worker in workers:
            worker.join(10)
            worker.close()
