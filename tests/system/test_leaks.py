"""Nothing outlives the system: not when it stops, not on Ctrl-C, not when the demo is killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from provisioning.demo.system import ROOT
from tests.system.hall import eventually, new_system
from tests.system.processes import alive, family_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

GONE_WITHIN_S = 12.0
"""The server promises a clean stop within 5 s; others get 8 s before they are killed."""


def test_a_stopped_system_leaves_no_process(tmp_path: Path) -> None:
    system = new_system(tmp_path)
    system.start()
    try:
        family = family_of([child.pid for child in system.children.values()])
        names = {process.name for process in family}
        assert {"mosquitto", "pcscd"} <= names, "grandchildren are not seen"
    finally:
        system.stop()
    assert eventually(lambda: alive(family) == [], within_s=2), alive(family)


@pytest.fixture
def demo() -> Iterator[subprocess.Popen[bytes]]:
    """A demo that may be ended."""
    with short_folder() as folder, demo_in(folder) as running:
        yield running


@pytest.fixture(scope="module")
def lasting() -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A demo that every test leaves running, and its folder."""
    with short_folder() as folder, demo_in(folder) as running:
        yield running, folder


@contextmanager
def short_folder() -> Iterator[Path]:
    """The demo adds folders of its own, and the path of a socket has room for 107 bytes."""
    with TemporaryDirectory(prefix="demo-") as folder:
        yield Path(folder)


@contextmanager
def demo_in(short_folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`make demo` without citizens, in a folder of its own, once it stays up."""
    environment = {key: value for key, value in os.environ.items() if key != "DISPLAY"}
    log = short_folder / "demo.log"
    with log.open("wb") as out:
        running = subprocess.Popen(
            [sys.executable, "-m", "provisioning.demo", "--no-citizens", "--any-ports"],
            cwd=short_folder,
            env={**environment, "PYTHONPATH": str(ROOT)},
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        assert eventually(
            lambda: b"runs until Ctrl-C" in log.read_bytes() or running.poll() is not None,
            within_s=180,
        )
        assert running.poll() is None, log.read_text("utf-8")
        yield running
    finally:
        if running.poll() is None:
            running.terminate()
        running.wait(30)


def test_a_second_demo_in_the_same_folder_is_refused_and_touches_nothing(
    lasting: tuple[subprocess.Popen[bytes], Path],
) -> None:
    demo, short_folder = lasting
    second = subprocess.run(
        [sys.executable, "-m", "provisioning.demo", "--no-citizens", "--any-ports"],
        cwd=short_folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 2
    assert "already" in second.stdout + second.stderr
    assert (short_folder / ".run" / "demo" / "touch_map.json").exists()
    assert demo.poll() is None


def test_a_demo_goes_on_when_programs_of_it_are_killed(
    lasting: tuple[subprocess.Popen[bytes], Path],
) -> None:
    demo, _ = lasting
    for what in ("fleet_server run", "sandbox --department tax", "kiosk.agent", "kiosk.main"):
        (killed,) = running_as(demo.pid, what)
        os.kill(killed, signal.SIGKILL)
        assert eventually(lambda: running_as(demo.pid, what) not in ([], [killed]), within_s=30)  # noqa: B023
    assert demo.poll() is None


def running_as(demo: int, what: str) -> list[int]:
    """Pids of the demo's programs started with these words."""
    found = []
    for process in family_of([demo]):
        with suppress(OSError):  # it ended while we looked
            words = Path(f"/proc/{process.pid}/cmdline").read_bytes().replace(b"\0", b" ")
            if what.encode() in words:
                found.append(process.pid)
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=lambda each: each.name)
def test_a_demo_that_ends_takes_everything_with_it(
    demo: subprocess.Popen[bytes], number: signal.Signals
) -> None:
    family = family_of([demo.pid])
    names = {process.name for process in family}
    assert {"Xvfb", "x11vnc", "mosquitto", "pcscd"} <= names, "not everything is seen"
    assert len(family) > 12
    began = time.monotonic()
    demo.send_signal(number)
    code = demo.wait(30)
    assert code == (0 if number is signal.SIGINT else -number)
    assert eventually(lambda: alive(family) == [], within_s=GONE_WITHIN_S), alive(family)
    print(f"{number.name}: gone after {time.monotonic() - began:.1f} s")  # noqa: T201
