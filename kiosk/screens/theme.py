"""Colours and sizes of the screens, loaded from `assets/theme` and checked."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import yaml
from pydantic import Field, ValidationError, field_validator

from kiosk.contract.model import Strict
from kiosk.flow.events import TextScale, Theme

Colour = tuple[float, float, float, float]
"""Red, green, blue, opacity, each 0 to 1."""

Tone = Literal["good", "warning", "fault"]

Kind = TypeVar("Kind", bound=Strict)


class BadTheme(Exception):
    """A theme file cannot be used; the message names the file and every wrong key."""


class Colours(Strict):
    """What each colour is for; `x` beside `x_ground` is text on that ground, `x_mark` an icon."""

    paper: Colour
    raised: Colour
    sunken: Colour
    ink: Colour
    quiet: Colour
    line: Colour
    edge: Colour
    action: Colour
    action_pressed: Colour
    on_action: Colour
    tint: Colour
    """Ground of a pressed or chosen answer."""
    on_tint: Colour
    hero: Colour
    on_hero: Colour
    hero_line: Colour
    focus: Colour
    good: Colour
    good_ground: Colour
    good_mark: Colour
    warning: Colour
    warning_ground: Colour
    warning_mark: Colour
    fault: Colour
    fault_ground: Colour
    fault_mark: Colour
    shade: Colour
    """Laid over the page under a warning."""
    live: Colour
    """Ground of the camera picture while there is none."""
    on_live: Colour
    police: Colour
    real_estate: Colour
    tax: Colour
    social_security: Colour

    @field_validator("*", mode="before")
    @classmethod
    def _hexadecimal(cls, value: object) -> Colour:
        if not isinstance(value, str) or not value.startswith("#") or len(value) not in {7, 9}:
            raise ValueError("a colour is #RRGGBB or #RRGGBBAA")
        red, green, blue, *opacity = bytes.fromhex(value[1:])
        return red / 255, green / 255, blue / 255, (opacity[0] / 255 if opacity else 1.0)

    def department(self, department: str) -> Colour:
        """The department's own colour; the house's for none."""
        return {
            "police": self.police,
            "real_estate": self.real_estate,
            "tax": self.tax,
            "social_security": self.social_security,
        }.get(department, self.hero)

    def of_tone(self, tone: Tone) -> tuple[Colour, Colour, Colour]:
        """(text, ground, mark) of a tone."""
        return {
            "good": (self.good, self.good_ground, self.good_mark),
            "warning": (self.warning, self.warning_ground, self.warning_mark),
            "fault": (self.fault, self.fault_ground, self.fault_mark),
        }[tone]

    def text_pairs(self) -> dict[str, tuple[Colour, Colour]]:
        """Every (text, ground) the screens combine, by name."""
        pairs = {
            f"{text} on {ground}": (getattr(self, text), getattr(self, ground))
            for text in ("ink", "quiet")
            for ground in ("paper", "raised", "sunken")
        }
        for text, ground in (
            ("on_action", "action"),
            ("on_action", "action_pressed"),
            ("on_tint", "tint"),
            ("good", "good_ground"),
            ("warning", "warning_ground"),
            ("warning", "raised"),
            ("fault", "fault_ground"),
            ("on_live", "live"),
            ("on_hero", "hero"),
            ("on_hero", "police"),
            ("on_hero", "real_estate"),
            ("on_hero", "tax"),
            ("on_hero", "social_security"),
        ):
            pairs[f"{text} on {ground}"] = (getattr(self, text), getattr(self, ground))
        return pairs


TypeSize = tuple[Annotated[int, Field(ge=30)], Annotated[float, Field(ge=0, le=1)]]
"""Pixels at text size 1.0 (UI.md allows none below 30), and the share it grows by: what is large
already grows less, so that what is small can grow wholly and a page still stands on one screen."""


class TypeSizes(Strict):
    """What is written how large."""

    clock: TypeSize
    display: TypeSize
    title: TypeSize
    question: TypeSize
    body: TypeSize
    help: TypeSize
    small: TypeSize
    digits: TypeSize
    action: TypeSize
    bar: TypeSize
    bar_small: TypeSize


class Spaces(Strict):
    """Distances in pixels, on a grid of 8."""

    hair: int = Field(multiple_of=8)
    small: int = Field(multiple_of=8)
    gap: int = Field(multiple_of=8, ge=24)
    block: int = Field(multiple_of=8)
    margin: int = Field(multiple_of=8)
    section: int = Field(multiple_of=8)


class Radii(Strict):
    """Corner radii in pixels."""

    small: int
    card: int
    sheet: int


class Strokes(Strict):
    """Line widths in pixels."""

    line: int
    strong: int
    focus: int


class Targets(Strict):
    """Least heights of what is touched, in pixels (88 is 20 mm on a 21.5 inch panel)."""

    least: int = Field(ge=88)
    choice: int = Field(ge=88)
    primary: int = Field(ge=128)


class Measures(Strict):
    """Sizes shared by every theme."""

    type: TypeSizes
    line_height: float = Field(ge=1.2, le=2)
    space: Spaces
    radius: Radii
    stroke: Strokes
    target: Targets
    touch_zone: float = Field(gt=0, lt=1)
    motion_ms: int = Field(ge=0, le=200)
    icons: dict[str, str]


class _ThemeFile(Strict):
    least_contrast: float = Field(ge=10)
    colours: Colours


@dataclass(frozen=True, slots=True)
class Themes:
    """Everything in `assets/theme`."""

    measures: Measures
    colours: dict[Theme, Colours]
    least_contrast: dict[Theme, float]
    """What each theme promises for text; a test computes what it keeps."""


def load_themes(folder: Path) -> Themes:
    """Read and check the measures and every theme. Raises BadTheme."""
    measures = _read(folder / "measures.yaml", Measures)
    files = {theme: _read(folder / f"{theme.value}.yaml", _ThemeFile) for theme in Theme}
    return Themes(
        measures=measures,
        colours={theme: file.colours for theme, file in files.items()},
        least_contrast={theme: file.least_contrast for theme, file in files.items()},
    )


def scaled(size: TypeSize, scale: TextScale) -> int:
    """A text size at the citizen's choice, in whole pixels."""
    pixels, growth = size
    return round(pixels * (1 + (float(scale.value) - 1) * growth))


def contrast(first: Colour, second: Colour) -> float:
    """Contrast ratio of two opaque colours, 1 to 21 (WCAG 2.2, 1.4.3)."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Colour) -> float:
    """Relative luminance, WCAG 2.2 definition."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3]
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _read(path: Path, kind: type[Kind]) -> Kind:
    try:
        return kind.model_validate(
            yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        )
    except (OSError, yaml.YAMLError) as error:
        raise BadTheme(f"{path.name}: {error}") from error
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()
        )
        raise BadTheme(f"{path.name}: {wrong}") from error
