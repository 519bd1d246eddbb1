"""Grounds to stand on: cards with an edge, round tiles behind icons, banners."""

from dataclasses import dataclass, field

from kiosk.screens.drawing import Box, Rect, Sheet
from kiosk.screens.look import Look
from kiosk.screens.theme import Colour, Tone
from kiosk.screens.widgets.layout import Beside, Column, Widget
from kiosk.screens.widgets.text import Icon, Label


def draw_ground(
    sheet: Sheet, rect: Rect, *, ground: Colour, edge: Colour | None, stroke: int, radius: int
) -> None:
    """A rounded ground, with an edge inside its place."""
    sheet.draw(Box(rect, ground, radius, edge, stroke if edge else 0))


@dataclass(frozen=True, slots=True)
class Card:
    """A widget on a raised ground with a thin edge."""

    child: Widget
    padding: int
    ground: Colour
    edge: Colour | None
    radius: int

    def height(self, look: Look, width: int) -> int:
        """The child and the padding."""
        return self.child.height(look, width - 2 * self.padding) + 2 * self.padding

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        """The ground, then the child."""
        draw_ground(
            sheet,
            rect,
            ground=self.ground,
            edge=self.edge,
            stroke=look.measures.stroke.line,
            radius=self.radius,
        )
        self.child.draw(look, sheet, rect.inset(self.padding))


def plain_card(look: Look, child: Widget) -> Card:
    """The usual card."""
    colours = look.colours
    return Card(
        child, look.measures.space.block, colours.raised, colours.line, look.measures.radius.card
    )


@dataclass(frozen=True, slots=True)
class IconTile:
    """An icon on a coloured square: a department's sign."""

    name: str
    size: int
    """Side of the square."""
    colour: Colour
    ground: Colour
    edge: Colour | None = None

    def height(self, look: Look, width: int) -> int:
        """As high as wide."""
        return self.size

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        """The square at the left of its place, the icon in its middle."""
        square = Rect(rect.x, rect.y, self.size, self.size)
        draw_ground(
            sheet,
            square,
            ground=self.ground,
            edge=self.edge,
            stroke=look.measures.stroke.line,
            radius=look.measures.radius.card,
        )
        Icon(self.name, int(self.size * 0.62), self.colour).draw(look, sheet, square)


_TONE_ICONS: dict[Tone, str] = {
    "good": "circle-check",
    "warning": "alert-triangle",
    "fault": "alert-circle",
}


@dataclass(frozen=True, slots=True)
class Banner:
    """A calm line or two about something that is not as it should be, with its sign."""

    text: str = field(repr=False)
    tone: Tone
    style_name: str = "help"

    def height(self, look: Look, width: int) -> int:
        """Text, sign and padding."""
        return self._card(look).height(look, width)

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        """The ground of the tone, an edge of its mark."""
        self._card(look).draw(look, sheet, rect)

    def _card(self, look: Look) -> Card:
        text, ground, mark = look.colours.of_tone(self.tone)
        style = look.style(self.style_name)
        icon = round(style.size * 1.3)
        line = Beside(
            Icon(_TONE_ICONS[self.tone], icon, mark),
            icon,
            Label(self.text, style, text),
            look.measures.space.small,
        )
        space = look.measures.space
        return Card(Column([line]), space.gap, ground, mark, look.measures.radius.card)
