"""One kiosk's agent among real parts: broker, HTTPS server, ingest, all on loopback."""

import base64
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from fleet_server.pki import Authority
from kiosk.contract.cases import Applicant, CasePayload
from kiosk.contract.identifiers import NumberKind
from kiosk.store.cases import CaseDesk, SubmittedCase
from kiosk.store.database import Store
from kiosk.store.outbox import Outbox
from kiosk.store.shared_state import SharedState
from kiosk.store.vault import Paper
from tests.kiosk.agent.small_broker import Broker, Ingest, tls_broker
from tests.kiosk.agent.small_fleet import KioskFolder, Publisher, SmallServer, make_kiosk

ROOT = Path(__file__).resolve().parents[3]
PAYLOAD = CasePayload(
    applicant=Applicant(
        name="欧阳慕蓉", number="370321199003070024", number_kind=NumberKind.RESIDENT_ID
    ),
    answers={"purpose": "employment"},
)


@dataclass
class Fleet:
    """Everything around one agent, and the agent as a process of its own."""

    broker: Broker
    server: SmallServer
    publisher: Publisher
    kiosk: KioskFolder
    store: Store
    log: Path
    ingest: Ingest | None = None
    process: subprocess.Popen[bytes] | None = None
    state: SharedState = field(init=False)
    outbox: Outbox = field(init=False)
    desk: CaseDesk = field(init=False)

    def __post_init__(self) -> None:
        self.state = SharedState(self.store)
        self.outbox = Outbox(self.store)
        self.desk = CaseDesk(self.store, self.outbox, self.server.sealing_key.public_key)

    def listen(self) -> Ingest:
        self.ingest = Ingest(self.broker.server_port)
        return self.ingest

    def start_agent(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "kiosk.agent", "--config", str(self.kiosk.config)],
                cwd=ROOT,
                stderr=log,
                stdout=log,
            )

    def stop_agent(self, number: int = signal.SIGTERM) -> int:
        """Its exit status, negative for the signal that ended it."""
        assert self.process is not None
        os.kill(self.process.pid, number)
        status = self.process.wait(timeout=30)
        self.process = None
        return status

    def submit(self, pages: int = 1, size: int = 40_000) -> SubmittedCase:
        papers = [
            Paper("purpose_paper", "image/jpeg", os.urandom(16) + bytes(size)) for _ in range(pages)
        ]
        return self.desk.submit(
            PAYLOAD,
            papers,
            service_id="police-no-criminal-record",
            service_version=1,
            content="ab" * 32,
        )

    def close(self) -> None:
        if self.process is not None:
            self.stop_agent(signal.SIGKILL)
        if self.ingest is not None:
            self.ingest.stop()
        self.server.close()
        self.broker.close()
        self.store.close()


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    """Broker and server run; ingest and agent are started by the test."""
    keys = tmp_path / "keys"
    authority = Authority.create(keys, hosts=[], now=datetime.now(UTC))
    kiosk_key = ec.generate_private_key(ec.SECP256R1())
    server = SmallServer(tmp_path, keys, kiosk_key.public_key())
    publisher = Publisher(server, keys)
    broker = tls_broker(tmp_path / "broker", keys)
    kiosk = make_kiosk(
        tmp_path / "kiosk",
        authority,
        kiosk_key,
        api_url=server.url,
        broker_port=broker.port,
        sealing=base64.b64encode(bytes(server.sealing_key.public_key)).decode(),
        root=publisher.root,
    )
    store = Store.open(kiosk.store_file)
    made = Fleet(broker, server, publisher, kiosk, store, tmp_path / "agent.log")
    broker.start()
    server.start()
    yield made
    made.close()


@pytest.fixture
def plain_broker(tmp_path: Path) -> Iterator[Broker]:
    """mosquitto without TLS, where only what is said matters."""
    broker = Broker(tmp_path / "plain")
    broker.write(f"listener {broker.server_port} 127.0.0.1")
    broker.start()
    yield broker
    broker.close()
