"""The theme at the citizen's settings: the one place widgets take colours and sizes from."""

from dataclasses import dataclass
from functools import lru_cache

from kiosk.flow.events import TextScale, Theme
from kiosk.screens.theme import Colour, Colours, Measures, Themes, scaled
from kiosk.screens.typeface import Typeface, Weight

REMEMBERED_WRAPS = 512
"""Line breaks kept, so that a pressed button redraws within a frame; forgotten at session end."""


@dataclass(frozen=True, slots=True)
class TextStyle:
    """One way of writing."""

    size: int
    line: int
    """Height of a line."""
    weight: Weight = "regular"


class Look:
    """Colours, sizes and text at one theme, one text scale and one department."""

    def __init__(
        self, themes: Themes, typeface: Typeface, theme: Theme, scale: TextScale, department: str
    ) -> None:
        """Nothing is loaded here: both parts were loaded at start."""
        self.colours: Colours = themes.colours[theme]
        self.measures: Measures = themes.measures
        self.typeface = typeface
        self.scale = scale
        self.department = department
        self.factor = float(scale.value)
        self._wrap = lru_cache(maxsize=REMEMBERED_WRAPS)(typeface.wrap)

    @property
    def hero(self) -> Colour:
        """Ground of the upper part: the department's colour."""
        return self.colours.department(self.department)

    @property
    def department_icon(self) -> str:
        """The department's icon, the place's where there is none."""
        return self.icon_of(self.department)

    def icon_of(self, department: str) -> str:
        """The icon that stands for a department."""
        return self.measures.icons.get(department, self.measures.icons["place"])

    def style(self, name: str, weight: Weight = "regular") -> TextStyle:
        """A text style by its name in `TypeSizes`, at the citizen's text size."""
        size = scaled(getattr(self.measures.type, name), self.scale)
        return TextStyle(size, round(size * self.measures.line_height), weight)

    def wrap(
        self, text: str, style: TextStyle, width: int, *, balanced: bool = False
    ) -> tuple[str, ...]:
        """Lines that fit the width; remembered until `forget`."""
        return self._wrap(text, style.size, style.weight, width, balanced=balanced)

    def width(self, text: str, style: TextStyle) -> int:
        """Pixels one line needs."""
        return int(self.typeface.width(text, style.size, style.weight) + 0.999)

    def forget(self) -> None:
        """Drop every remembered text: a session has ended."""
        self._wrap.cache_clear()
