"""Kiosks and the console learn that a department's system is down, or back.

How soon the console says so is measured by `benchmarks/system.py`.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from fleet_server.app import create_app
from fleet_server.desired.service import read_desired
from fleet_server.fleet import Fleet
from kiosk.contract.downlink import BackendStatus, Desired
from tests.fleet_server.small_hall import (
    Hall,
    TestKiosk,
    eventually,
    make_hall,
    open_database,
    sandbox,
    server_process,
    set_fault,
)
from tests.fleet_server.wire import soon

pytestmark = pytest.mark.slow


class Watcher:
    """Reads `GET /v1/desired` as a kiosk does."""

    def __init__(self, hall: Hall, kiosk: TestKiosk) -> None:
        self.hall, self.kiosk = hall, kiosk
        self.client = httpx.Client(base_url=hall.url, trust_env=False, timeout=20)

    def desired(self) -> Desired:
        answer = self.client.get("/v1/desired", headers=self.kiosk.headers())
        return Desired.model_validate_json(answer.content)

    def status(self) -> BackendStatus:
        return self.desired().backends["tax"].status

    def until(self, status: BackendStatus) -> None:
        assert eventually(lambda: self.status() is status)


@pytest.fixture(scope="module")
def watcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watcher]:
    """One server for all; no department is running between the tests."""
    hall = make_hall(tmp_path_factory.mktemp("health"), departments=("tax",))
    found = Watcher(hall, hall.enrol("hz0001"))
    with found.client, server_process(hall):
        yield found


def test_a_system_that_vanishes_and_returns_is_told_with_reason_and_version(
    watcher: Watcher, tmp_path: Path
) -> None:
    port = watcher.hall.sandbox_ports["tax"]
    with sandbox("tax", port, tmp_path / "tax"):
        watcher.until(BackendStatus.UP)
        up = watcher.desired()
    watcher.until(BackendStatus.DOWN)
    down = watcher.desired()
    assert down.backends["tax"].reason == "refused"
    assert down.backends["tax"].since > up.backends["tax"].since
    with sandbox("tax", port, tmp_path / "tax"):
        watcher.until(BackendStatus.UP)
    back = watcher.desired()
    assert up.version < down.version < back.version


@pytest.mark.parametrize(("mode", "reason"), [("slow", "timeout"), ("error", "error")])
def test_a_hanging_or_failing_system_counts_as_down(
    watcher: Watcher, tmp_path: Path, mode: str, reason: str
) -> None:
    port = watcher.hall.sandbox_ports["tax"]
    with sandbox("tax", port, tmp_path / "tax"):
        watcher.until(BackendStatus.UP)
        set_fault(port, mode, delay_s=20)
        watcher.until(BackendStatus.DOWN)
        assert watcher.desired().backends["tax"].reason == reason
        set_fault(port, "ok")
        watcher.until(BackendStatus.UP)


def test_a_steady_state_does_not_wake_anybody(watcher: Watcher, tmp_path: Path) -> None:
    with sandbox("tax", watcher.hall.sandbox_ports["tax"], tmp_path / "tax"):
        watcher.until(BackendStatus.UP)
        version = watcher.desired().version
        time.sleep(4.5)  # two probes
        assert watcher.desired().version == version


async def test_an_edge_that_could_not_be_kept_is_told_once_it_can(tmp_path: Path) -> None:
    hall = make_hall(tmp_path, departments=("tax",))
    with open_database(hall.settings) as database, database.writing_connection() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER refuse BEFORE UPDATE ON desired_version"
            " BEGIN SELECT RAISE(ABORT, 'no room'); END"
        )
    app = create_app(hall.settings)
    async with app.router.lifespan_context(app):
        fleet: Fleet = app.state.fleet

        def version() -> int:
            with fleet.database.read() as session:
                return read_desired(session, parts=fleet.desired).version

        before = version()
        assert await soon(lambda: fleet.departments.states()["tax"].status is BackendStatus.DOWN)
        assert version() == before
        with fleet.database.writing_connection() as connection:
            connection.exec_driver_sql("DROP TRIGGER refuse")
        assert await soon(lambda: version() == before + 1)
