"""Which screen the demo's kiosk is drawn on: the one that is there only if the kiosk fits."""

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from provisioning.demo.display import Display, PresentDisplay, present_display
from provisioning.demo.system import System

pytestmark = pytest.mark.slow


@contextmanager
def somebodys_screen(size: str) -> Iterator[str]:
    """A real X server of this size; its name."""
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", "1", "-screen", "0", f"{size}x24", "-nolisten", "tcp"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert server.stdout is not None
    try:
        yield f":{server.stdout.readline().strip()}"
    finally:
        server.terminate()
        server.wait(10)
        server.stdout.close()


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    chosen = System(tmp_path)
    yield chosen
    chosen.stop()


def test_on_a_desktop_that_is_too_low_the_kiosk_gets_a_screen_of_its_own(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    with somebodys_screen("1920x1080") as name:
        monkeypatch.setenv("DISPLAY", name)
        assert present_display() == PresentDisplay(name, 1920, 1080)
        system.start_display()
        assert system.display is not None
        assert system.screen_name == system.display.name != name
        assert system.display.picture().size == (1080, 1920)


def test_on_a_screen_that_holds_it_the_kiosk_is_drawn_there(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the control of the test above
    with somebodys_screen("1200x1920") as name:
        monkeypatch.setenv("DISPLAY", name)
        system.start_display()
        assert system.display is None
        assert system.screen_name == name


@pytest.mark.parametrize("name", ["", ":4242", "nonsense"])
def test_a_display_that_does_not_answer_is_none(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", name)
    assert present_display() is None


def test_screens_that_start_at_once_are_not_the_same_one(tmp_path: Path) -> None:
    screens = [Display(log_folder=tmp_path / str(each), with_browser=False) for each in range(4)]
    try:
        with ThreadPoolExecutor(len(screens)) as together:
            list(together.map(Display.start, screens))
        assert len({screen.name for screen in screens}) == len(screens)
    finally:
        for screen in screens:
            screen.stop()
