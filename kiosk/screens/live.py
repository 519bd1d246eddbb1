"""Places on the screen that change without a new view: clock, time left, camera, ink, motion."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kivy.graphics import (
    BorderImage,
    Color,
    InstructionGroup,
    Line,
    PopMatrix,
    PushMatrix,
    Rectangle,
    SmoothLine,
    Translate,
)
from kivy.graphics.texture import Texture

from kiosk.screens.drawing import Live, Motion, Rect, Words
from kiosk.screens.textures import LineTextures, corner_texture
from kiosk.screens.typeface import Typeface

Quad = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class CameraFrame:
    """One picture, already as small as its place and in red-green-blue."""

    width: int
    height: int
    rgb: bytes
    quad: tuple[tuple[float, float], ...]
    """Corners of the page in this picture's pixels; empty when none was found."""


class LiveText:
    """A few figures, such as the time of day, redrawn when they change."""

    def __init__(
        self,
        live: Live,
        lines: LineTextures,
        typeface: Typeface,
        height: int,
        now: Callable[[], str],
    ) -> None:
        """Draw what there is to say now."""
        self.group = InstructionGroup()
        self._live, self._lines, self._typeface = live, lines, typeface
        self._height, self._now = height, now
        self._shown = ""
        self.tick()

    def tick(self) -> None:
        """Ask what there is to say now."""
        text = self._now()
        if text == self._shown:
            return
        self._shown = text
        rect, size = self._live.rect, self._live.size
        width = int(self._typeface.width(text, size, "bold") + 0.999)
        left = rect.right - width if self._live.right else rect.x
        place = Rect(left, rect.y, width, rect.height)
        texture = self._lines.of(Words(place, text, size, "bold", self._live.colour))
        self.group.clear()
        self.group.add(Color(*self._live.colour))
        self.group.add(
            Rectangle(
                texture=texture,
                pos=(left, self._height - rect.bottom),
                size=texture.size,
            )
        )


def seconds_left(seconds: float) -> Callable[[], str]:
    """Counts down from now, in whole seconds; 0 at the end."""
    ends = time.monotonic() + seconds
    return lambda: str(max(0, math.ceil(ends - time.monotonic())))


class LiveTimeBar:
    """What is left of a time, from when it was first shown."""

    def __init__(self, live: Live, height: int) -> None:
        """Full."""
        self.group = InstructionGroup()
        self._live = live
        self._ends = time.monotonic() + live.seconds
        radius = live.size
        self._bar = BorderImage(
            texture=corner_texture(radius),
            border=(radius, radius, radius, radius),
            pos=(live.rect.x, height - live.rect.bottom),
            size=(live.rect.width, live.rect.height),
        )
        self.group.add(Color(*live.colour))
        self.group.add(self._bar)

    def tick(self) -> None:
        """Shrink; half a percent at a time, which the eye takes for smooth."""
        left = max(0.0, self._ends - time.monotonic()) / max(0.001, self._live.seconds)
        least = 2 * self._live.size + 2
        width = max(least, round(left * 200) / 200 * self._live.rect.width)
        if self._bar.size[0] != width:
            self._bar.size = (width, self._live.rect.height)


class LiveCamera:
    """The newest picture with the page outlined."""

    def __init__(self, live: Live, height: int) -> None:
        """Nothing until the first picture comes."""
        self.group = InstructionGroup()
        self._live, self._height = live, height
        self._texture: Texture | None = None

    def show(self, frame: CameraFrame) -> None:
        """Put the picture into the middle of the place."""
        rect = self._live.rect
        factor = min(rect.width / frame.width, rect.height / frame.height)
        width, height = round(frame.width * factor), round(frame.height * factor)
        left = rect.x + (rect.width - width) // 2
        top = rect.y + (rect.height - height) // 2
        if self._texture is None or self._texture.size != (frame.width, frame.height):
            self._texture = Texture.create(size=(frame.width, frame.height), colorfmt="rgb")
            self._texture.flip_vertical()
        self._texture.blit_buffer(frame.rgb, colorfmt="rgb", bufferfmt="ubyte")
        self.group.clear()
        self.group.add(Color(1, 1, 1, 1))
        self.group.add(
            Rectangle(
                texture=self._texture,
                pos=(left, self._height - top - height),
                size=(width, height),
            )
        )
        if frame.quad:
            points = [
                number
                for x, y in frame.quad
                for number in (left + x * factor, self._height - top - y * factor)
            ]
            self.group.add(Color(*self._live.colour))
            self.group.add(SmoothLine(points=points, width=self._live.size / 2, close=True))

    def tick(self) -> None:
        """Pictures come by themselves."""


class LiveInk:
    """Strokes of a signature while they are drawn."""

    def __init__(
        self, live: Live, height: int, strokes: Sequence[Sequence[tuple[float, float]]]
    ) -> None:
        """Draw what was there before."""
        self.group = InstructionGroup()
        self._live, self._height = live, height
        self._line: Line | None = None
        for stroke in strokes:
            self.begin(*stroke[0])
            for point in stroke[1:]:
                self.extend(*point)

    def begin(self, x: float, y: float) -> None:
        """A new stroke."""
        self._line = Line(
            points=(x, self._height - y, x + 0.1, self._height - y),
            width=self._live.size / 2,
            cap="round",
            joint="round",
        )
        self.group.add(Color(*self._live.colour))
        self.group.add(self._line)

    def extend(self, x: float, y: float) -> None:
        """The present stroke goes on."""
        if self._line is not None:
            self._line.points = [*self._line.points, x, self._height - y]

    def clear(self) -> None:
        """White again."""
        self.group.clear()
        self._line = None

    def tick(self) -> None:
        """Ink stays."""


class LiveMotion:
    """A group that comes from somewhere to its place, rests, and comes again."""

    def __init__(self, motion: Motion, inside: InstructionGroup) -> None:
        """Begin where it comes from."""
        self.group = InstructionGroup()
        self._motion = motion
        self._began = time.monotonic()
        self._shift = Translate(motion.from_x, -motion.from_y, 0)
        self.group.add(PushMatrix())
        self.group.add(self._shift)
        self.group.add(inside)
        self.group.add(PopMatrix())

    def tick(self) -> None:
        """Move on; slower towards the end."""
        motion = self._motion
        at = (time.monotonic() - self._began) % (motion.move_s + motion.rest_s)
        rest = max(0.0, 1 - at / motion.move_s) ** 3
        place = (round(motion.from_x * rest), round(-motion.from_y * rest))
        if (self._shift.x, self._shift.y) != place:
            self._shift.x, self._shift.y = place


LivePart = LiveText | LiveTimeBar | LiveCamera | LiveInk | LiveMotion
