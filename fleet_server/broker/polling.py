"""Serving a paho client with `poll`: paho's own loop uses `select`, which ends at descriptor 1,023.

A server among 1,000 kiosks' connections passes that number, and paho's network thread then dies
with the first socket it opens. Here a client is served by whoever owns it, one thread each.
"""

import os
import select
from collections.abc import Callable
from typing import Final

from paho.mqtt import client as mqtt

LONGEST_TURN_S: Final = 1.0
"""paho looks at its keepalive once per turn."""


def take_turn(
    client: mqtt.Client,
    *,
    within_s: float,
    read: Callable[[], object] | None = None,
    bell: int | None = None,
) -> None:
    """Wait until the socket or the `bell` (an eventfd) has something, and serve it.

    Returns after `within_s`, at most a second, at once without a connection. `read` stands in
    for `client.loop_read`. Closing the connection, however it happens, is told by paho's
    callbacks.
    """
    sock = client.socket()
    if sock is None:
        return
    number = sock.fileno()
    poll = select.poll()
    poll.register(number, select.POLLIN | (select.POLLOUT if client.want_write() else 0))
    if bell is not None:
        poll.register(bell, select.POLLIN)
    ready = dict(poll.poll(max(0.0, min(within_s, LONGEST_TURN_S)) * 1000))
    if bell is not None and bell in ready:
        os.eventfd_read(bell)
    happened = ready.get(number, 0)
    if happened & select.POLLOUT:
        client.loop_write()
    if happened & ~select.POLLOUT:
        (read or client.loop_read)()
    client.loop_misc()
