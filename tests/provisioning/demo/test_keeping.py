"""What ends while the demo runs is begun anew, beside whatever else happens; and what is not."""

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioning.demo import keeping
from provisioning.demo.keeping import Keeper
from provisioning.demo.processes import Child
from provisioning.demo.system import System
from tests.system.hall import eventually

WITHIN_S = 30.0
"""Python starts in 0.1 s; the rest is a busy machine."""

SLEEPS = "import time; time.sleep(600)"
NEEDS_A_PERSON = "raise SystemExit(2)"


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    """A system of little programs under the names of the real ones."""
    made = System(tmp_path)
    yield made
    made.stop()


@pytest.fixture(autouse=True)
def _keeper_looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "KEPT_EVERY_S", 0.05)


def run(system: System, name: str, program: str) -> Child:
    child = Child(name, [sys.executable, "-c", program], log_folder=system.folder)
    system.children[name] = child
    child.start()
    return child


@pytest.mark.parametrize("name", ["app", "agent", "server", "department-tax"])
def test_what_is_killed_while_somebody_is_served_is_begun_anew(system: System, name: str) -> None:
    told: list[str] = []
    child = run(system, name, SLEEPS)
    with Keeper(system, told.append) as keeper:
        keeper.begin()
        before = child.pid
        system.kill(name)
        assert eventually(child.is_running, within_s=WITHIN_S)
        assert child.pid != before
        assert len(told) == 1
        keeper.rest()
        system.stop()


def test_without_a_keeper_it_stays_where_it_fell(system: System) -> None:
    child = run(system, "agent", SLEEPS)
    with Keeper(system, lambda _: None):
        system.kill("agent")
        assert not eventually(child.is_running, within_s=0.5)


def test_what_ended_for_a_person_to_look_is_left_and_named(system: System) -> None:
    run(system, "server", NEEDS_A_PERSON)
    with Keeper(system, lambda _: None) as keeper:
        keeper.begin()
        assert keeper.wait_until_broken() == ["server"]


def test_what_cannot_be_begun_anew_is_told_and_the_others_are_kept(system: System) -> None:
    broken, kept = run(system, "agent", SLEEPS), run(system, "server", SLEEPS)
    broken.command[0] = str(system.folder / "not-there")
    with Keeper(system, lambda _: None) as keeper:
        keeper.begin()
        system.kill("agent")
        (told,) = keeper.wait_until_broken()
        assert "FileNotFoundError" in told
        broken.command[0] = sys.executable
        before = kept.pid
        system.kill("server")
        assert eventually(lambda: kept.is_running() and kept.pid != before, within_s=WITHIN_S)
        assert eventually(broken.is_running, within_s=WITHIN_S)
        keeper.rest()
        system.stop()


def test_programs_may_be_added_while_others_are_looked_at(system: System) -> None:
    class Adding(Child):
        def is_running(self) -> bool:
            system.children["another"] = self
            return True

    system.children["agent"] = Adding("agent", [sys.executable], log_folder=system.folder)
    assert system.failed() == []


def test_a_keeper_at_rest_begins_nothing(system: System) -> None:
    child = run(system, "agent", SLEEPS)
    with Keeper(system, lambda _: None) as keeper:
        keeper.begin()
        keeper.rest()
        system.kill("agent")
        assert not eventually(child.is_running, within_s=0.5)


def test_the_screen_of_an_app_that_fell_cannot_be_touched_any_more(system: System) -> None:
    run(system, "app", SLEEPS)
    system.touch_map.write_text("{}", "utf-8")
    system.kill("app")
    assert system.begin_anew() == ["app"]
    assert not system.touch_map.exists()


def test_what_a_keeper_began_does_not_outlive_it(system: System) -> None:
    child = run(system, "agent", SLEEPS)
    with Keeper(system, lambda _: None) as keeper:
        keeper.begin()
        system.kill("agent")
        assert eventually(child.is_running, within_s=WITHIN_S)
    assert eventually(lambda: not child.is_running(), within_s=WITHIN_S)
    assert "keeper" not in {thread.name for thread in threading.enumerate()}
