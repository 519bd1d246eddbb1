"""The real window on a virtual display, touched by real X events."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import ImageGrab

from kiosk.screens.shots import a_display

pytestmark = pytest.mark.slow

SIZE = (1080, 1920)

Map = dict[str, object]
Place = dict[str, int]


class Kiosk:
    """The little kiosk's process, its touch map, and a hand."""

    def __init__(self, names: list[str], folder: Path) -> None:
        self.map_file = folder / "touch.json"
        environment = {**os.environ, "YICHUANG_TOUCH_MAP": str(self.map_file)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.kiosk.screens.little_kiosk", *names],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def wait_for(self, is_wanted: Callable[[Map], bool]) -> Map:
        ends = time.monotonic() + 30
        while time.monotonic() < ends:
            if self.map_file.exists():
                found: Map = json.loads(self.map_file.read_text(encoding="utf-8"))
                if is_wanted(found):
                    return found
            time.sleep(0.02)
        raise AssertionError("the screen never came")

    def on_page(self, name: str) -> Map:
        return self.wait_for(lambda found: found["page"] == name)

    def said(self) -> list[dict[str, object]]:
        """Everything it printed, once it has ended."""
        out, _ = self.process.communicate(timeout=30)
        return [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def display() -> Iterator[None]:
    held = os.environ.pop("DISPLAY", None)
    with a_display(SIZE):
        yield
    if held is not None:
        os.environ["DISPLAY"] = held


@pytest.fixture
def kiosk_on(display: None, tmp_path: Path) -> Iterator[Callable[[list[str]], Kiosk]]:
    started: list[Kiosk] = []

    def start(names: list[str]) -> Kiosk:
        started.append(Kiosk(names, tmp_path))
        return started[-1]

    yield start
    for kiosk in started:
        if kiosk.process.poll() is None:
            kiosk.process.kill()
            kiosk.process.communicate()


def button(found: Map, label: str) -> Place:
    buttons = found["buttons"]
    assert isinstance(buttons, list)
    return next(one for one in buttons if one["label"] == label)


def xdotool(*words: str | int) -> None:
    subprocess.run(["xdotool", *map(str, words)], check=True, timeout=30)


def click(place: Place) -> None:
    x, y = place["x"] + place["w"] // 2, place["y"] + place["h"] // 2
    xdotool("mousemove", x, y, "mousedown", 1, "sleep", "0.05", "mouseup", 1)


def test_a_citizen_walks_from_page_to_page_and_each_touch_draws_the_next(
    kiosk_on: Callable[[list[str]], Kiosk],
) -> None:
    kiosk = kiosk_on(["idle", "home", "guide", "choice", "check", "result", "rating"])
    kiosk.on_page("idle")
    xdotool("mousemove", 500, 700, "click", 1)
    click(button(kiosk.on_page("home"), "公安"))
    click(button(kiosk.on_page("guide"), "开始申请"))
    click(button(kiosk.on_page("choice"), "入学"))
    click(button(kiosk.on_page("check"), "确认并签名"))
    click(button(kiosk.on_page("result"), "取好了，继续"))
    click(button(kiosk.on_page("rating"), "满意"))
    said = kiosk.said()
    touches = [line["touch"] for line in said if "touch" in line]
    assert touches == [
        "Begin",
        "DepartmentChosen",
        "Continue",
        "Answered",
        "Continue",
        "Continue",
        "Rated",
    ]
    order = [next(iter(line)) for line in said[:-1]]
    assert order == ["drawn", *["touch", "drawn"] * 6, "touch"]
    assert said[-1] == {"ended": True}
    assert kiosk.process.returncode == 0


def test_a_touch_that_slips_off_its_button_does_nothing(
    kiosk_on: Callable[[list[str]], Kiosk],
) -> None:
    kiosk = kiosk_on(["choice", "sign"])
    place = button(kiosk.on_page("choice"), "入学")
    middle = place["x"] + 200, place["y"] + place["h"] // 2
    xdotool("mousemove", *middle, "mousedown", 1)
    xdotool("mousemove", middle[0], place["y"] - 200, "mouseup", 1)
    time.sleep(0.4)
    assert kiosk.on_page("choice")["page"] == "choice"
    click(place)
    kiosk.on_page("sign")


def test_digits_are_typed_taken_back_and_sent(kiosk_on: Callable[[list[str]], Kiosk]) -> None:
    kiosk = kiosk_on(["digits", "home"])
    found = kiosk.on_page("digits")
    labels = [one["label"] for one in found["buttons"]]  # type: ignore[attr-defined]  # JSON
    assert "继续" not in labels
    for key in ("8", "0", "0", "1", "erase", "0"):
        click(button(found, key))
    complete = kiosk.wait_for(
        lambda now: any(one["label"] == "继续" for one in now["buttons"])  # type: ignore[attr-defined]  # JSON
    )
    click(button(complete, "继续"))
    kiosk.on_page("home")


def test_a_signature_is_drawn_and_an_empty_one_is_not_taken(
    kiosk_on: Callable[[list[str]], Kiosk],
) -> None:
    kiosk = kiosk_on(["sign"])
    found = kiosk.on_page("sign")
    done = button(found, "签好了，提交")
    click(done)
    time.sleep(0.3)
    assert kiosk.process.poll() is None
    pad = kiosk.on_page("sign")["pads"]["signature"]  # type: ignore[index]  # JSON
    x, y = pad["x"] + 200, pad["y"] + 200
    xdotool("mousemove", x, y, "mousedown", 1)
    for step in range(1, 20):
        xdotool("mousemove", x + 20 * step, y + 40 * (step % 2))
    xdotool("mouseup", 1)
    click(done)
    said = kiosk.said()
    signed = [line for line in said if line.get("touch") == "Signed"]
    assert len(signed) == 1
    assert int(str(signed[0]["ink"])) > 500


def test_a_long_page_is_scrolled_by_button_and_by_finger(
    kiosk_on: Callable[[list[str]], Kiosk],
) -> None:
    kiosk = kiosk_on(["guide@1.75", "home"])
    found = kiosk.on_page("guide")
    assert found["scrolls"] != 0
    click(button(found, "scroll_down"))
    lower = kiosk.wait_for(lambda now: int(str(now["scrolled"])) > 0)
    xdotool("mousemove", 400, 700, "mousedown", 1)
    for y in range(720, 1300, 40):
        xdotool("mousemove", 400, y)
    xdotool("mouseup", 1)
    kiosk.wait_for(lambda now: int(str(now["scrolled"])) < int(str(lower["scrolled"])))
    assert kiosk.process.poll() is None


def test_under_a_time_warning_only_its_own_buttons_answer(
    kiosk_on: Callable[[list[str]], Kiosk],
) -> None:
    kiosk = kiosk_on(["choice", "time_warning", "choice"])
    first = kiosk.on_page("choice")
    back = button(first, "返回")
    click(button(first, "入学"))
    warned = kiosk.wait_for(lambda now: now["warning"] is True)
    click(back)
    time.sleep(0.4)
    click(button(warned, "继续办理"))
    kiosk.wait_for(lambda now: now["warning"] is False)
    click(back)
    touches = [line["touch"] for line in kiosk.said() if "touch" in line]
    assert touches == ["Answered", "Extend", "Back"]


def test_the_card_is_seen_moving_to_the_reader_and_then_rests(
    kiosk_on: Callable[[list[str]], Kiosk],
) -> None:
    kiosk = kiosk_on(["device_id_card", "home"])
    found = kiosk.on_page("device")
    picture = (150, 560, 930, 1080)
    seen: list[bytes] = []
    ends = time.monotonic() + 30

    def has_moved_and_rested() -> bool:
        moved = len(set(seen)) >= 4
        return moved and sum(one == after for one, after in pairwise(seen)) >= 5

    while not has_moved_and_rested() and time.monotonic() < ends:
        seen.append(ImageGrab.grab(picture, xdisplay=os.environ["DISPLAY"]).tobytes())
        time.sleep(0.1)
    assert has_moved_and_rested()
    assert found["warning"] is False
