"""Notices a loop that stopped turning, and ends the process so that it is started again.

A thread, because a blocked event loop cannot look at itself. Speaks sd_notify(3) where systemd
listens.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from typing import Final

from kiosk.store.database import StoreError

log = logging.getLogger(__name__)

EXIT_STUCK: Final = 70
"""EX_SOFTWARE of sysexits(3): the supervisor starts the agent again."""

LOOK_EVERY_S: Final = 2.0

LAST_WORDS_S: Final = 6.0
"""A store may be busy for 5 s; a disk that hangs must not keep a stuck process alive."""


class Pulse:
    """When each loop last turned."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._last: dict[str, tuple[float, float]] = {}

    def beat(self, loop: str, *, again_within_s: float) -> None:
        """Say that a loop is alive, and will say so again within that time."""
        with self._lock:
            self._last[loop] = (self._clock(), again_within_s)

    def forget(self, loop: str) -> None:
        """A loop has ended on purpose."""
        with self._lock:
            self._last.pop(loop, None)

    def stuck(self) -> str | None:
        """A loop that has been silent for longer than it promised."""
        now = self._clock()
        with self._lock:
            for loop, (at, within_s) in self._last.items():
                if now - at > within_s:
                    return loop
        return None


class Watchdog:
    """Looks every 2 s."""

    def __init__(
        self,
        pulse: Pulse,
        *,
        on_stuck: Callable[[str], None] | None = None,
        last_words: Callable[[str], object] = lambda _loop: None,
    ) -> None:
        """`last_words` may write the loop's name down; within 6 s the process ends in any case."""
        self._pulse = pulse
        self._on_stuck = on_stuck or _exit
        self._last_words = last_words
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin to look, and tell systemd that the agent is ready."""
        notify("READY=1")
        self._thread.start()

    def stop(self) -> None:
        """Stop looking; returns once the thread has ended."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(LOOK_EVERY_S):
            stuck = self._pulse.stuck()
            if stuck is not None:
                words = threading.Thread(
                    target=self._say_last_words, args=(stuck,), name="last words", daemon=True
                )
                words.start()
                words.join(LAST_WORDS_S)
                self._on_stuck(stuck)
                return
            notify("WATCHDOG=1")

    def _say_last_words(self, stuck: str) -> None:
        try:
            self._last_words(stuck)
        except StoreError as error:
            log.error("not written down: %s", error)  # noqa: TRY400  the process ends, with a word


def notify(state: str) -> bool:
    """Tell systemd, where it listens (`NOTIFY_SOCKET`); False where it does not.

    Never blocks: a window's thread may say it.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.setblocking(False)
        try:
            channel.connect(address)
            channel.sendall(state.encode())
        except OSError as error:
            log.warning("systemd does not listen: %s", error)
            return False
    return True


def _exit(loop: str) -> None:
    log.critical("loop %s is stuck; ending the process", loop)
    logging.shutdown()
    os._exit(EXIT_STUCK)
