"""Keeps the demo's programs running, as systemd does on a kiosk and in a server room."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from provisioning.demo.system import System

KEPT_EVERY_S: Final = 1.0
"""RestartSec of the kiosk's units."""


class Keeper:
    """Begins anew what may be where it ends, beside whoever uses the system.

    Its thread lives until the `with` is left, which must come after `system.stop()`: the kernel
    ends a child with the *thread* that began it (prctl(2), PR_SET_PDEATHSIG).
    """

    def __init__(self, system: System, tell: Callable[[str], None]) -> None:
        """Nothing is kept before `begin`."""
        self._system = system
        self._tell = tell
        self._looking = threading.Lock()
        self._rests = False
        self._left = threading.Event()
        self._broke = threading.Event()
        self._broken: list[str] = []
        self._thread = threading.Thread(target=self._keep, name="keeper", daemon=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.rest()
        self._left.set()
        if self._thread.is_alive():
            self._thread.join()

    def begin(self) -> None:
        """Keep what runs; once, after the system's start."""
        self._thread.start()

    def rest(self) -> None:
        """Begin nothing anew any more; from the return on the system may be stopped."""
        with self._looking:
            self._rests = True

    def wait_until_broken(self) -> list[str]:
        """Until something ends that may not be begun anew, or cannot be; the names of that."""
        self._broke.wait()
        return self._broken

    def _keep(self) -> None:
        while not self._left.wait(KEPT_EVERY_S):
            with self._looking:
                if not self._rests:
                    self._look_safely()

    def _look_safely(self) -> None:
        """Whatever goes wrong is told, and the thread lives on: its children would end with it."""
        try:
            self._look()
        except Exception as error:
            self._break([f"keeper ({error!r})"])

    def _look(self) -> None:
        for name in self._system.begin_anew():
            self._tell(f"{name} ended and is begun anew; see {self._system.folder}/logs")
        failed = self._system.failed()
        broken = [name for name in failed if not self._system.may_begin_anew(name)]
        if broken:
            self._break(broken)

    def _break(self, names: list[str]) -> None:
        self._broken = self._broken or names
        self._broke.set()
