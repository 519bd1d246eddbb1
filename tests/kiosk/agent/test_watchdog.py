import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kiosk.agent.watchdog import EXIT_STUCK, Pulse, Watchdog

STUCK_LOOP = """
import asyncio, time
from kiosk.agent.watchdog import Pulse, Watchdog

async def main():
    pulse = Pulse()
    pulse.beat("deliver", again_within_s=0.5)
    Watchdog(pulse).start()
    time.sleep(60)  # a blocked event loop cannot look at itself

asyncio.run(main())
"""


def test_a_loop_that_keeps_its_word_is_not_stuck() -> None:
    now = [0.0]
    pulse = Pulse(clock=lambda: now[0])
    pulse.beat("mqtt", again_within_s=10)
    pulse.beat("deliver", again_within_s=30)
    now[0] = 10
    assert pulse.stuck() is None
    now[0] = 10.1
    assert pulse.stuck() == "mqtt"
    pulse.forget("mqtt")
    assert pulse.stuck() is None


@pytest.mark.slow
def test_a_blocked_process_ends_itself_so_that_it_is_started_again() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", STUCK_LOOP],
        cwd=Path(__file__).resolve().parents[3],
        timeout=60,
        check=False,
        capture_output=True,
    )
    assert ended.returncode == EXIT_STUCK


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("print(loop, flush=True)", "deliver"),
        ("raise StoreBusy('kiosk.sqlite: busy')", ""),
        ("time.sleep(60)", ""),
    ],
    ids=["written", "refused", "on a disk that hangs"],
)
def test_what_is_stuck_is_written_down_where_that_can_be_and_the_process_ends_in_any_case(
    words: str, said: str
) -> None:
    last_words = f"def last_words(loop):\n    {words}\n"
    program = STUCK_LOOP.replace("Watchdog(pulse)", "Watchdog(pulse, last_words=last_words)")
    imports = "from kiosk.store.database import StoreBusy\n"
    program = program.replace("async def", f"{imports}{last_words}\nasync def", 1)
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).resolve().parents[3],
        timeout=60,
        check=False,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == EXIT_STUCK
    assert ended.stdout.strip() == said


@pytest.mark.slow
def test_systemd_hears_that_all_is_well_until_it_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = tmp_path / "notify"
    stuck = threading.Event()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(address))
        systemd.settimeout(20)
        monkeypatch.setitem(os.environ, "NOTIFY_SOCKET", str(address))
        pulse = Pulse()
        pulse.beat("deliver", again_within_s=3)
        watchdog = Watchdog(pulse, on_stuck=lambda _loop: stuck.set())
        watchdog.start()
        assert systemd.recv(64) == b"READY=1"
        assert systemd.recv(64) == b"WATCHDOG=1"
        assert stuck.wait(20)
        watchdog.stop()
