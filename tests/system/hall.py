"""The whole system for tests, and what can be seen of it from outside: databases, pages, wires."""

import json
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from provisioning.demo.citizens import Citizen, Errand
from provisioning.demo.fingers import Fingers
from provisioning.demo.system import System

Row = tuple[object, ...]

TOLD_WITHIN_S = 5.0
"""Issue 2, Bad input: the console says so within 5 s."""


def new_system(folder: Path, **kiosk_times: float) -> System:
    """A system on free ports and a virtual display; not started."""
    return System(folder, use_present_display=False, kiosk_times=kiosk_times)


@contextmanager
def started(folder: Path, **kiosk_times: float) -> Iterator[System]:
    """A running system; everything it started has ended afterwards."""
    system = new_system(folder, **kiosk_times)
    system.start()
    try:
        yield system
    finally:
        system.stop()


def eventually(true: Callable[[], bool], *, within_s: float) -> bool:
    """Does it become true in time?"""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.03)
    return true()


def read(database: Path, sql: str, *values: object) -> list[Row]:
    """Rows of a database that another process owns; nothing is written, nothing checkpointed."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=10)) as connection:
        return connection.execute(sql, values).fetchall()


@dataclass(frozen=True, slots=True)
class Witness:
    """Sees what each part of the system has written down."""

    system: System

    def server(self, sql: str, *values: object) -> list[Row]:
        """Rows of the server's database."""
        return read(self.system.folder / "server" / "fleet.sqlite", sql, *values)

    def kiosk(self, sql: str, *values: object) -> list[Row]:
        """Rows of the kiosk's store."""
        return read(self.system.folder / "kiosk" / "data" / "kiosk.sqlite", sql, *values)

    def department(self, name: str) -> list[str]:
        """Ids of the cases a department holds, each as often as it stands there."""
        database = self.system.folder / "departments" / name / f"{name}.sqlite"
        return [
            str(case_id) for (case_id,) in read(database, "SELECT case_id FROM department_case")
        ]

    def cases(self) -> list[str]:
        """Ids of the server's cases."""
        return [str(case_id) for (case_id,) in self.server("SELECT case_id FROM citizen_case")]

    def newest_case(self) -> str:
        """Id of the case the kiosk took last."""
        ((case_id,),) = self.kiosk(
            "SELECT case_id FROM case_out ORDER BY submitted_at DESC LIMIT 1"
        )
        return str(case_id)

    def fault(self, kind: str) -> str:
        """The fault code the server knows of a device; empty while it is well."""
        found = self.server("SELECT coalesce(fault, '') FROM kiosk_device WHERE device = ?", kind)
        return str(found[0][0]) if found else "never heard of"

    def fault_becomes(self, kind: str, code: str) -> bool:
        """Does the server say so within 5 s?"""
        return eventually(lambda: self.fault(kind) == code, within_s=TOLD_WITHIN_S)

    def papers(self) -> list[tuple[str, str]]:
        """Case and stage of each paper of the kiosk's journal, in order."""
        found = self.kiosk("SELECT case_id, stage FROM paper ORDER BY id")
        return [(str(case_id), str(stage)) for case_id, stage in found]

    def health(self) -> dict[str, object]:
        """What the server says of itself; empty when it does not answer."""
        return self._json(f"{self.system.console_url}/v1/health")

    @staticmethod
    def _json(url: str) -> dict[str, object]:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                found: dict[str, object] = json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                found = json.load(error)
        except OSError:
            found = {}
        return found


def fingers_of(system: System) -> Fingers:
    """Fingers on the system's own screen."""
    assert system.display is not None
    return Fingers(system.touch_map, system.display.name)


def citizen_of(system: System, errand: Errand) -> Citizen:
    """A citizen before the system's kiosk."""
    return Citizen(errand, fingers_of(system), system.hand)


def set_fault(system: System, department: str, mode: str, **settings: float) -> None:
    """Switch a fault of a department's system on, or off with `ok`."""
    port = system.ports.departments[department]
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/faults",
        json.dumps({"mode": mode, **settings}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200
