"""Every page at every text size: nothing outside, nothing clipped, targets large and in reach."""

from collections.abc import Callable
from functools import cache
from itertools import combinations

import pytest

from kiosk.flow.citizen import Display
from kiosk.flow.events import Continue, TextScale, Theme
from kiosk.screens.drawing import Layer, LocalState, Rect, Scene, Target, Words
from kiosk.screens.fold import resting
from kiosk.screens.look import Look
from kiosk.screens.scenes import scene_of
from kiosk.screens.theme import Themes
from kiosk.screens.typeface import Typeface
from kiosk.screens.view_model import DeviceView, ViewModel
from kiosk.screens.walk import Walker
from tests.kiosk.screens.conftest import ASSETS
from tests.kiosk.screens.lines import cut, words_in
from tests.shots.papers import a4_page
from tests.shots.samples import views

SIZE = (1080, 1920)
LEAST_TARGET_PX = 88
LEAST_GAP_PX = 24
IN_REACH_FROM = SIZE[1] * 0.4
STROKE_PX = 40
"""A short stroke of an unsure finger, 1 cm: shorter than a line."""
TAX = "tax-payment-certificate"

Shown = dict[str, ViewModel]


def look_of(view: ViewModel, themes: Themes, typeface: Typeface) -> Look:
    frame = view.page.frame
    return Look(themes, typeface, frame.theme, frame.text_scale, frame.department)


def scene(view: ViewModel, themes: Themes, typeface: Typeface, pressed: str = "") -> Scene:
    local = LocalState(pressed=pressed)
    return scene_of(view, look_of(view, themes, typeface), local, SIZE)


def clipped(layer: Layer, lowest: int) -> list[str]:
    """Words that leave the screen, or the button they stand on."""
    found = []
    for words in words_in(layer.drawings):
        place = words.rect
        if place.x < 0 or place.right > SIZE[0] or place.bottom > lowest:
            found.append(f"{words.text} leaves the screen")
        for target in layer.targets:
            starts_inside = target.rect.holds(place.x, place.y)
            if starts_inside and not target.rect.holds(place.right - 1, place.bottom - 1):
                found.append(f"{words.text} leaves {target.label}")
    return found


def touching(targets: tuple[Target, ...]) -> list[str]:
    """Targets nearer to each other than a finger can tell apart."""
    return [
        f"{one.label} and {other.label}"
        for one, other in combinations(targets, 2)
        if _apart(one.rect, other.rect) < LEAST_GAP_PX
    ]


def _apart(one: Rect, other: Rect) -> int:
    across = max(one.x - other.right, other.x - one.right)
    down = max(one.y - other.bottom, other.y - one.bottom)
    return max(across, down)


@pytest.fixture(scope="module")
def walker() -> Walker:
    return Walker(ASSETS, a4_page())


def everything(walker: Walker, scale: TextScale, language: str) -> Shown:
    """Samples, and every page the real services have."""
    display = Display(text_scale=scale, language=language)
    found = dict(views(Theme.DEFAULT, scale))
    found |= dict(walker.around(display))
    for service in walker.services:
        found |= {f"{service}/{name}": view for name, view in walker.service(service, display)}
    return found


SOON = {(TextScale.NORMAL, "zh-CN"), (TextScale.LARGEST, "en")}
"""The ends; what lies between waits for `make test`."""
CASES = [
    pytest.param(scale, language, marks=[] if (scale, language) in SOON else pytest.mark.slow)
    for scale in TextScale
    for language in ("zh-CN", "en")
]


SceneAt = Callable[[ViewModel], Scene]
Drawn = Callable[[TextScale, str], dict[str, Scene]]


@pytest.fixture(scope="module")
def scene_at(themes: Themes, typeface: Typeface) -> SceneAt:
    return lambda view: scene(view, themes, typeface)


@pytest.fixture(scope="module")
def drawn_at(walker: Walker, scene_at: SceneAt) -> Drawn:
    """Everything laid out, once for all tests that look at it."""

    @cache
    def laid_out(scale: TextScale, language: str) -> dict[str, Scene]:
        shown = everything(walker, scale, language)
        return {name: scene_at(view) for name, view in shown.items()}

    return laid_out


def rests(drawn: Scene) -> list[int]:
    """Where the page stands while somebody strokes down to its end, and up again."""
    down, up = [0], []
    while down[-1] < drawn.scroll_range:
        down.append(resting(drawn, down[-1] + STROKE_PX, downwards=True))
        assert down[-1] > down[-2]
    at = down[-1]
    while at > 0:
        at = resting(drawn, at - STROKE_PX, downwards=False)
        up.append(at)
    return down + up


@pytest.mark.parametrize(("scale", "language"), CASES)
def test_no_line_is_cut_by_the_scroll_buttons_wherever_a_page_rests(
    drawn_at: Drawn, scale: TextScale, language: str
) -> None:
    long = {name: drawn for name, drawn in drawn_at(scale, language).items() if drawn.scroll_range}
    assert long
    for name, drawn in long.items():
        assert drawn.viewport.height > SIZE[1] / 3, name
        for scrolled in rests(drawn):
            assert cut(drawn, scrolled) == [], (name, scrolled)


@pytest.mark.parametrize("theme", [theme for theme in Theme if theme is not Theme.DEFAULT])
@pytest.mark.parametrize(("scale", "language"), CASES)
def test_no_line_is_cut_by_the_scroll_buttons_in_any_theme(
    walker: Walker, scene_at: SceneAt, scale: TextScale, language: str, theme: Theme
) -> None:
    # a theme's name is written in the bar below, which may need a line more for it
    display = Display(theme=theme, text_scale=scale, language=language)
    shown = dict(views(theme, scale)) | dict(walker.service(TAX, display))
    long = {name: drawn for name, view in shown.items() if (drawn := scene_at(view)).scroll_range}
    assert long
    assert {name: cut(drawn) for name, drawn in long.items() if cut(drawn)} == {}


@pytest.mark.parametrize(("scale", "language"), CASES)
def test_what_to_do_after_a_trouble_with_a_device_is_read_without_scrolling(
    walker: Walker, scene_at: SceneAt, scale: TextScale, language: str
) -> None:
    display = Display(text_scale=scale, language=language)
    troubled = [
        view
        for service in walker.services
        for _, view in walker.service(service, display)
        if isinstance(view.page, DeviceView) and view.page.state == "problem"
    ]
    assert (
        len(troubled) > 5
    )  # drawn in the default theme, whose name needs no second row of buttons
    for view in troubled:
        drawn = scene_at(view)
        lines = [words for words in words_in(drawn.body.drawings) if words.weight != "icon"]
        assert max(line.rect.bottom for line in lines) <= drawn.viewport.bottom, view.page.title


@pytest.mark.parametrize(("scale", "language"), CASES)
def test_no_page_clips_a_word_at_any_text_size(
    drawn_at: Drawn, scale: TextScale, language: str
) -> None:
    shown = drawn_at(scale, language)
    assert len(shown) > 100
    for name, drawn in shown.items():
        end = drawn.viewport.y + max(drawn.viewport.height, drawn.body_height)
        assert clipped(drawn.body, end) == [], name
        assert clipped(drawn.bars, SIZE[1]) == [], name
        assert clipped(drawn.over, SIZE[1]) == [], name


@pytest.mark.parametrize(("scale", "language"), CASES)
def test_every_target_is_large_apart_from_others_and_in_reach(
    drawn_at: Drawn, scale: TextScale, language: str
) -> None:
    for name, drawn in drawn_at(scale, language).items():
        for layer in (drawn.body, drawn.bars, drawn.over):
            assert touching(layer.targets) == [], name
            for target in layer.targets:
                assert min(target.rect.width, target.rect.height) >= LEAST_TARGET_PX, name
                assert target.rect.y >= IN_REACH_FROM, (name, target.label)


@pytest.mark.parametrize("scale", TextScale)
@pytest.mark.parametrize(
    "name",
    [
        "device_id_card",
        "device_social_security",
        "device_code",
        "choice",
        "digits",
        "digits_problem",
        "camera",
        "page_review",
        "pages",
        "sign",
        "rating",
        "time_warning",
        "working",
    ],
)
def test_what_is_done_by_hand_stands_on_one_screen_at_every_text_size(
    themes: Themes, typeface: Typeface, scale: TextScale, name: str
) -> None:
    drawn = scene(views(Theme.DEFAULT, scale)[name], themes, typeface)
    assert drawn.scroll_range == 0


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_department_stands_on_one_screen_whatever_is_down(
    walker: Walker, themes: Themes, typeface: Typeface, language: str
) -> None:
    around = dict(walker.around(Display(language=language)))
    homes = {name: view for name, view in around.items() if name.startswith("home")}
    assert {"home", "home-no-printer", "home-no-server"} <= homes.keys()
    for name, view in homes.items():
        assert scene(view, themes, typeface).scroll_range == 0, name


@pytest.mark.parametrize(
    "theme",
    [
        pytest.param(theme, marks=[] if theme is Theme.DEFAULT else pytest.mark.slow)
        for theme in Theme
    ],
)
def test_a_pressed_button_looks_pressed_in_every_theme(
    themes: Themes, typeface: Typeface, theme: Theme
) -> None:
    for name, view in views(theme, TextScale.NORMAL).items():
        drawn = scene(view, themes, typeface)
        for layer in (drawn.body, drawn.bars, drawn.over):
            for target in layer.targets:
                pressed = scene(view, themes, typeface, pressed=target.key)
                assert pressed != drawn, (name, target.label)


def test_every_icon_the_services_name_is_in_the_family(walker: Walker, typeface: Typeface) -> None:
    missing = set()
    for view in everything(walker, TextScale.NORMAL, "zh-CN").values():
        frame = view.page.frame
        actions = [*frame.settings, frame.back, frame.primary, frame.quit]
        named = {action.icon for action in actions if action is not None and action.icon}
        named |= {fact[0] for fact in getattr(view.page, "facts", ())}
        missing |= {icon for icon in named if not typeface.has_icon(icon)}
    assert missing == set()


def test_the_primary_button_is_in_the_same_place_on_every_page(
    walker: Walker, themes: Themes, typeface: Typeface
) -> None:
    rights = set()
    for view in everything(walker, TextScale.NORMAL, "zh-CN").values():
        primary = view.page.frame.primary
        if primary is None or view.warning is not None:
            continue
        drawn = scene(view, themes, typeface)
        place = next(each.rect for each in drawn.bars.targets if each.label == primary.label)
        rights.add((place.right, place.bottom, place.height))
    assert len(rights) == 1
    assert rights.pop()[2] >= 128


def test_the_checks_above_find_what_is_wrong() -> None:
    white = (1.0, 1.0, 1.0, 1.0)
    wide = Words(Rect(900, 10, 300, 50), "too wide", 40, "regular", white)
    small = Target("a", "small", Rect(0, 0, 100, 88), Continue())
    near = Target("b", "near", Rect(110, 0, 100, 88), Continue())
    over = Words(Rect(10, 50, 80, 60), "too low", 40, "regular", white)
    layer = Layer((wide, over), (small, near))
    assert clipped(layer, SIZE[1]) == ["too wide leaves the screen", "too low leaves small"]
    assert touching(layer.targets) == ["small and near"]


def test_a_page_cut_just_anywhere_would_be_found() -> None:
    white = (1.0, 1.0, 1.0, 1.0)
    lines = [Words(Rect(0, top, 300, 60), f"{top}", 40, "regular", white) for top in (0, 60, 120)]
    page = Scene("a", white, Rect(0, 0, 1080, 100), 180, Layer(tuple(lines)), Layer())
    assert cut(page) == ["60"]
    assert cut(page, 20) == []
    assert resting(page, 10, downwards=True) == 20
    assert resting(page, 30, downwards=False) == 20
    assert [cut(page, each) for each in rests(page)[1:-1]] == [[]] * (len(rests(page)) - 2)
