"""What is happening and how long it lasts: steps with their state, and time running out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from kiosk.screens.drawing import Box, Live, Rect, Sheet
from kiosk.screens.look import Look
from kiosk.screens.theme import Colour
from kiosk.screens.widgets.layout import Beside, Column, Widget
from kiosk.screens.widgets.text import Icon, Label

StepState = Literal["done", "now", "next", "failed"]

BAR_HEIGHT = 16


@dataclass(frozen=True, slots=True)
class StepList:
    """One line for each step: a sign, its words; the present one is bold."""

    steps: Sequence[tuple[str, StepState]]

    def height(self, look: Look, width: int) -> int:
        """All lines."""
        return self._column(look).height(look, width)

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        """From the first to the last."""
        self._column(look).draw(look, sheet, rect)

    def _column(self, look: Look) -> Column:
        lines: list[Widget] = []
        for words, state in self.steps:
            sign, colour = self._sign(look, state)
            style = look.style("question", "bold" if state == "now" else "regular")
            size = round(style.size * 1.4)
            text = look.colours.ink if state in {"now", "done"} else look.colours.quiet
            lines.append(
                Beside(
                    Icon(sign, size, colour),
                    size,
                    Label(words, style, text),
                    look.measures.space.gap,
                )
            )
        return Column(lines, look.measures.space.block)

    def _sign(self, look: Look, state: StepState) -> tuple[str, Colour]:
        colours = look.colours
        return {
            "done": ("circle-check", colours.good_mark),
            "now": ("player-play", colours.action),
            "next": ("circle", colours.edge),
            "failed": ("circle-x", colours.fault_mark),
        }[state]


@dataclass(frozen=True, slots=True)
class SecondsLeft:
    """Time left in figures, at the right of its place."""

    seconds: float

    def height(self, look: Look, width: int) -> int:
        """One line."""
        return look.style("title").line

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        """Leave the place to the window."""
        colours, style = look.colours, look.style("title", "bold")
        sheet.draw(
            Live("seconds", rect, colours.ink, colours.paper, style.size, self.seconds, right=True)
        )


@dataclass(frozen=True, slots=True)
class CountdownBar:
    """Time left, as a bar that shrinks; the window moves it."""

    seconds: float

    def height(self, look: Look, width: int) -> int:
        """A thin bar."""
        return BAR_HEIGHT

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        """The whole time as its ground, what is left on it."""
        colours = look.colours
        stroke = look.measures.stroke.line
        sheet.draw(Box(rect, colours.paper, BAR_HEIGHT // 2, colours.edge, stroke))
        sheet.draw(
            Live("time_bar", rect, colours.action, colours.paper, BAR_HEIGHT // 2, self.seconds)
        )
