"""A port that is still free when its server starts, however busy the machine is."""

import socket
from pathlib import Path

import pytest

from device_drivers.emulation.free_port import free_port

EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


def test_it_is_none_of_those_that_near_ends_of_connections_get() -> None:
    lowest_ephemeral = int(EPHEMERAL.read_text("ascii").split()[0])
    assert all(1024 < free_port() < lowest_ephemeral for _ in range(50))


def test_the_preferred_one_is_given_where_it_is_free_and_another_where_it_is_not() -> None:
    preferred = free_port()
    assert free_port(preferred) == preferred
    with socket.create_server(("127.0.0.1", preferred)):
        assert free_port(preferred) != preferred


def test_nobody_gets_the_same_one_twice() -> None:
    assert len({free_port() for _ in range(500)}) == 500


def test_there_is_one_also_where_every_port_is_for_connections(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = tmp_path / "ip_local_port_range"
    everything.write_text("1024\t65535\n", "ascii")
    monkeypatch.setattr("device_drivers.emulation.free_port._EPHEMERAL", everything)
    assert free_port() > 1024
