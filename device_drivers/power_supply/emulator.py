"""A supply for tests and the bench: NUT's own upsd and its driver `dummy-ups`, both ours.

They run in a configuration folder of their own, on loopback and a free port; NUT's services of
the machine are not touched. Debian's `/sbin/upsd` is a shell script that asks /etc/nut/nut.conf
whether it may start; the program itself lies beside the drivers.
"""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import socketserver
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from device_drivers.emulation.free_port import free_port

PROGRAMS: Final = Path("/lib/nut")
"""Debian 12, packages nut-server 2.8.0-7 and later."""
NAME: Final = "kiosk"
_START_LIMIT_S = 20.0
"""upsd listens after 0.1 s; a machine may have much else to do."""
_END_LIMIT_S = 5.0
_LOOK_S = 0.02

_SUPPLY = f"""\
maxretry = 1
[{NAME}]
  driver = dummy-ups
  port = {NAME}.dev
  mode = dummy-once
  desc = "emulated supply"
  pollinterval = 1
"""
"""dummy-ups(8): read the file again when its time stamp changes."""
_SERVICE = """\
LISTEN 127.0.0.1 {port}
MAXAGE 3
STATEPATH {state}
"""
"""upsd.conf(5): data older than three times the driver's interval is stale."""


class PowerSupplyFailed(Exception):
    """upsd or its driver did not start; the message says why."""


class PowerSupplyEmulator:
    """One supply, on mains and full. Cut its mains, drain its battery, kill its driver.

    What hands do is seen through upsd within 2 s: the driver looks at its file once a second.
    The processes end with the thread that started them, which therefore must be a lasting one.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._given = directory
        self._directory: Path | None = None
        self._number = 0
        self._service: subprocess.Popen[bytes] | None = None
        self._driver: subprocess.Popen[bytes] | None = None
        self._wall: _Wall | None = None
        self._words = ["OL"]
        self._charge = 100
        self._runtime_s = 1800

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def port(self) -> str:
        """What stands in a configuration to reach this supply; meaningful once started."""
        return f"nut:{NAME}@127.0.0.1:{self._number}"

    @property
    def is_plugged(self) -> bool:
        """Does the supply's cable lead to the kiosk: does its driver run?"""
        return self._driver is not None

    @property
    def service_runs(self) -> bool:
        """Does upsd run?"""
        return self._service is not None

    @property
    def words(self) -> str:
        """The status words it shows, such as `OB DISCHRG LB`."""
        return " ".join(self._words)

    @property
    def charge_percent(self) -> int:
        """What is left in the battery."""
        return self._charge

    def start(self) -> None:
        """Return when upsd answers connections. Raises PowerSupplyFailed."""
        folder = Path(tempfile.mkdtemp(prefix="nut-")) if self._given is None else self._given
        self._directory = folder.resolve()
        (self._directory / "state").mkdir(parents=True, exist_ok=True, mode=0o700)
        self._number = free_port()
        (self._directory / "ups.conf").write_text(_SUPPLY, "ascii")
        (self._directory / "upsd.users").write_text("", "ascii")
        (self._directory / "upsd.conf").write_text(
            _SERVICE.format(port=self._number, state=self._directory / "state"), "ascii"
        )
        for name in ("upsd.conf", "upsd.users"):
            (self._directory / name).chmod(0o600)
        self._show()
        try:
            self.plug()
            self.start_service()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End everything started here. Safe to call twice."""
        self._end_wall()
        self.stop_service()
        self.unplug()
        directory, self._directory = self._directory, None
        if directory is not None and self._given is None:
            shutil.rmtree(directory, ignore_errors=True)

    def set_mains(self, *, is_on: bool) -> None:
        """Cut the mains, or bring them back."""
        self._words = ["OL", "CHRG"] if is_on else ["OB", "DISCHRG"]
        self._charge, self._runtime_s = (90, 1600) if is_on else (80, 1400)
        self._show()

    def drain(self) -> None:
        """Cut the mains and let the battery be nearly at its end."""
        self._words, self._charge, self._runtime_s = ["OB", "DISCHRG", "LB"], 8, 90
        self._show()

    def wear_out(self) -> None:
        """On mains, with a battery that wants to be replaced."""
        self._words, self._charge, self._runtime_s = ["OL", "RB"], 100, 300
        self._show()

    def recover(self) -> None:
        """On mains, full, with a good battery."""
        self._words, self._charge, self._runtime_s = ["OL"], 100, 1800
        self._show()

    def say(self, words: str) -> None:
        """Show these status words, whatever they mean."""
        self._words = words.split()
        self._show()

    def unplug(self) -> None:
        """Pull the cable between supply and kiosk: the driver dies. Nothing where it has."""
        driver, self._driver = self._driver, None
        _end(driver, signal.SIGKILL)

    def plug(self) -> None:
        """Put the cable back: the driver starts. Nothing happens when it is in."""
        if self._driver is None:
            self._driver = self._run("dummy-ups", "-a", NAME, "-F")

    def freeze(self) -> None:
        """Let the driver hang, so that upsd's data grow stale (after 3 s)."""
        if self._driver is not None:
            self._driver.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        if self._driver is not None:
            self._driver.send_signal(signal.SIGCONT)

    def stop_service(self) -> None:
        """End upsd; nothing happens when it does not run."""
        service, self._service = self._service, None
        _end(service, signal.SIGTERM)

    def start_service(self) -> None:
        """Start upsd at the same port; return when it listens. Raises PowerSupplyFailed."""
        if self._service is not None:
            return
        self._service = self._run("upsd", "-F")
        deadline = time.monotonic() + _START_LIMIT_S
        while not _listens(self._number):
            if self._service.poll() is not None or time.monotonic() > deadline:
                raise PowerSupplyFailed(f"upsd does not listen; see {self._folder() / 'upsd.log'}")
            time.sleep(_LOOK_S)

    def deny_access(self) -> None:
        """Let what answers at the port deny it to us, as a supply's own server with a list does.

        Debian's upsd asks its list (hosts_access(5)) of those only who log in, which nobody here
        does; servers inside supplies and storage ask it of everybody.
        """
        self.stop_service()
        if self._wall is None:
            self._wall = _Wall(("127.0.0.1", self._number), _Denial)
            threading.Thread(target=self._wall.serve_forever, name="nut-wall", daemon=True).start()

    def grant_access(self) -> None:
        """Let upsd answer again. Raises PowerSupplyFailed."""
        self._end_wall()
        self.start_service()

    def _end_wall(self) -> None:
        wall, self._wall = self._wall, None
        if wall is not None:
            wall.shutdown()
            wall.server_close()

    def _folder(self) -> Path:
        if self._directory is None:
            raise PowerSupplyFailed("the supply is not started")
        return self._directory

    def _run(self, program: str, *arguments: str) -> "subprocess.Popen[bytes]":
        """Start one of NUT's programs, which ends when we do, even when we are killed."""
        folder = self._folder()
        user = pwd.getpwuid(os.geteuid()).pw_name
        command = ["setpriv", "--pdeathsig", "TERM", "--"]
        command += [str(PROGRAMS / program), *arguments, "-u", user]
        try:
            with (folder / f"{program}.log").open("ab") as log:
                return subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,  # Ctrl-C reaches us, and we end it in order
                    env=_environment(folder),
                )
        except FileNotFoundError as error:
            raise PowerSupplyFailed(f"no {error.filename} on this machine") from error

    def _show(self) -> None:
        """Write the file the driver reads; whole or not at all, with a time stamp of its own."""
        folder = self._folder()
        draft = folder / f"{NAME}.draft"
        draft.write_text(
            "".join(f"{name}: {value}\n" for name, value in self._variables().items()), "ascii"
        )
        # dummy-ups compares whole seconds: two changes within one must differ all the same
        shown = folder / f"{NAME}.dev"
        before_s = int(shown.stat().st_mtime) if shown.exists() else 0
        now_s = max(int(time.time()), before_s + 1)
        os.utime(draft, (now_s, now_s))
        draft.replace(shown)

    def _variables(self) -> Mapping[str, str]:
        return {
            "ups.mfr": "Yichuang",
            "ups.model": "emulated",
            "ups.status": self.words,
            "battery.charge": str(self._charge),
            "battery.charge.low": "10",
            "battery.runtime": str(self._runtime_s),
            "battery.runtime.low": "120",
        }


class _Denial(socketserver.StreamRequestHandler):
    """Whatever a line asks for: "Error responses" in docs/net-protocol.txt."""

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):
            for _ in self.rfile:
                self.wfile.write(b"ERR ACCESS-DENIED\n")


class _Wall(socketserver.ThreadingTCPServer):
    """Stands where upsd stood a moment ago."""

    allow_reuse_address = True
    daemon_threads = True


def _environment(folder: Path) -> dict[str, str]:
    """ups.conf(5), upsd(8): where configuration, sockets and process ids are."""
    state = str(folder / "state")
    return {
        **os.environ,
        "NUT_CONFPATH": str(folder),
        "NUT_STATEPATH": state,
        "NUT_ALTPIDPATH": state,
    }


def _listens(number: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", number), 1.0):
        return True
    return False


def _end(process: "subprocess.Popen[bytes] | None", number: signal.Signals) -> None:
    if process is None:
        return
    process.send_signal(number)
    process.send_signal(signal.SIGCONT)  # one that was frozen hears nothing
    try:
        process.wait(_END_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
