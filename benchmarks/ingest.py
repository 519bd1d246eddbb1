"""How many messages a second the ingest commits and acknowledges, and how soon.

    python -m benchmarks ingest

Real mosquitto with mutual TLS, paho publishers in processes of their own, SQLite with
`synchronous=FULL`. The ceiling is what a subscriber that does nothing gets from the same broker
and the same publishers, in the same run: below it is our own cost, above it nobody can go. The
two take turns and the best round of each counts, so that other work on the machine, which only
ever lowers a rate, falls on neither.
"""

import asyncio
import itertools
import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.figure import Figure, percentile
from benchmarks.publishers import PUBLISHERS, Bench, publishing
from device_drivers.emulation.free_port import free_port
from fleet_server.broker.configuration import SERVER_USER
from fleet_server.broker.link import ServerLink
from fleet_server.broker.mosquitto import Mosquitto
from fleet_server.clock import SystemClock
from fleet_server.database import Database
from fleet_server.ingest.health import IngestHealth
from fleet_server.ingest.listener import Arrival, Listener
from fleet_server.ingest.writer import Writer
from fleet_server.kiosks.tables import Kiosk, Presence
from fleet_server.live import LiveBus
from fleet_server.pki import Authority, write_private
from fleet_server.schema import migrate
from fleet_server.settings import BrokerSettings, HttpSettings, PresenceSettings, Settings

TARGET_RATE: Final = 10_000
TARGET_SHARE: Final = 0.6
TARGET_P99_MS: Final = 50.0
"""`DESIGN.md` section 7."""

SECONDS: Final = 3.0
ROUNDS: Final = 3
CALM_SECONDS: Final = 8.0
CALM_RATE: Final = 1000
"""Messages a second, all publishers together, for the latency."""

_MONOTONIC_MS = re.compile(rb'"mt":(\d+)')


def rate_of(count: Callable[[], int], *, seconds: float, warm_up_s: float = 1.0) -> float:
    """Growth of `count()` per second, after a warm-up in which publishers connect."""
    deadline = time.monotonic() + 30
    while count() == 0 and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(warm_up_s)
    before, began = count(), time.monotonic()
    time.sleep(seconds)
    return (count() - before) / (time.monotonic() - began)


def measure_ceiling(bench: Bench, *, seconds: float) -> float:
    """Messages a second that a subscriber gets who only counts and acknowledges."""
    received = 0

    def count(*_: Any) -> None:
        nonlocal received
        received += 1

    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="null-subscriber")
    client.username_pw_set(SERVER_USER, bench.password)
    client.on_message = count
    subscribed = threading.Event()
    client.on_subscribe = lambda *_: subscribed.set()
    client.connect("127.0.0.1", bench.settings.broker.server_port)
    client.loop_start()
    client.subscribe("kf/1/k/+/up/+", qos=1)
    subscribed.wait(5)
    try:
        with publishing(bench, lambda: received, per_s=0):
            return rate_of(lambda: received, seconds=seconds)
    finally:
        client.disconnect()
        client.loop_stop()


class TimedListener(Listener):
    """The server's listener, telling when it acknowledges: right after the commit."""

    def __init__(self, bench: Bench, on_acknowledge: Callable[[Sequence[Arrival]], None]) -> None:
        super().__init__(
            host="127.0.0.1",
            port=bench.settings.broker.server_port,
            user=SERVER_USER,
            password=bench.password,
            on_link=lambda _: None,
        )
        self._on_acknowledge = on_acknowledge

    def acknowledge(self, arrivals: Iterable[Arrival]) -> None:
        """Tell, then acknowledge."""
        batch = list(arrivals)
        self._on_acknowledge(batch)
        super().acknowledge(batch)


@contextmanager
def ingesting(
    bench: Bench, database: Database, on_acknowledge: Callable[[Sequence[Arrival]], None]
) -> Iterator[IngestHealth]:
    """The server's own listener and writer, as `fleet-server run` puts them together."""
    health = IngestHealth()
    link = ServerLink(
        host="127.0.0.1",
        port=bench.settings.broker.server_port,
        user=SERVER_USER,
        password=bench.password,
    )
    writer = Writer(
        database=database,
        clock=SystemClock(),
        link=link,
        live=LiveBus(),
        health=health,
        presence=PresenceSettings(),
        source=TimedListener(bench, on_acknowledge),
    )
    link.start()
    writer.start()
    try:
        yield health
    finally:
        writer.stop()
        link.stop()


def wait_until_drained(count: Callable[[], int]) -> None:
    """Until the broker's queue is empty: the next measurement must not begin with a backlog."""
    before = -1
    while before != (now := count()):
        before = now
        time.sleep(0.5)


def measure_ingest(bench: Bench, database: Database, *, seconds: float) -> float:
    """Messages a second validated, committed and acknowledged; dead letters would be a fault."""
    with ingesting(bench, database, lambda _: None) as health:
        with publishing(bench, lambda: health.messages, per_s=0):
            rate = rate_of(lambda: health.messages, seconds=seconds)
        wait_until_drained(lambda: health.messages)
        if health.dead_letters:
            raise RuntimeError(f"{health.dead_letters} messages were refused")
        return rate


def measure_latency(bench: Bench, database: Database, *, seconds: float) -> list[float]:
    """Milliseconds from publish to committed, of every message at `CALM_RATE`."""
    delays_ms: list[float] = []

    def note(arrivals: Sequence[Arrival]) -> None:
        now_ms = time.monotonic_ns() / 1e6
        for arrival in arrivals:
            found = _MONOTONIC_MS.search(arrival.payload)
            if found:
                delays_ms.append(now_ms - int(found[1]))

    with (
        ingesting(bench, database, note) as health,
        publishing(bench, lambda: health.messages, per_s=CALM_RATE),
    ):
        rate_of(lambda: len(delays_ms), seconds=0.1)
        delays_ms.clear()  # publishers were still connecting
        time.sleep(seconds)
        return list(delays_ms)


def _prepare(folder: Path) -> tuple[Bench, Authority]:
    now = datetime.now(UTC)
    settings = Settings(
        folder=folder,
        public_url="http://127.0.0.1",
        http=HttpSettings(port=free_port()),
        broker=BrokerSettings(port=free_port(), server_port=free_port()),
    )
    authority = Authority.create(settings.keys, hosts=[], now=now)
    kiosks = tuple(f"bench{index:04d}" for index in range(PUBLISHERS))
    (folder / "kiosks").mkdir()
    for kiosk_id in kiosks:
        key = ec.generate_private_key(ec.SECP256R1())
        request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
        pem = request.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        issued = authority.issue_kiosk(pem.decode(), kiosk_id=kiosk_id, days=2, now=now)
        write_private(folder / "kiosks" / f"{kiosk_id}.pem", issued.pem.encode())
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        write_private(folder / "kiosks" / f"{kiosk_id}.key", private)
    return Bench(settings, "benchmark", kiosks, itertools.count(1)), authority


def _enrol(database: Database, kiosks: tuple[str, ...]) -> None:
    now = datetime.now(UTC)
    with database.write() as session:
        for kiosk_id in kiosks:
            session.add(Kiosk(id=kiosk_id, name=kiosk_id, hall="bench", enrolled_at=now))
            session.flush()
            session.add(Presence(kiosk_id=kiosk_id, since=now))


async def _run() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="bench-ingest-") as name:
        bench, authority = _prepare(Path(name))
        database = Database(bench.settings.database_file)
        with closing(database):
            migrate(database)
            _enrol(database, bench.kiosks)
            broker = Mosquitto(bench.settings, password=bench.password)
            revoked = authority.revocation_list((), now=datetime.now(UTC))
            async with broker.running(revoked=revoked):
                ceilings: list[float] = []
                rates: list[float] = []
                for _ in range(ROUNDS):
                    ceilings.append(
                        await asyncio.to_thread(measure_ceiling, bench, seconds=SECONDS)
                    )
                    rates.append(
                        await asyncio.to_thread(measure_ingest, bench, database, seconds=SECONDS)
                    )
                delays = await asyncio.to_thread(
                    measure_latency, bench, database, seconds=CALM_SECONDS
                )
    return _figures(max(ceilings), max(rates), delays)


def _figures(ceiling: float, rate: float, delays_ms: list[float]) -> list[Figure]:
    return [
        Figure(
            name="ingest: validated, committed (FULL), acknowledged",
            value=rate,
            unit="msg/s",
            against="DESIGN.md 7",
            limit=TARGET_RATE,
            higher_is_better=True,
        ),
        Figure(
            name="ingest: the same against a null subscriber",
            value=rate,
            unit="msg/s",
            against=f"{TARGET_SHARE} of {ceiling:,.0f} msg/s taken in this run",
            limit=TARGET_SHARE * ceiling,
            higher_is_better=True,
        ),
        Figure(
            name=f"ingest: publish to committed, p99 at {CALM_RATE:,} msg/s",
            value=percentile(delays_ms, 0.99),
            unit="ms",
            against="DESIGN.md 7",
            limit=TARGET_P99_MS,
        ),
    ]


def measure() -> list[Figure]:
    """All three figures, on one broker; takes about 50 s."""
    return asyncio.run(_run())
