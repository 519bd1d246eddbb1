"""The real wire for tests: mosquitto with mutual TLS, the ingest, and kiosks that speak MQTT."""

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from device_drivers.emulation.free_port import free_port
from fleet_server.broker.configuration import SERVER_USER
from fleet_server.broker.link import ServerLink
from fleet_server.broker.mosquitto import Mosquitto
from fleet_server.database import Database
from fleet_server.enrolment.service import enrol, make_token
from fleet_server.ingest.health import IngestHealth
from fleet_server.ingest.listener import Listener
from fleet_server.ingest.writer import CanWrite, Writer
from fleet_server.live import LiveBus
from fleet_server.pki import Authority
from fleet_server.settings import BrokerSettings, PresenceSettings, Settings
from kiosk.contract.downlink import Acknowledgement
from kiosk.contract.topics import Channel, Direction, Topic, downlink_filter
from tests.fleet_server.fresh_database import fresh_database
from tests.fleet_server.small_hall import PATIENCE_S

PASSWORD = "a password of the test"
INST = "0123456789abcdef0123456789abcdef"


class StoppedClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
        self.passed_s = 0.0

    def now(self) -> datetime:
        return self.moment

    def monotonic_s(self) -> float:
        return self.passed_s

    def pass_s(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)
        self.passed_s += seconds

    def set_by_s(self, seconds: float) -> None:
        """Somebody sets the clock; no time passes."""
        self.moment += timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class Identity:
    """A kiosk's files, as enrolment would leave them."""

    kiosk_id: str
    certificate: Path
    key: Path


@dataclass(slots=True)
class Wire:
    """A server folder with its database open and its broker running."""

    settings: Settings
    authority: Authority
    database: Database
    broker: Mosquitto
    link: ServerLink
    clock: StoppedClock = field(default_factory=StoppedClock)
    live: LiveBus = field(default_factory=LiveBus)

    def enrolled(self, kiosk_id: str) -> Identity:
        """Enrol through the real service, with a real request."""
        key, request = key_and_request()
        now = datetime.now(UTC)
        with self.database.write() as session:
            token = make_token(
                session,
                kiosk_id=kiosk_id,
                name="测试机",
                hall="测试大厅",
                actor="server",
                now=now,
                life=timedelta(minutes=1),
            )
            _, issued = enrol(
                session,
                token=token,
                csr_pem=request,
                authority=self.authority,
                certificate_days=2,
                now=now,
            )
        return write_identity(self.settings.folder, kiosk_id, issued.pem, key)

    @contextmanager
    def ingesting(self, database: CanWrite | None = None) -> Iterator[IngestHealth]:
        """The real listener and writer; on another database where the test brings one."""
        health = IngestHealth()
        linked = threading.Event()
        writer = Writer(
            database=database or self.database,
            clock=self.clock,
            link=self.link,
            live=self.live,
            health=health,
            presence=PresenceSettings(),
            source=Listener(
                host="127.0.0.1",
                port=self.settings.broker.server_port,
                user=SERVER_USER,
                password=PASSWORD,
                on_link=lambda is_up: linked.set() if is_up else None,
            ),
        )
        writer.start()
        try:
            assert linked.wait(PATIENCE_S)
            yield health
        finally:
            writer.stop()


@asynccontextmanager
async def wire_in(folder: Path) -> AsyncIterator[Wire]:
    """Everything started, and stopped again."""
    now = datetime.now(UTC)
    settings = Settings(
        folder=folder,
        public_url="https://banshi.example",
        broker=BrokerSettings(port=free_port(), server_port=free_port()),
    )
    authority = Authority.create(settings.keys, hosts=[], now=now)
    database = fresh_database(settings.database_file)
    try:
        broker = Mosquitto(settings, password=PASSWORD)
        link = ServerLink(
            host="127.0.0.1",
            port=settings.broker.server_port,
            user=SERVER_USER,
            password=PASSWORD,
        )
        async with broker.running(revoked=authority.revocation_list((), now=now)):
            link.start()
            try:
                yield Wire(settings, authority, database, broker, link)
            finally:
                await asyncio.to_thread(link.stop)
    finally:
        database.close()


class TalkingKiosk:
    """A kiosk's MQTT client with its own certificate; hears its downlink."""

    def __init__(self, settings: Settings, identity: Identity, *, ca: Path | None = None) -> None:
        self.kiosk_id = identity.kiosk_id
        self.heard: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
        self.gone = threading.Event()
        self._subscribed = threading.Event()
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id="what-it-calls-itself",
            reconnect_on_failure=False,
            protocol=mqtt.MQTTv5,
        )
        self._port = settings.broker.port
        self._client.tls_set(
            str(ca or settings.keys / "ca.pem"), str(identity.certificate), str(identity.key)
        )
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = lambda _c, _u, message: self.heard.put(
            (message.topic, bytes(message.payload))
        )
        self._client.on_disconnect = lambda *_: self.gone.set()

    def _on_connect(self, client: mqtt.Client, *_rest: Any) -> None:
        client.subscribe(downlink_filter(self.kiosk_id), qos=0)

    def will(self, payload: bytes) -> None:
        """Before `connect`."""
        self._client.will_set(str(self.topic(Channel.WILL)), payload, qos=1)

    def connect(self, within_s: float = PATIENCE_S) -> bool:
        """Whether the broker lets it in."""
        self._client.connect("127.0.0.1", self._port)
        self._client.loop_start()
        return self._subscribed.wait(within_s)

    def topic(self, channel: Channel) -> Topic:
        return Topic(self.kiosk_id, Direction.UP, channel)

    def say(self, topic: Topic | str, payload: bytes) -> bool:
        """QoS 1; whether a PUBACK came."""
        told = self._client.publish(str(topic), payload, qos=1)
        told.wait_for_publish(PATIENCE_S)
        return told.is_published()

    def next_acknowledgement(self, within_s: float = PATIENCE_S) -> Acknowledgement:
        """The next `dn/ack`; raises queue.Empty when none comes."""
        while True:
            topic, payload = self.heard.get(timeout=within_s)
            if topic.endswith("/ack"):
                return Acknowledgement.model_validate_json(payload)

    def break_off(self) -> None:
        """The cable is cut: no DISCONNECT is sent, the broker speaks the will."""
        sock = self._client.socket()
        self._client.loop_stop()
        if sock is not None:
            sock.close()

    def leave(self) -> None:
        """An orderly goodbye; no will."""
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def talking(wire: Wire, identity: Identity) -> Iterator[TalkingKiosk]:
    """Connected for the length of the block."""
    kiosk = TalkingKiosk(wire.settings, identity)
    assert kiosk.connect()
    try:
        yield kiosk
    finally:
        kiosk.leave()


def key_and_request() -> tuple[ec.EllipticCurvePrivateKey, str]:
    """A kiosk's key and its certificate request."""
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    pem = request.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    return key, pem.decode()


def write_identity(
    folder: Path, kiosk_id: str, certificate_pem: str, key: ec.EllipticCurvePrivateKey
) -> Identity:
    """Certificate and key as files."""
    identity = Identity(kiosk_id, folder / f"{kiosk_id}.pem", folder / f"{kiosk_id}.key")
    identity.certificate.write_text(certificate_pem, encoding="ascii")
    identity.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return identity


async def soon(true: Callable[[], bool], *, within_s: float = PATIENCE_S) -> bool:
    """Does it become true?"""
    deadline = asyncio.get_running_loop().time() + within_s
    while asyncio.get_running_loop().time() < deadline:
        if true():
            return True
        await asyncio.sleep(0.02)
    return true()
