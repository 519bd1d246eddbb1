"""A restart asked for from the console comes about also where the app is frozen."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.agent.overseer import ANEW_WITHIN_S, FROZEN_AFTER_S, Overseer
from kiosk.agent.watchdog import Pulse
from kiosk.contract.downlink import Command, RestartApp
from kiosk.contract.uplink import AppState, CommandProgress
from kiosk.process import own_process
from kiosk.store.command_log import CommandLog
from kiosk.store.database import Store
from kiosk.store.journal import Journal
from kiosk.store.outbox import Outbox
from kiosk.store.shared_state import AppAlive, AppProcess, SharedState

pytestmark = pytest.mark.slow

SAYS_WHO_IT_IS = """
import time
from kiosk.process import own_process
print(own_process().model_dump_json(), flush=True)
time.sleep(600)
"""

Process = subprocess.Popen[str]


class Watch:
    """An overseer over a real store, with a clock that the test turns."""

    def __init__(self, store: Store) -> None:
        self.now = 0.0
        self.tick = 0
        self.state = SharedState(store)
        self.outbox = Outbox(store)
        self.commands = CommandLog(store, self.outbox)
        self.journal = Journal(store)
        self.overseer = Overseer(
            commands=self.commands,
            state=self.state,
            journal=self.journal,
            pulse=Pulse(),
            monotonic=lambda: self.now,
        )

    def sign(self, process: AppProcess | None, *, at: datetime | None = None) -> None:
        """The app's sign of life."""
        self.tick += 1
        alive = AppAlive(
            tick=self.tick, state=AppState.IDLE, at=at or datetime.now(UTC), process=process
        )
        self.state.put(alive)

    def order(self, *, life: timedelta = timedelta(minutes=15)) -> str:
        number = self.commands.last_number() + 1
        command = Command(
            id=f"c{number}",
            number=number,
            order=RestartApp(),
            expires_at=datetime.now(UTC) + life,
        )
        assert self.commands.receive(command)
        return command.id

    def look(self, *, after_s: float = 0.0) -> None:
        self.now += after_s
        self.overseer.look()

    def told(self) -> list[tuple[str, str]]:
        events = [row.event for row in self.outbox.pending()]
        return [
            (event.state, event.detail) for event in events if isinstance(event, CommandProgress)
        ]


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Watch]:
    store = Store.open(tmp_path / "kiosk.sqlite")
    yield Watch(store)
    store.close()


@pytest.fixture
def app() -> Iterator[Process]:
    """A process that can be frozen and says who it is."""
    with subprocess.Popen(
        [sys.executable, "-c", SAYS_WHO_IT_IS], stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def who(app: Process) -> AppProcess:
    assert app.stdout is not None
    return AppProcess.model_validate_json(app.stdout.readline())


def freeze(app: Process) -> None:
    """Returns once the kernel has stopped it."""
    os.kill(app.pid, signal.SIGSTOP)
    _, status = os.waitpid(app.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)


def test_a_frozen_app_is_ended_and_the_restart_is_done_only_when_the_new_one_runs(
    watch: Watch, app: Process
) -> None:
    watch.sign(who(app))
    freeze(app)
    watch.look()
    restart = watch.order()
    watch.look(after_s=FROZEN_AFTER_S)
    assert app.wait(20) == -signal.SIGKILL
    assert watch.commands.state(restart) == "running"
    assert [entry.kind for entry in watch.journal.entries()] == ["app_killed"]
    watch.sign(own_process())
    watch.commands.app_started()
    watch.look(after_s=ANEW_WITHIN_S)
    assert watch.told() == [("received", ""), ("running", ""), ("succeeded", "")]


def test_an_app_that_lives_is_left_to_obey_by_itself(watch: Watch, app: Process) -> None:
    process = who(app)
    restart = watch.order()
    for _ in range(30):
        watch.sign(process)
        watch.look(after_s=1)
    assert watch.commands.state(restart) == "received"
    assert app.poll() is None


def test_a_frozen_app_that_nobody_asked_about_is_left_alone(watch: Watch, app: Process) -> None:
    watch.sign(who(app))
    freeze(app)
    watch.look()
    watch.look(after_s=FROZEN_AFTER_S * 4)
    os.kill(app.pid, signal.SIGCONT)
    assert app.poll() is None


def test_a_clock_that_is_set_forward_ends_nobody(watch: Watch, app: Process) -> None:
    process = who(app)
    watch.order()
    watch.sign(process, at=datetime.now(UTC) - timedelta(hours=1))
    watch.look()
    watch.look(after_s=FROZEN_AFTER_S - 1)
    assert app.poll() is None
    assert watch.told() == [("received", "")]


def test_an_app_that_froze_after_it_had_begun_to_restart_is_ended_too(
    watch: Watch, app: Process
) -> None:
    watch.sign(who(app))
    freeze(app)
    watch.commands.begin(watch.order())
    watch.look()
    watch.look(after_s=FROZEN_AFTER_S)
    assert app.wait(20) == -signal.SIGKILL


@pytest.mark.parametrize(
    "another",
    [
        lambda process: process.model_copy(update={"began_ticks": process.began_ticks + 1}),
        lambda process: process.model_copy(update={"boot_id": "another"}),
    ],
    ids=["of a later beginning", "of another boot"],
)
def test_a_process_that_was_given_the_same_number_is_never_ended(
    watch: Watch, app: Process, another: Callable[[AppProcess], AppProcess]
) -> None:
    watch.sign(another(who(app)))
    watch.look()
    watch.order()
    watch.look(after_s=FROZEN_AFTER_S)
    watch.look(after_s=FROZEN_AFTER_S)
    assert app.poll() is None
    assert watch.journal.entries() == []


def test_a_restart_that_nobody_brings_about_is_said_to_have_failed(watch: Watch) -> None:
    watch.look()
    restart = watch.order()
    watch.look(after_s=FROZEN_AFTER_S)
    assert watch.commands.state(restart) == "running"
    watch.look(after_s=ANEW_WITHIN_S - 1)
    assert watch.commands.state(restart) == "running"
    watch.look(after_s=1)
    assert watch.told()[-1] == ("failed", "app_not_started")


def test_an_order_expires_though_the_app_does_not_look_at_it(watch: Watch) -> None:
    restart = watch.order(life=timedelta(milliseconds=10))
    time.sleep(0.02)
    watch.look()
    assert watch.commands.state(restart) == "expired"
