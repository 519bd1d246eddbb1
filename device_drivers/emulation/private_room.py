"""A program in private network and mount namespaces, told what to do over a pipe.

Emulators that need real services (pcscd, CUPS) keep them there: their ports are not reachable from
outside, and the system's own services are not touched (`DESIGN.md` 9). Needs root or user
namespaces.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
"""What the program needs in its PYTHONPATH."""


class PrivateRoom:
    """`python -m module FOLDER` inside; it obeys a JSON object a line. Calls from any thread.

    To each line, and to its start, the program answers `{"ok": true}` or `{"ok": false, "error":
    why}`. It ends everything when its standard input is closed, within `end_limit_s` or it is
    killed. What goes wrong is raised as `failure`, in which `what` names the thing.
    """

    def __init__(
        self,
        what: str,
        module: str,
        *,
        failure: type[Exception],
        end_limit_s: float,
        directory: Path | None = None,
    ) -> None:
        """`directory` is what the program's folder shall be; one of its own unless given."""
        self._what = what
        self._module = module
        self._failure = failure
        self._end_limit_s = end_limit_s
        self._given = directory
        self._directory: Path | None = None
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    @property
    def directory(self) -> Path:
        """The program's folder, while it runs."""
        if self._directory is None:
            raise self._failure(f"{self._what} is not started")
        return self._directory

    def start(self, furnish: Callable[[Path], None], environment: Mapping[str, str]) -> None:
        """Let `furnish` fill the folder, then return when the program says that it is ready."""
        if self._given is None:
            self._directory = Path(tempfile.mkdtemp(prefix=f"{self._what.split()[-1]}-"))
        else:
            self._directory = self._given.resolve()
            self._directory.mkdir(parents=True, exist_ok=True)
        furnish(self._directory)
        command = ["unshare", "--net", "--mount"]
        if os.geteuid() != 0:
            command.append("--map-root-user")
        # A session of its own: Ctrl-C reaches us, and we end it in order.
        self._process = subprocess.Popen(
            [*command, "--", sys.executable, "-m", self._module, str(self._directory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**environment, "PYTHONPATH": str(PROJECT)},
        )
        try:
            self._await_reply(self._process)
        except self._failure:
            self.close()
            raise

    def ask(self, request: Mapping[str, object]) -> None:
        """Return when the program says that it is done."""
        with self._lock:
            process = self._process
            if process is None or process.stdin is None:
                raise self._failure(f"{self._what} is not started")
            try:
                process.stdin.write(json.dumps(request) + "\n")
                process.stdin.flush()
            except BrokenPipeError:
                raise self._failure(f"{self._what} has died") from None
            self._await_reply(process)

    def close(self) -> None:
        """End the program and all it started. Safe to call twice."""
        process, self._process = self._process, None
        if process is not None and process.stdin is not None and process.stdout is not None:
            with contextlib.suppress(BrokenPipeError):  # a request it died on
                process.stdin.close()
            try:
                process.wait(self._end_limit_s)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            process.stdout.close()
        directory, self._directory = self._directory, None
        if directory is not None and self._given is None:
            shutil.rmtree(directory, ignore_errors=True)

    def _await_reply(self, process: subprocess.Popen[str]) -> None:
        line = process.stdout.readline() if process.stdout is not None else ""
        if not line:
            raise self._failure(f"{self._what} ended; see standard error")
        reply = json.loads(line)
        if not reply["ok"]:
            raise self._failure(str(reply["error"]))
