"""Columns, rows and spaces: how widgets stand to each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from kiosk.screens.drawing import Box, Rect, Sheet
from kiosk.screens.look import Look
from kiosk.screens.theme import Colour


class Widget(Protocol):
    """Something that knows its height at a width and can place itself."""

    def height(self, look: Look, width: int) -> int:
        """The least height at which nothing is clipped."""

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        """Place drawings and targets inside `rect`, which is at least that high."""


@dataclass(frozen=True, slots=True)
class Space:
    """Nothing, of a height."""

    pixels: int

    def height(self, look: Look, width: int) -> int:
        """Its own height."""
        return self.pixels

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        """Nothing to draw."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A thin line between parts."""

    colour: Colour

    def height(self, look: Look, width: int) -> int:
        """One line."""
        return look.measures.stroke.line

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        """Draw the line along the top of the place."""
        thin = Rect(rect.x, rect.y, rect.width, look.measures.stroke.line)
        sheet.draw(Box(thin, self.colour))


@dataclass(frozen=True, slots=True)
class Column:
    """Widgets under each other."""

    children: Sequence[Widget]
    gap: int = 0
    most_growth: float = 1.0
    """How much higher than needed a child may become when there is room to fill."""

    def height(self, look: Look, width: int) -> int:
        """All children and the gaps between them."""
        gaps = self.gap * max(0, len(self.children) - 1)
        return sum(child.height(look, width) for child in self.children) + gaps

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        """From the top down, growing evenly into spare room as far as allowed."""
        heights = [child.height(look, rect.width) for child in self.children]
        needed = sum(heights)
        gaps = self.gap * max(0, len(heights) - 1)
        growth = min(self.most_growth, (rect.height - gaps) / needed) if needed else 1.0
        top = rect.y
        for child, height in zip(self.children, heights, strict=True):
            grown = max(height, int(height * growth))
            child.draw(look, sheet, Rect(rect.x, top, rect.width, grown))
            top += grown + self.gap


@dataclass(frozen=True, slots=True)
class Row:
    """Widgets side by side, each given the row's height; shares divide the width."""

    children: Sequence[Widget]
    gap: int = 0
    shares: Sequence[float] = ()
    """Relative widths; empty: equal."""
    centred: bool = False
    """Place each child in the middle of the row's height instead of stretching it."""

    def height(self, look: Look, width: int) -> int:
        """The highest child."""
        return max(
            child.height(look, part)
            for child, part in zip(self.children, self._widths(width), strict=True)
        )

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        """From left to right."""
        left = rect.x
        for child, width in zip(self.children, self._widths(rect.width), strict=True):
            height = child.height(look, width) if self.centred else rect.height
            top = rect.y + (rect.height - height) // 2
            child.draw(look, sheet, Rect(left, top, width, height))
            left += width + self.gap

    def _widths(self, width: int) -> list[int]:
        shares = list(self.shares) or [1.0] * len(self.children)
        room = width - self.gap * (len(shares) - 1)
        widths = [int(room * share / sum(shares)) for share in shares]
        widths[-1] += room - sum(widths)
        return widths


@dataclass(frozen=True, slots=True)
class Beside:
    """A widget of a fixed width at the left or right of one that takes the rest."""

    fixed: Widget
    fixed_width: int
    rest: Widget
    gap: int
    at_right: bool = False

    def height(self, look: Look, width: int) -> int:
        """The higher of the two."""
        rest = width - self.fixed_width - self.gap
        return max(self.fixed.height(look, self.fixed_width), self.rest.height(look, rest))

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        """Both in the middle of the height."""
        rest_width = rect.width - self.fixed_width - self.gap
        left = rect.x if self.at_right else rect.x + self.fixed_width + self.gap
        fixed_left = rect.right - self.fixed_width if self.at_right else rect.x
        for widget, x, width in (
            (self.fixed, fixed_left, self.fixed_width),
            (self.rest, left, rest_width),
        ):
            height = widget.height(look, width)
            widget.draw(look, sheet, Rect(x, rect.y + (rect.height - height) // 2, width, height))


@dataclass(frozen=True, slots=True)
class Grid:
    """Equal cells in columns, row by row; each row as high as its highest cell."""

    cells: Sequence[Widget]
    columns: int
    gap: int
    most_growth: float = 1.0

    def height(self, look: Look, width: int) -> int:
        """All rows and gaps."""
        return self._column().height(look, width)

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        """Row by row."""
        self._column().draw(look, sheet, rect)

    def _column(self) -> Column:
        rows: list[Widget] = []
        for first in range(0, len(self.cells), self.columns):
            cells = list(self.cells[first : first + self.columns])
            cells += [Space(0)] * (self.columns - len(cells))
            rows.append(Row(cells, self.gap))
        return Column(rows, self.gap, self.most_growth)
