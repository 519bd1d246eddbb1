"""A program in private network and mount namespaces, told what to do over a pipe.

Emulators that need real services (pcscd, CUPS) keep them there: their ports are not reachable from
outside, and the system's own services are not touched (`DESIGN.md` 9). Needs root or user
namespaces.
"""

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
"""What the program needs in its PYTHONPATH."""
REPLY_LIMIT_S = 120.0
"""The slowest answer, the private printer's that it is ready, comes after 0.7 s; before it gives up
itself, its five waits of 20 s each (`START_LIMIT_S`) may pass. This is for who gives up nothing."""
_CHUNK_BYTES = 65536
"""What a pipe holds (pipe(7)); a reply is a line of some ten bytes."""


class PrivateRoom:
    """`python -m module FOLDER` inside; it obeys a JSON object a line. Calls from any thread.

    To each line, and to its start, the program answers `{"ok": true}` or `{"ok": false, "error":
    why}` within `reply_limit_s`. It ends everything when its standard input is closed, within
    `end_limit_s` or it is killed; so it is when it answers too late or something else. What goes
    wrong is raised as `failure`, in which `what` names the thing.
    """

    def __init__(
        self,
        what: str,
        module: str,
        *,
        failure: type[Exception],
        end_limit_s: float,
        reply_limit_s: float = REPLY_LIMIT_S,
        directory: Path | None = None,
    ) -> None:
        """`directory` is what the program's folder shall be; one of its own unless given."""
        self._what = what
        self._module = module
        self._failure = failure
        self._end_limit_s = end_limit_s
        self._reply_limit_s = reply_limit_s
        self._given = directory
        self._directory: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    @property
    def directory(self) -> Path:
        """The program's folder, while it runs."""
        if self._directory is None:
            raise self._failure(f"{self._what} is not started")
        return self._directory

    def start(self, furnish: Callable[[Path], None], environment: Mapping[str, str]) -> None:
        """Let `furnish` fill the folder, then return when the program says that it is ready.

        Nothing is left behind where it does not come to that. Raises what `furnish` raises, too.
        """
        with self._lock:
            if self._process is not None:
                raise self._failure(f"{self._what} is started already")
            try:
                furnish(self._make_directory())
                self._process = self._begin(environment)
                self._await_reply(self._process)
            except BaseException:
                self._end_all()
                raise

    def ask(self, request: Mapping[str, object]) -> None:
        """Return when the program says that it is done."""
        with self._lock:
            process = self._process
            if process is None or process.stdin is None:
                raise self._failure(f"{self._what} is not started")
            line = json.dumps(request).encode() + b"\n"
            try:
                process.stdin.write(line)
                process.stdin.flush()
            except (BrokenPipeError, ValueError):  # it died, or we ended it
                raise self._failure(f"{self._what} has died") from None
            self._await_reply(process)

    def close(self) -> None:
        """End the program and all it started, after a request under way. Safe to call twice.

        A request that is not answered within `end_limit_s` is broken off.
        """
        if not self._lock.acquire(timeout=self._end_limit_s):
            process = self._process
            if process is not None and process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            self._lock.acquire()
        try:
            self._end_all()
        finally:
            self._lock.release()

    def _make_directory(self) -> Path:
        if self._given is None:
            self._directory = Path(tempfile.mkdtemp(prefix=f"{self._what.split()[-1]}-"))
        else:
            self._directory = self._given.resolve()
            self._directory.mkdir(parents=True, exist_ok=True)
        return self._directory

    def _begin(self, environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
        command = ["unshare", "--net", "--mount"]
        if os.geteuid() != 0:
            command.append("--map-root-user")
        try:
            # A session of its own: Ctrl-C reaches us, and we end it in order.
            return subprocess.Popen(
                [*command, "--", sys.executable, "-m", self._module, str(self._directory)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,
                env={**environment, "PYTHONPATH": str(PROJECT)},
            )
        except OSError as error:
            reason = f"{command[0]}: {os.strerror(error.errno or 0)}"
            raise self._failure(f"{self._what} cannot be started; {reason}") from error

    def _end_all(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            self._end(process)
        directory, self._directory = self._directory, None
        if directory is not None and self._given is None:
            shutil.rmtree(directory, ignore_errors=True)

    def _end(self, process: "subprocess.Popen[bytes]") -> None:
        if process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):  # a request it died on
                process.stdin.close()
        try:
            process.wait(self._end_limit_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if process.stdout is not None:
            process.stdout.close()

    def _await_reply(self, process: "subprocess.Popen[bytes]") -> None:
        line = self._line(process)
        if line is None:
            self._end(process)
            raise self._failure(f"{self._what} gave no answer in {self._reply_limit_s:g} s")
        if not line:
            raise self._failure(f"{self._what} ended; see standard error")
        try:
            reply = json.loads(line)
        except ValueError:
            reply = None
        match reply:
            case {"ok": True}:
                return
            case {"ok": False, "error": why}:
                raise self._failure(str(why))
        self._end(process)  # whose reply the next one would be, nobody could tell
        raise self._failure(f"{self._what} answered what is no reply: {line[:80]!r}")

    def _line(self, process: "subprocess.Popen[bytes]") -> bytes | None:
        """What came up to a line's end or the program's; None when neither did in time."""
        assert process.stdout is not None
        poll = select.poll()
        poll.register(process.stdout, select.POLLIN)
        deadline = time.monotonic() + self._reply_limit_s
        line = b""
        while not line.endswith(b"\n"):
            if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                return None
            chunk = os.read(process.stdout.fileno(), _CHUNK_BYTES)
            if not chunk:
                break
            line += chunk
        return line
