"""Child processes that never outlive the demo, each with its own log file."""

import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

STOP_WITHIN_S: Final = 8.0
"""The server promises a clean stop within 5 s; a little more for a busy machine."""

_PR_SET_PDEATHSIG: Final = 1
"""prctl(2): the signal a child gets when the thread that began it dies, however it dies."""


class DidNotStart(Exception):
    """A part of the system did not come up; the message holds the end of its log."""


class Child:
    """One process in its own process group, ended with its parent."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log_folder: Path,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        self.name = name
        self.command = list(command)
        self.log_file = log_folder / f"{name}.log"
        self._environment = {**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})}
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Of the running process. Raises DidNotStart before `start`."""
        if self._process is None:
            raise DidNotStart(f"{self.name} was never started")
        return self._process.pid

    def start(self) -> None:
        """Run it; its output goes to the log file."""
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        # looked up before the fork: afterwards another thread's lock may never be released
        die_with_parent = partial(ctypes.CDLL(None).prctl, _PR_SET_PDEATHSIG, signal.SIGTERM)
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=self._environment,
                cwd=self._folder,
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 — prctl only, no locks taken
            )

    def is_running(self) -> bool:
        """Has it not ended?"""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_status(self) -> int | None:
        """How it ended, negative for a signal; None while it runs."""
        return None if self._process is None else self._process.poll()

    def kill(self) -> None:
        """`kill -9`, as a power cut would; returns when it is gone."""
        process = self._process  # a keeper may begin the next one at once
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
            process.wait(STOP_WITHIN_S)

    def stop(self) -> None:
        """Ask it to end; after `STOP_WITHIN_S` end its whole group."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_WITHIN_S)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(STOP_WITHIN_S)

    def log_tail(self, lines: int = 20) -> str:
        """The last lines it wrote."""
        if not self.log_file.exists():
            return ""
        text = self.log_file.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])


def wait_until(ready: Callable[[], bool], child: Child, *, within_s: float) -> None:
    """Wait until `ready()`; raise DidNotStart when `child` ends first or time is up."""
    deadline = time.monotonic() + within_s
    while True:
        is_ready = ready()
        if not child.is_running():
            raise DidNotStart(f"{child.name} ended at start:\n{child.log_tail()}")
        if is_ready:
            return
        if time.monotonic() > deadline:
            raise DidNotStart(f"{child.name} not ready in {within_s:.0f} s:\n{child.log_tail()}")
        time.sleep(0.05)


def answers(port: int) -> bool:
    """Does something accept connections on this loopback port?"""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
