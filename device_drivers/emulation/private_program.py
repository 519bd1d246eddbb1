"""A service of the system run for ourselves: in namespaces of its own, told what to do by lines."""

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


class PrivateProgram:
    """Runs `module` in private network and mount namespaces; needs root or user namespaces.

    The module is given a directory, says a line of JSON when it is ready, and one for each it is
    told: `{"ok": true}`, or false and the `error`. It ends with its standard input. `name` is what
    failures call it, `failure` makes the exception of a sentence. The directory is `given`, or one
    that is made for each start and removed at the end. Calls from any thread.
    """

    def __init__(
        self,
        module: str,
        given: Path | None,
        *,
        name: str,
        failure: Callable[[str], Exception],
        end_limit_s: float,
    ) -> None:
        self._module = module
        self._given = given
        self._name = name
        self._failure = failure
        self._end_limit_s = end_limit_s
        self._directory: Path | None = None
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    @property
    def directory(self) -> Path:
        """Its directory, from `make_directory` to `close`. Raises the failure at other times."""
        if self._directory is None:
            raise self._failure(f"the {self._name} is not started")
        return self._directory

    def make_directory(self) -> Path:
        """The directory, there and to be furnished before the start."""
        if self._given is None:
            self._directory = Path(tempfile.mkdtemp(prefix=f"{self._name.replace(' ', '-')}-"))
        else:
            self._directory = self._given.resolve()
            self._directory.mkdir(parents=True, exist_ok=True)
        return self._directory

    def start(self, environment: Mapping[str, str]) -> None:
        """Return when it says that it is ready. Raises the failure, and then nothing is left."""
        command = ["unshare", "--net", "--mount"]
        if os.geteuid() != 0:
            command.append("--map-root-user")
        command += ["--", sys.executable, "-m", self._module, str(self.directory)]
        # A session of its own: Ctrl-C reaches us, and we end it in order.
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**environment, "PYTHONPATH": str(PROJECT)},
        )
        try:
            self._await_reply(self._process)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End it and everything it started. Safe to call twice."""
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

    def ask(self, request: Mapping[str, object]) -> None:
        """Return when it has done what is asked. Raises the failure, with its reason."""
        with self._lock:
            process = self._process
            if process is None or process.stdin is None:
                raise self._failure(f"the {self._name} is not started")
            try:
                process.stdin.write(json.dumps(request) + "\n")
                process.stdin.flush()
            except BrokenPipeError:
                raise self._failure(f"the {self._name} has died") from None
            self._await_reply(process)

    def _await_reply(self, process: subprocess.Popen[str]) -> None:
        line = process.stdout.readline() if process.stdout is not None else ""
        if not line:
            raise self._failure(f"the {self._name} ended; see standard error")
        reply = json.loads(line)
        if not reply["ok"]:
            raise self._failure(str(reply["error"]))
