"""Colours are readable, sizes large enough, and a wrong file is refused by name."""

import shutil
from pathlib import Path

import pytest

from kiosk.flow.events import TextScale, Theme
from kiosk.screens.theme import BadTheme, Themes, contrast, load_themes, scaled
from tests.kiosk.screens.conftest import ASSETS

BLACK, WHITE = (0.0, 0.0, 0.0, 1.0), (1.0, 1.0, 1.0, 1.0)


@pytest.mark.parametrize("theme", Theme)
def test_every_text_on_its_ground_keeps_the_contrast_its_theme_promises(
    themes: Themes, theme: Theme
) -> None:
    colours = themes.colours[theme]
    too_weak = {
        name: round(contrast(text, ground), 2)
        for name, (text, ground) in colours.text_pairs().items()
        if contrast(text, ground) < themes.least_contrast[theme]
    }
    assert too_weak == {}


def test_themes_promise_what_the_design_asks_for(themes: Themes) -> None:
    assert min(themes.least_contrast.values()) >= 10
    assert themes.least_contrast[Theme.HIGH_CONTRAST_DARK] >= 20


@pytest.mark.parametrize("theme", Theme)
def test_signs_can_be_told_from_their_ground(themes: Themes, theme: Theme) -> None:
    colours = themes.colours[theme]
    pairs = {
        "good": (colours.good_mark, colours.good_ground),
        "warning": (colours.warning_mark, colours.warning_ground),
        "fault": (colours.fault_mark, colours.fault_ground),
        "edge": (colours.edge, colours.paper),
    }
    # WCAG 2.2, 1.4.11: three to one for what is not text
    assert {name for name, pair in pairs.items() if contrast(*pair) < 3} == set()


def test_the_contrast_is_the_one_wcag_defines() -> None:
    assert contrast(BLACK, WHITE) == pytest.approx(21)
    assert contrast(WHITE, WHITE) == pytest.approx(1)
    grey = (0x76 / 255, 0x76 / 255, 0x76 / 255, 1.0)
    assert contrast(grey, WHITE) == pytest.approx(4.54, abs=0.01)


def test_text_grows_with_every_size_and_never_below_thirty_pixels(themes: Themes) -> None:
    sizes = themes.measures.type
    for name in ("display", "title", "question", "body", "help", "small", "digits", "action"):
        grown = [scaled(getattr(sizes, name), scale) for scale in TextScale]
        assert grown == sorted(set(grown)), name
        assert grown[0] >= 30
    assert scaled(sizes.body, TextScale.LARGEST) == round(sizes.body[0] * 1.75)


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ('ink: "#14202E"', 'ink: "dark"', "colours.ink"),
        ('ink: "#14202E"', 'inkk: "#14202E"', "colours.inkk"),
        ("least_contrast: 10", "least_contrast: 3", "least_contrast"),
    ],
)
def test_a_wrong_theme_is_refused_by_name(
    tmp_path: Path, before: str, after: str, named: str
) -> None:
    shutil.copytree(ASSETS / "theme", tmp_path / "theme")
    file = tmp_path / "theme" / "default.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    with pytest.raises(BadTheme, match=rf"default\.yaml.*{named}"):
        load_themes(tmp_path / "theme")
