"""One connection, over a real mosquitto."""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from device_drivers.emulation.free_port import free_port
from fleet_server.pki import Authority
from kiosk.agent.link import Arrived, Link, LinkError, LinkNote, Lost, Published
from kiosk.contract.topics import Channel
from tests.kiosk.agent.small_broker import (
    KIOSK_ID,
    PATIENCE_S,
    Broker,
    Ingest,
    eventually,
    tls_broker,
)

WILL = b'{"v":1,"e":5,"i":"0123456789abcdef0123456789abcdef","ts":0,"mt":0,"t":"will","d":{}}'
BIRTH = WILL.replace(b'"will"', b'"birth"')

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
async def link(plain_broker: Broker) -> AsyncIterator[Link]:
    made = Link(kiosk_id=KIOSK_ID, host="127.0.0.1", port=plain_broker.server_port)
    await made.connect(WILL)
    yield made
    await made.close()


async def until(link: Link, wanted: type[LinkNote]) -> LinkNote:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            note = await link.next()
            if isinstance(note, wanted):
                return note


async def heard(true: Callable[[], bool]) -> bool:
    return await asyncio.to_thread(eventually, true)


async def test_what_is_published_arrives_and_is_confirmed(link: Link, plain_broker: Broker) -> None:
    ingest = Ingest(plain_broker.server_port)
    mid = link.publish(Channel.BIRTH, BIRTH)
    note = await until(link, Published)
    assert note == Published(mid)
    assert await heard(lambda: len(ingest.of("birth")) == 1)
    ingest.stop()


async def test_it_is_told_when_nobody_listens(link: Link) -> None:
    link.publish(Channel.BIRTH, BIRTH)
    note = await until(link, Published)
    assert isinstance(note, Published)
    assert note.nobody_listens


async def test_what_the_server_says_arrives(link: Link, plain_broker: Broker) -> None:
    ingest = Ingest(plain_broker.server_port)
    ingest.poke("desired")
    note = await until(link, Arrived)
    assert note == Arrived(f"kf/1/k/{KIOSK_ID}/dn/poke", b'{"what": "desired"}')
    ingest.stop()


async def test_the_will_is_spoken_when_the_kiosk_dies_and_not_when_it_leaves(
    plain_broker: Broker,
) -> None:
    ingest = Ingest(plain_broker.server_port)
    made = Link(kiosk_id=KIOSK_ID, host="127.0.0.1", port=plain_broker.server_port)
    await made.connect(WILL)
    await made.close()
    await asyncio.sleep(0.3)
    assert ingest.of("will") == []
    await made.connect(WILL)
    # the same id from elsewhere: the broker throws the first connection out, as a cut line would
    thief = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=KIOSK_ID)
    thief.connect("127.0.0.1", plain_broker.server_port)
    thief.loop_start()
    await until(made, Lost)
    assert await heard(lambda: len(ingest.of("will")) == 1)
    thief.disconnect()
    thief.loop_stop()
    await made.close()
    ingest.stop()


async def test_a_broker_that_dies_is_noticed_at_once(link: Link, plain_broker: Broker) -> None:
    plain_broker.kill()
    assert isinstance(await until(link, Lost), Lost)
    with pytest.raises(LinkError):
        link.publish(Channel.BIRTH, BIRTH)


async def test_after_a_reconnect_nothing_of_the_old_connection_is_sent_again(
    link: Link, plain_broker: Broker
) -> None:
    plain_broker.kill()
    await until(link, Lost)
    with pytest.raises(LinkError, match="no_connection"):
        link.publish(Channel.BIRTH, BIRTH)
    plain_broker.start()
    ingest = Ingest(plain_broker.server_port)
    await link.connect(WILL)
    await asyncio.sleep(0.5)
    assert ingest.messages == []
    ingest.stop()


async def test_no_broker_is_an_error_with_a_code() -> None:
    made = Link(kiosk_id=KIOSK_ID, host="127.0.0.1", port=free_port())
    with pytest.raises(LinkError, match="refused"):
        await made.connect(WILL)


async def test_a_broker_that_forbids_a_topic_is_heard(tmp_path: Path) -> None:
    broker = Broker(tmp_path / "strict")
    (tmp_path / "access").write_text("topic read #\n")
    broker.write(f"acl_file {tmp_path / 'access'}", f"listener {broker.server_port} 127.0.0.1")
    broker.start()
    made = Link(kiosk_id=KIOSK_ID, host="127.0.0.1", port=broker.server_port)
    await made.connect(WILL)
    made.publish(Channel.BIRTH, BIRTH)
    note = await until(made, Published)
    assert isinstance(note, Published)
    assert note.refused == "not_authorized"
    await made.close()
    broker.close()


async def _old_broker(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Speaks MQTT 3.1.1 only, as nats-server 2.9 does (`FLEET.md` 2.2)."""
    connect = await reader.read(1024)
    level = connect[connect.index(b"MQTT") + 4]
    writer.write(b"\x20\x02\x00\x00" if level == 4 else b"\x20\x02\x00\x01")
    await writer.drain()
    await reader.read(1024)
    writer.close()


async def test_an_older_broker_is_spoken_to_in_its_own_version() -> None:
    server = await asyncio.start_server(_old_broker, "127.0.0.1", 0, family=socket.AF_INET)
    made = Link(kiosk_id=KIOSK_ID, host="127.0.0.1", port=server.sockets[0].getsockname()[1])
    with pytest.raises(LinkError, match="unsupported_protocol_version"):
        await made.connect(WILL)
    await made.connect(WILL)
    await made.close()
    server.close()
    await server.wait_closed()


class MuteBroker:
    """Takes connections and says nothing on them, not even in a handshake."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])

    def heard(self) -> bytes:
        """What the first one who came has said until the line went."""
        accepted, _ = self.listener.accept()
        with accepted:
            accepted.settimeout(5)
            return b"".join(iter(lambda: accepted.recv(4096), b""))

    def close(self) -> None:
        self.listener.close()


@pytest.fixture
def mute() -> Iterator[MuteBroker]:
    made = MuteBroker()
    yield made
    made.close()


TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@pytest.mark.parametrize("tls", [TLS, None], ids=["handshake", "connack"])
async def test_a_mute_broker_is_given_up_at_the_one_deadline(
    mute: MuteBroker, monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext | None
) -> None:
    monkeypatch.setattr("kiosk.agent.link.CONNECT_S", 0.5)
    made = Link(kiosk_id=KIOSK_ID, host="127.0.0.1", port=mute.port, tls=tls)
    began = time.monotonic()
    with pytest.raises(LinkError, match="timeout"):
        await made.connect(WILL)
    assert 0.4 < time.monotonic() - began < 20
    assert await asyncio.to_thread(mute.heard)  # it was connected, and the line is closed


@pytest.mark.parametrize("tls", [TLS, None], ids=["handshake", "connack"])
async def test_connecting_can_be_broken_off_at_once(
    mute: MuteBroker, monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext | None
) -> None:
    monkeypatch.setattr("kiosk.agent.link.CONNECT_S", 50.0)
    made = Link(kiosk_id=KIOSK_ID, host="127.0.0.1", port=mute.port, tls=tls)
    connecting = asyncio.create_task(made.connect(WILL))
    await asyncio.sleep(0.3)
    assert not connecting.done()
    began = time.monotonic()
    connecting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await connecting
    assert time.monotonic() - began < 20
    assert [each.name for each in threading.enumerate() if "paho" in each.name] == []
    assert await asyncio.to_thread(mute.heard)


async def test_a_certificate_of_a_stranger_is_told_as_tls(tmp_path: Path) -> None:
    Authority.create(tmp_path, hosts=["localhost"], now=datetime.now(UTC))
    broker = tls_broker(tmp_path / "broker", tmp_path)
    broker.start()
    made = Link(kiosk_id=KIOSK_ID, host="127.0.0.1", port=broker.port, tls=TLS)
    with pytest.raises(LinkError, match="tls"):
        await made.connect(WILL)
    broker.close()
