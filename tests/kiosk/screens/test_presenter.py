"""What a finger means, and what is forgotten when a citizen has gone."""

import time
from dataclasses import replace
from itertools import count

import pytest

from kiosk.flow.events import Answered, Begin, Continue, StillHere, TextScale, Theme, Touch
from kiosk.screens.drawing import LocalState, Scene, Target, Words
from kiosk.screens.presenter import Presenter
from kiosk.screens.theme import Themes
from kiosk.screens.touch_map import visible_targets
from kiosk.screens.typeface import Typeface
from kiosk.screens.view_model import DigitsView, ViewModel
from tests.kiosk.screens.lines import cut
from tests.shots.samples import views

SIZE = (1080, 1920)
SAMPLES = views(Theme.DEFAULT, TextScale.NORMAL)
LARGER, LARGEST = (views(Theme.DEFAULT, scale) for scale in (TextScale.LARGER, TextScale.LARGEST))


class Paper:
    """A surface that remembers what was drawn on it."""

    def __init__(self) -> None:
        self.scenes: list[Scene] = []
        self.forgotten = 0

    def show(self, scene: Scene, local: LocalState, scrolled: int) -> None:
        self.scenes.append(scene)

    def scroll_to(self, scrolled: int) -> None:
        return

    def ink(self) -> None:
        return

    def forget(self) -> None:
        self.forgotten += 1


class Desk:
    """A presenter with a clock of its own: touches count when the test says so."""

    def __init__(self, themes: Themes, typeface: Typeface) -> None:
        self.paper = Paper()
        self.touches: list[Touch] = []
        self.presenter = Presenter(themes, typeface, SIZE, self.touches.append, self.paper)

    def show(self, view: ViewModel, *, settled: bool = True) -> bool:
        is_new = self.presenter.show(view)
        if settled:
            self.presenter._settled_at = 0.0
        return is_new

    def target(self, label: str) -> Target:
        scene = self.presenter.scene
        assert scene is not None
        found = [*scene.over.targets, *visible_targets(scene, self.presenter.scrolled)]
        return next(target for target in found if target.label == label)

    def tap(self, label: str) -> None:
        rect = self.target(label).rect
        middle = rect.x + rect.width / 2, rect.y + rect.height / 2
        self.presenter.finger_down(*middle)
        self.presenter.finger_up(*middle)


@pytest.fixture
def desk(themes: Themes, typeface: Typeface) -> Desk:
    return Desk(themes, typeface)


def texts(scene: Scene) -> set[str]:
    return {each.text for each in scene.body.drawings if isinstance(each, Words)}


def test_the_same_view_is_not_drawn_twice(desk: Desk) -> None:
    assert desk.show(SAMPLES["home"])
    assert not desk.show(SAMPLES["home"])
    assert len(desk.paper.scenes) == 1


def test_a_pressed_button_is_drawn_at_once_and_counts_on_release_only(desk: Desk) -> None:
    desk.show(SAMPLES["choice"])
    rect = desk.target("入学").rect
    desk.presenter.finger_down(rect.x + 10, rect.y + 10)
    assert len(desk.paper.scenes) == 2
    assert desk.touches == []
    desk.presenter.finger_up(rect.x + 10, rect.y + 10)
    assert desk.touches == [Answered("入学")]


def test_a_touched_button_stays_pressed_until_the_next_page(desk: Desk) -> None:
    desk.show(SAMPLES["choice"])
    desk.tap("入学")
    desk.presenter.tick()
    assert len(desk.paper.scenes) == 2  # the old page is not drawn again: it would be in the way
    desk.show(SAMPLES["guide"])
    assert len(desk.paper.scenes) == 3


def test_a_touched_button_is_released_where_no_page_follows(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.show(SAMPLES["choice"])
    unpressed = desk.paper.scenes[0]
    desk.tap("入学")
    later = time.monotonic() + 1
    monkeypatch.setattr("kiosk.screens.presenter.time.monotonic", lambda: later)
    desk.presenter.tick()
    assert desk.paper.scenes[-1] == unpressed
    assert len(desk.paper.scenes) == 3


def test_a_page_drawn_again_after_a_touch_has_no_pressed_button(desk: Desk) -> None:
    view = SAMPLES["choice"]
    desk.show(view)
    unpressed = desk.paper.scenes[0]
    desk.tap("入学")
    frame = replace(view.page.frame, content="other")
    desk.show(replace(view, page=replace(view.page, frame=frame)))
    assert desk.paper.scenes[-1] == unpressed


def test_a_finger_that_ends_on_another_button_chooses_neither(desk: Desk) -> None:
    desk.show(SAMPLES["choice"])
    one, other = desk.target("入学").rect, desk.target("求职就业").rect
    desk.presenter.finger_down(one.x + 10, one.y + 10)
    desk.presenter.finger_up(other.x + 10, other.y + 10)
    assert desk.touches == []


def test_the_tail_of_the_last_touch_does_not_answer_the_next_page(desk: Desk) -> None:
    desk.show(SAMPLES["choice"], settled=False)
    desk.tap("入学")
    assert desk.touches == []
    desk.show(SAMPLES["choice"])
    desk.tap("入学")
    assert desk.touches == [Answered("入学")]


def test_a_touch_counts_again_once_the_page_has_settled(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = count(100, 1)
    monkeypatch.setattr("kiosk.screens.presenter.time.monotonic", lambda: float(next(seconds)))
    desk.show(SAMPLES["choice"], settled=False)
    desk.tap("入学")
    assert desk.touches == [Answered("入学")]


def test_the_idle_page_begins_wherever_it_is_touched(desk: Desk) -> None:
    desk.show(SAMPLES["idle"])
    desk.presenter.finger_down(500, 400)
    desk.presenter.finger_up(510, 410)
    assert desk.touches == [Begin()]


def test_digits_beyond_the_longest_answer_are_not_taken(desk: Desk) -> None:
    desk.show(SAMPLES["digits"])
    for _ in range(9):
        desk.tap("8")
    desk.tap("继续")
    assert desk.touches == [StillHere(), Answered("13800138888")]


def test_typing_and_writing_say_that_somebody_is_there_but_not_too_often(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("kiosk.screens.presenter.time.monotonic", lambda: now[0])
    desk.show(SAMPLES["digits"])
    for _ in range(5):
        desk.tap("8")
        now[0] += 0.5
    assert desk.touches == [StillHere()] * 3
    desk.touches.clear()
    desk.show(SAMPLES["sign"])
    now[0] += 60
    assert desk.touches == []  # nobody there: nothing is said
    pad = desk.presenter.scene.ink_area if desk.presenter.scene else None
    assert pad is not None
    desk.presenter.finger_down(pad.x + 50, pad.y + 50)
    for step in range(12):
        now[0] += 0.25
        desk.presenter.finger_moved(pad.x + 50 + step, pad.y + 60)
    assert desk.touches == [StillHere()] * 4


def test_typed_digits_survive_another_text_size_but_not_another_question(desk: Desk) -> None:
    desk.show(SAMPLES["digits"])
    desk.tap("5")
    larger = views(Theme.DEFAULT, TextScale.LARGE)["digits"]
    desk.show(larger)
    assert "138 0013 5___" in texts(desk.paper.scenes[-1])
    page = larger.page
    assert isinstance(page, DigitsView)
    desk.show(ViewModel(page=replace(page, title="另一个问题", value="")))
    assert "___ ____ ____" in texts(desk.paper.scenes[-1])


def test_every_word_of_a_citizen_is_forgotten_when_the_idle_page_comes(desk: Desk) -> None:
    desk.show(SAMPLES["check"])
    look = desk.presenter._look
    assert look is not None
    assert look._wrap.cache_info().currsize > 0
    desk.show(SAMPLES["idle"])
    assert desk.paper.forgotten == 1
    assert desk.presenter._look is not look
    assert "苏桓宁" not in repr(vars(desk.presenter))


def test_the_camera_page_says_one_thing_at_a_time(desk: Desk) -> None:
    desk.show(SAMPLES["camera"])
    assert "没有看到纸张，请放在灯下的平台上" in texts(desk.paper.scenes[-1])  # no frame has come
    desk.presenter.camera_problem("")
    assert "很好，请不要动，正在拍摄" in texts(desk.paper.scenes[-1])
    desk.presenter.camera_problem("no_page")
    assert "没有看到纸张，请放在灯下的平台上" in texts(desk.paper.scenes[-1])
    drawn = len(desk.paper.scenes)
    desk.presenter.camera_problem("no_page")
    assert len(desk.paper.scenes) == drawn
    desk.presenter.camera_problem("")
    assert "很好，请不要动，正在拍摄" in texts(desk.paper.scenes[-1])


def test_a_double_tap_answers_once(desk: Desk) -> None:
    desk.show(SAMPLES["guide"])
    desk.tap("开始申请")
    desk.tap("开始申请")
    assert desk.touches == [Continue()]


def test_a_stroke_shorter_than_a_line_moves_the_page_on_to_the_lines_end(desk: Desk) -> None:
    desk.show(LARGEST["guide"])
    before = desk.presenter.scrolled
    desk.presenter.finger_down(700, 700)
    desk.presenter.finger_moved(700, 700 - 40)
    assert desk.presenter.scrolled == 40
    desk.presenter.finger_up(700, 700 - 40)
    assert desk.presenter.scrolled > before
    assert desk.presenter.scene is not None
    assert cut(desk.presenter.scene, desk.presenter.scrolled) == []
    desk.tap("scroll_down")
    assert cut(desk.presenter.scene, desk.presenter.scrolled) == []


def test_a_page_whose_text_grows_while_it_is_scrolled_is_not_left_with_half_a_line(
    desk: Desk,
) -> None:
    desk.show(LARGER["guide"])
    desk.tap("scroll_down")
    desk.show(LARGEST["guide"])
    assert desk.presenter.scrolled > 0
    assert desk.presenter.scene is not None
    assert cut(desk.presenter.scene, desk.presenter.scrolled) == []
