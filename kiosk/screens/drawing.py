"""What a screen consists of once laid out: boxes, lines of text, pictures, and what is touched.

Pure values in whole pixels from the top left, so that layouts are tested without a window and two
equal screens are seen to be equal.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from kiosk.flow.events import Touch
from kiosk.screens.theme import Colour
from kiosk.screens.typeface import Weight


@dataclass(frozen=True, slots=True)
class Rect:
    """A place on the screen."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """First pixel column beyond it."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """First pixel row beyond it."""
        return self.y + self.height

    def holds(self, x: float, y: float) -> bool:
        """Is the point inside?"""
        return self.x <= x < self.right and self.y <= y < self.bottom

    def shifted(self, down: int) -> "Rect":
        """The same place lower by `down`."""
        return Rect(self.x, self.y + down, self.width, self.height)

    def inset(self, by: int) -> "Rect":
        """Smaller on each side; negative: larger."""
        return Rect(self.x + by, self.y + by, self.width - 2 * by, self.height - 2 * by)


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle with round corners, and an edge inside it where it has one."""

    rect: Rect
    colour: Colour
    radius: int = 0
    edge: Colour | None = None
    stroke: int = 0


@dataclass(frozen=True, slots=True)
class Words:
    """One line of text; `rect` is as wide as the text and as high as its line."""

    rect: Rect
    text: str = field(repr=False)
    size: int
    weight: Weight
    colour: Colour


@dataclass(frozen=True, slots=True)
class Photograph:
    """An encoded picture, drawn as large as fits."""

    rect: Rect
    jpeg: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Motion:
    """From where a group comes, and how often: it rests in its own place."""

    from_x: int
    from_y: int
    move_s: float
    rest_s: float


@dataclass(frozen=True, slots=True)
class Moving:
    """Drawings that move together; drawn in their place when motion is reduced."""

    parts: tuple["Box | Words", ...]
    motion: Motion


@dataclass(frozen=True, slots=True)
class Live:
    """A place the window fills by itself: camera picture, ink, time left, the clock."""

    kind: Literal["camera", "ink", "time_bar", "clock", "date", "seconds"]
    rect: Rect
    colour: Colour
    ground: Colour
    size: int = 0
    """Text size of a clock, stroke width of ink, corner radius of a bar."""
    seconds: float = 0
    """What a time bar counts down."""
    right: bool = False
    """A clock stands at the right of its place."""
    language: str = ""
    """In which a date is written."""


Drawing = Box | Words | Photograph | Moving | Live


@dataclass(frozen=True, slots=True)
class PadPress:
    """Something the screen does by itself, without telling the flow."""

    what: Literal[
        "digit", "erase", "submit_digits", "clear_ink", "submit_ink", "scroll_up", "scroll_down"
    ]
    digit: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Target:
    """Something touchable. It counts when the touch begins and ends inside."""

    key: str
    label: str = field(repr=False)
    rect: Rect
    act: Touch | PadPress


@dataclass(slots=True)
class LocalState:
    """What a page remembers between two views of it: typed digits, ink, what is pressed."""

    digits: str = field(default="", repr=False)
    strokes: list[list[tuple[float, float]]] = field(default_factory=list, repr=False)
    ink_missing: bool = False
    pressed: str = ""
    """Key of the target under the finger."""
    camera_problem: str = "no_page"
    """Before the first frame nothing is seen, and nothing praised."""


@dataclass(slots=True)
class Sheet:
    """Collects drawings and targets while widgets place themselves."""

    pressed: str = ""
    drawings: list[Drawing] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    prefix: str = ""

    def draw(self, drawing: Drawing) -> None:
        """Lay one more drawing on top."""
        self.drawings.append(drawing)

    def touchable(self, label: str, rect: Rect, act: Touch | PadPress) -> bool:
        """Add a target; True while it is pressed."""
        key = f"{self.prefix}{len(self.targets)}:{label}"
        self.targets.append(Target(key, label, rect, act))
        return key == self.pressed


@dataclass(frozen=True, slots=True)
class Layer:
    """Drawings and targets that belong together."""

    drawings: tuple[Drawing, ...] = ()
    targets: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """A whole screen: the body scrolls in its viewport; the bars around stay; a warning covers."""

    name: str
    ground: Colour
    viewport: Rect
    body_height: int
    body: Layer
    """In screen coordinates as drawn unscrolled."""
    bars: Layer
    over: Layer = Layer()
    ink_area: Rect | None = None
    anywhere: Touch | None = None
    """What a touch beside every target means."""

    @property
    def scroll_range(self) -> int:
        """How far the body can be scrolled, in pixels."""
        return max(0, self.body_height - self.viewport.height)


Emit = Callable[[Touch], None]
