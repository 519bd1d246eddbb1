"""The citizen's app as a process of its own, on a virtual display, touched by real X events."""

import contextlib
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.agent.overseer import Overseer
from kiosk.agent.watchdog import Pulse
from kiosk.contract.downlink import RestartApp, SetOutOfService
from kiosk.contract.uplink import AppStarted, AppState
from kiosk.services.loader import load_folder
from kiosk.store.database import BUSY_TIMEOUT_MS
from kiosk.store.journal import Journal
from kiosk.store.shared_state import AppAlive, DrawnContent
from tests.kiosk.app_process import CONFIG, WITHIN_S, Kiosk, a_kiosk
from tests.kiosk.freezing import freeze
from tests.kiosk.test_surroundings import ASSETS, put_content, renamed

pytestmark = pytest.mark.slow


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    with a_kiosk(tmp_path) as running:
        yield running


def test_it_starts_says_so_and_ends_cleanly(kiosk: Kiosk) -> None:
    kiosk.on_page("idle")
    hash_shown = load_folder(ASSETS).hash
    assert kiosk.page()["content"] == hash_shown
    kiosk.until(lambda: kiosk.shared.get(DrawnContent) == DrawnContent(hash=hash_shown))
    kiosk.until(lambda: {"app_started", "content_drawn"} <= set(kiosk.kinds()))
    kiosk.until(lambda: "device_status_changed" in kiosk.kinds())
    assert kiosk.end() == 0


def test_it_lives_as_long_as_its_window_does_and_says_what_it_is_doing(kiosk: Kiosk) -> None:
    kiosk.on_page("idle")
    kiosk.until(lambda: kiosk.shared.get(AppAlive) is not None)
    first = _alive(kiosk)
    assert first.state is AppState.IDLE
    kiosk.until(lambda: _alive(kiosk).tick >= first.tick + 2)
    kiosk.touch(540, 1000)
    kiosk.on_page("home")
    kiosk.until(lambda: _alive(kiosk).state is AppState.IN_SESSION)


def test_a_frozen_window_stops_the_tick_though_the_process_lives(kiosk: Kiosk) -> None:
    kiosk.until(lambda: kiosk.shared.get(AppAlive) is not None)
    assert kiosk.end() == 0
    kiosk.process = kiosk.start(("tests.kiosk.blocked_kiosk",))
    kiosk.until(lambda: _alive(kiosk).tick == 1)
    kiosk.until(lambda: _alive(kiosk).tick >= 3)
    block = kiosk.folder / "block"
    block.touch()
    time.sleep(1.5)  # the tick under way may still be written
    frozen_at = _alive(kiosk).tick
    time.sleep(3)
    assert _alive(kiosk).tick == frozen_at
    assert kiosk.process.poll() is None
    block.unlink()
    kiosk.until(lambda: _alive(kiosk).tick > frozen_at)
    assert kiosk.end() == 0


def _alive(kiosk: Kiosk) -> AppAlive:
    alive = kiosk.shared.get(AppAlive)
    assert alive is not None
    return alive


def test_a_new_release_is_drawn_and_reported(kiosk: Kiosk) -> None:
    kiosk.on_page("idle")
    bundle = renamed("完税证明自助打印")
    put_content(kiosk.shared, kiosk.folder, bundle)
    kiosk.until(lambda: kiosk.page()["content"] == bundle.hash)
    kiosk.until(lambda: kiosk.shared.get(DrawnContent) == DrawnContent(hash=bundle.hash))


def test_it_closes_and_opens_on_command_and_answers_when_it_is_seen(kiosk: Kiosk) -> None:
    kiosk.on_page("idle")
    closing = kiosk.order(1, SetOutOfService(on=True, reason="检修"))
    kiosk.on_page("out_of_service")
    kiosk.until(lambda: kiosk.commands.state(closing) == "succeeded")
    opening = kiosk.order(2, SetOutOfService(on=False, reason=""))
    kiosk.on_page("idle")
    kiosk.until(lambda: kiosk.commands.state(opening) == "succeeded")
    assert kiosk.kinds().count("service_state_changed") == 2


def test_a_command_waits_until_nobody_is_served(kiosk: Kiosk) -> None:
    kiosk.on_page("idle")
    kiosk.touch(540, 1000)
    kiosk.on_page("home")
    closing = kiosk.order(1, SetOutOfService(on=True, reason="检修"))
    time.sleep(1.0)
    assert kiosk.commands.state(closing) == "received"
    assert kiosk.page()["page"] == "home"


def test_it_restarts_on_command_and_reports_it_after_the_new_start(kiosk: Kiosk) -> None:
    kiosk.on_page("idle")
    kiosk.until(lambda: "app_started" in kiosk.kinds())
    ordered = time.monotonic()
    restart = kiosk.order(1, RestartApp())
    kiosk.until(lambda: kiosk.commands.state(restart) == "succeeded")
    kiosk.until(lambda: kiosk.kinds().count("app_started") == 2)
    told = [row.event for row in kiosk.outbox.pending() if isinstance(row.event, AppStarted)]
    assert told[1].cold_start_ms < (time.monotonic() - ordered) * 1000
    assert kiosk.end() == 0


def test_a_frozen_app_is_ended_and_the_restart_is_done_once_the_next_one_draws(
    kiosk: Kiosk,
) -> None:
    kiosk.until(lambda: "app_started" in kiosk.kinds())
    kiosk.until(lambda: kiosk.shared.get(AppAlive) is not None)
    freeze(kiosk.process.pid, kiosk.store)
    overseer = Overseer(
        commands=kiosk.commands,
        state=kiosk.shared,
        journal=Journal(kiosk.store),
        pulse=Pulse(),
        monotonic=lambda: time.monotonic() * 5,  # fifteen seconds are three here
    )
    restart = kiosk.order(1, RestartApp())

    def has_ended() -> bool:
        overseer.look()
        return kiosk.process.poll() is not None

    kiosk.until(has_ended)
    assert kiosk.process.returncode == -signal.SIGKILL
    assert kiosk.commands.state(restart) == "running"
    kiosk.process = kiosk.start()
    kiosk.until(lambda: kiosk.commands.state(restart) == "succeeded")
    assert kiosk.kinds().count("app_started") == 2


def test_a_store_that_stalls_ends_nothing_and_the_signs_of_life_come_back(kiosk: Kiosk) -> None:
    kiosk.on_page("idle")
    kiosk.touch(540, 1000)
    kiosk.on_page("home")
    kiosk.until(lambda: kiosk.shared.get(AppAlive) is not None)
    with kiosk.store.transaction():
        time.sleep(BUSY_TIMEOUT_MS / 1000 + 2)  # longer than any writer waits
    stalled_at = _alive(kiosk).tick
    kiosk.until(lambda: _alive(kiosk).tick > stalled_at)
    assert kiosk.process.poll() is None
    assert kiosk.page()["page"] == "home"


def test_an_orderly_end_is_recorded_with_its_reason(kiosk: Kiosk) -> None:
    kiosk.until(lambda: "app_started" in kiosk.kinds())
    assert kiosk.end() == 0
    last = Journal(kiosk.store).last()
    assert last is not None
    assert (last.kind, last.facts) == ("app_stopped", {"why": "asked"})


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Where sd_notify(3) sends to."""
    address = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(address))
        listening.settimeout(WITHIN_S)
        monkeypatch.setenv("NOTIFY_SOCKET", str(address))
        yield listening


@contextlib.contextmanager
def _a_stopped_display() -> Iterator[None]:
    """The X server this test started takes nothing more, until it goes on."""
    asked = subprocess.run(
        ["pgrep", "-P", str(os.getpid()), "Xvfb"], capture_output=True, text=True, check=True
    )
    (server,) = map(int, asked.stdout.split())
    os.kill(server, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server, signal.SIGCONT)


def _hear(listening: socket.socket, *wanted: bytes) -> None:
    """Wait for these words, in this order, whatever is said between them."""
    listening.settimeout(WITHIN_S)
    for each in wanted:
        while listening.recv(64) != each:
            pass


def _falls_silent(listening: socket.socket, for_s: float) -> bool:
    """Whether there comes a time so long in which nothing is said."""
    end = time.monotonic() + WITHIN_S
    listening.settimeout(for_s)
    while time.monotonic() < end:
        try:
            listening.recv(64)
        except TimeoutError:
            return True
    return False


def test_systemd_hears_of_the_first_frame_and_of_each_second_until_the_screen_freezes(
    systemd: socket.socket, kiosk: Kiosk
) -> None:
    kiosk.on_page("idle")
    _hear(systemd, b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1")
    with _a_stopped_display():
        # the flow lives on and asks for another page; the window waits for its panel for ever
        put_content(kiosk.shared, kiosk.folder, renamed("完税证明自助打印"))
        assert _falls_silent(systemd, for_s=3.5)
    _hear(systemd, b"WATCHDOG=1")


def test_after_a_kill_it_begins_again_with_the_same_store(kiosk: Kiosk) -> None:
    kiosk.on_page("idle")
    kiosk.until(lambda: "app_started" in kiosk.kinds())
    kiosk.process.kill()
    kiosk.process.wait(WITHIN_S)
    kiosk.process = kiosk.start()
    kiosk.until(lambda: kiosk.kinds().count("app_started") == 2)


def test_a_session_cut_off_by_a_kill_is_recorded_once_at_the_next_start(kiosk: Kiosk) -> None:
    kiosk.on_page("idle")
    Journal(kiosk.store).write("session_started", service="tax-payment-certificate")
    kiosk.process.kill()
    kiosk.process.wait(WITHIN_S)
    told: list[bool] = []
    for _ in range(2):
        starts = kiosk.kinds().count("app_started") + 1
        kiosk.process = kiosk.start()
        kiosk.until(lambda: kiosk.kinds().count("app_started") == starts)  # noqa: B023
        kiosk.on_page("idle")
        told.append("本机刚才重新启动" in str(kiosk.page()["words"]))
        assert kiosk.end() == 0
    assert kiosk.kinds().count("session_ended") == 1
    assert told == [True, False], "who stood there is told, the next one is not"


def _no_more_room() -> None:
    """No file may grow any more, whichever it is (setrlimit(2))."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def test_a_disk_that_is_full_at_the_start_is_said_in_one_line_and_may_be_tried_again(
    kiosk: Kiosk,
) -> None:
    kiosk.on_page("idle")
    kiosk.process.kill()
    kiosk.process.wait(WITHIN_S)
    Journal(kiosk.store).write("session_started", service="tax-payment-certificate")
    ended = subprocess.run(
        [sys.executable, "-m", "kiosk.main", "--config", str(kiosk.config)],
        check=False,
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        preexec_fn=_no_more_room,
    )
    assert ended.returncode == 1  # 2 would tell systemd to wait for a technician
    assert "kiosk.sqlite" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_unknown_setting_is_refused_and_named(tmp_path: Path) -> None:
    config = tmp_path / "kiosk.toml"
    config.write_text("surprise = 1\n" + CONFIG, encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-m", "kiosk.main", "--config", str(config)],
        check=False,
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
    )
    assert ended.returncode == 2
    assert "surprise" in ended.stderr
    assert "kiosk.toml" in ended.stderr
