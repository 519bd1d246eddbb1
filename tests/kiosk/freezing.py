"""Freezes an app as a stuck screen does: it is there, and does nothing any more."""

import os
import signal
import time
from pathlib import Path

from kiosk.store.database import Store

STOPS_WITHIN_S = 30.0


def freeze(pid: int, store: Store) -> None:
    """Stop a process at a moment when it writes nothing to the store.

    Stopped within a transaction it would keep the file locked for ever, and nobody could even
    write an order down; on a kiosk, systemd's watchdog ends such an app (DECISIONS.md, 21).
    """
    with store.transaction():
        os.kill(pid, signal.SIGSTOP)
        deadline = time.monotonic() + STOPS_WITHIN_S
        while not _is_stopped(pid):
            assert time.monotonic() < deadline, "it does not stop"
            time.sleep(0.002)


def _is_stopped(pid: int) -> bool:
    """Have all its threads stopped (proc(5))?"""
    states = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        states.append((task / "stat").read_text("utf-8").rpartition(")")[2].split()[0])
    return set(states) == {"T"}
