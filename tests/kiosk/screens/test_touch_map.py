"""What scripted citizens are told about the page."""

from kiosk.flow.events import Begin
from kiosk.screens.drawing import Box, Layer, Motion, Moving, Rect, Scene, Target, Words
from kiosk.screens.touch_map import touch_map

PLACE = Rect(0, 0, 100, 50)
INK = (0.0, 0.0, 0.0, 1.0)
EMPTY = Layer()


def words(text: str) -> Words:
    return Words(PLACE, text, 20, "regular", INK)


def scene(over: Layer = EMPTY) -> Scene:
    moving = Moving((Box(PLACE, INK), words("移动的字")), Motion(0, 0, 1.0, 1.0))
    body = Layer((words("第一行"), moving, words("最后一行")))
    return Scene("guide", INK, Rect(0, 0, 1080, 1920), 1920, body, Layer((words("顶栏"),)), over)


def test_what_is_written_on_a_page_is_told_line_by_line_without_the_bars() -> None:
    assert touch_map(scene(), "", 0, drawn_ns=0)["words"] == ["第一行", "移动的字", "最后一行"]


def test_under_a_warning_only_the_warning_is_told() -> None:
    warning = Layer((words("还在吗？"),), (Target("0", "继续", PLACE, Begin()),))
    told = touch_map(scene(warning), "", 0, drawn_ns=0)
    assert told["words"] == ["还在吗？"]
    assert told["warning"] is True
