"""`qr-scanner listen` in a process of its own, which never outlives its test."""

import json
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

PATIENCE_S = 60.0
AGAIN_S = 1.0
"""How long a code is waited for before it is shown once more."""


class Listening:
    """A technician's shell with the command in it. Use it as a context manager."""

    def __init__(self, port: str, *options: str) -> None:
        self._command = (
            *(sys.executable, "-m", "device_drivers", "qr-scanner"),
            *("listen", "--port", port, *options),
        )

    def __enter__(self) -> Self:
        # unbuffered, so that `select` knows all that can be read
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
        )
        assert self._process.stderr is not None
        assert b"show codes" in self._process.stderr.readline()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def line(self, *, within_s: float = PATIENCE_S) -> dict[str, Any] | None:
        """The next line it writes, or None where none comes."""
        assert self._process.stdout is not None
        if not select.select([self._process.stdout], [], [], within_s)[0]:
            return None
        read: dict[str, Any] = json.loads(self._process.stdout.readline())
        return read

    def read_when_held(
        self, show: Callable[[], None], *, before: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Show a code, and again until it is read; what was shown before may come once more.

        What comes in the moment after the prompt is discarded, as the driver promises.
        """
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            show()
            while (line := self.line(within_s=AGAIN_S)) is not None:
                if line != before:
                    return line
        raise AssertionError("a code held in front of the scanner was never read")

    def drain(self, line: dict[str, Any]) -> None:
        """Until nothing comes any more, and that what came is this line again."""
        while (again := self.line(within_s=AGAIN_S)) is not None:
            assert again == line

    def ended(self) -> tuple[int, bytes, bytes]:
        """Wait for its end: its exit code, and what it wrote that was not read."""
        output, errors = self._process.communicate(timeout=PATIENCE_S)
        return self._process.returncode, output, errors

    def interrupted(self) -> int:
        """Ctrl-C: its exit code. No Traceback may be seen."""
        self._process.send_signal(signal.SIGINT)
        code, _, errors = self.ended()
        assert b"Traceback" not in errors
        return code
