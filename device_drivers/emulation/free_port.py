"""A loopback port for a server that is about to start."""

import random
import socket
from pathlib import Path
from typing import Final

_EPHEMERAL: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST: Final = 10_000
_HIGHEST: Final = 65_535
_TRIES: Final = 200


_given: Final[set[int]] = set()
"""By this process, so that it never holds the same port in hand twice."""


def free_port(preferred: int = 0) -> int:
    """A TCP port of 127.0.0.1 nobody uses: `preferred` if it is free, else one at random.

    Never one given before by this process, and none of those that Linux gives to the near ends of
    connections (ip(7), `ip_local_port_range`), where that range leaves any: on a busy machine such
    a port is taken again before its server listens. Raises OSError where there is none.
    """
    ephemeral = int(_EPHEMERAL.read_text("ascii").split()[0])
    highest = ephemeral - 1 if ephemeral - _LOWEST > _TRIES else _HIGHEST
    # not the seeded generator: every process of a test run would find the same ports
    chance = random.SystemRandom()
    for port in (preferred, *(chance.randint(_LOWEST, highest) for _ in range(_TRIES))):
        if port and (port == preferred or port not in _given) and _is_free(port):
            _given.add(port)
            return port
    raise OSError("no free port on loopback")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # as the servers do: what an ended one has left in TIME_WAIT is no hindrance
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
