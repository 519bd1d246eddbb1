"""The small fleet's own promise: who is away comes back where they were."""

import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from fleet_server.pki import Authority
from tests.kiosk.agent.small_broker import KeptPort, listens
from tests.kiosk.agent.small_fleet import SmallServer


def test_nobody_takes_the_port_of_a_server_that_is_away(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    Authority.create(keys, hosts=[], now=datetime.now(UTC))
    server = SmallServer(tmp_path, keys, ec.generate_private_key(ec.SECP256R1()).public_key())
    server.start()
    server.stop()
    assert not listens(server.port)
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", server.port))
    server.start()
    assert listens(server.port)
    server.close()


def test_a_port_that_was_let_go_is_anybodys() -> None:
    kept = KeptPort()
    kept.close()
    with socket.socket() as other:
        other.bind(("127.0.0.1", kept.number))
        assert other.getsockname()[1] == kept.number
