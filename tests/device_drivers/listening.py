"""A technician's command that goes on until Ctrl-C, read line by line and never waited for."""

import json
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

PATIENCE_S = 30.0
_SHOWN_AGAIN_S = 5.0


class Listening:
    """The running command."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self._lines: queue.Queue[bytes] = queue.Queue()
        assert process.stdout is not None
        reading = threading.Thread(target=self._read, args=(process.stdout,), daemon=True)
        reading.start()

    def next(self, within_s: float = PATIENCE_S) -> dict[str, Any]:
        """Its next line. Raises queue.Empty where none comes."""
        line: dict[str, Any] = json.loads(self._lines.get(timeout=within_s))
        return line

    def hold(self, show: Callable[[], None]) -> dict[str, Any]:
        """Show until a line comes: who shows before it looks is not seen."""
        for _ in range(round(PATIENCE_S / _SHOWN_AGAIN_S)):
            show()
            try:
                return self.next(_SHOWN_AGAIN_S)
            except queue.Empty:
                continue
        raise AssertionError(f"nothing was read in {PATIENCE_S} s")

    def interrupt(self) -> None:
        """Ctrl-C: it ends with 130 and without a traceback."""
        assert self._process.stderr is not None
        self._process.send_signal(signal.SIGINT)
        assert self._process.wait(PATIENCE_S) == 130
        assert b"Traceback" not in self._process.stderr.read()

    def ended(self) -> int:
        """Wait until it ends by itself; its exit code."""
        return self._process.wait(PATIENCE_S)

    def _read(self, pipe: IO[bytes]) -> None:
        for line in pipe:
            self._lines.put(line)


@contextmanager
def listening(*arguments: str) -> Iterator[Listening]:
    """`python -m device_drivers` with these, once it says what to do; killed in the end."""
    with subprocess.Popen(
        [sys.executable, "-m", "device_drivers", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            assert process.stderr is not None
            assert process.stderr.readline()
            yield Listening(process)
        finally:
            process.kill()  # nothing where it has ended; or leaving would wait for it without end
