"""What is filled in by hand: the number pad, the signature, the camera's picture."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from kiosk.screens.drawing import Box, Live, PadPress, Rect, Sheet
from kiosk.screens.look import Look
from kiosk.screens.widgets.button import Key
from kiosk.screens.widgets.card import draw_ground
from kiosk.screens.widgets.layout import Grid
from kiosk.screens.widgets.text import Icon, Label


def grouped(digits: str, groups: Sequence[int]) -> str:
    """Digits parted by spaces as one reads them aloud, such as 138 0000 0000."""
    parts: list[str] = []
    rest = digits
    for size in groups:
        if rest:
            parts.append(rest[:size])
            rest = rest[size:]
    while rest:
        parts.append(rest[:4])
        rest = rest[4:]
    return " ".join(parts)


@dataclass(frozen=True, slots=True)
class DigitsField:
    """The digits typed so far, grouped, with a line for each still missing."""

    digits: str = field(repr=False)
    length: int
    """Lines shown in all; 0 when any length is welcome."""
    groups: Sequence[int]

    def height(self, look: Look, width: int) -> int:
        """As many lines as the digits need."""
        padding = look.measures.space.gap
        return self._label(look).height(look, width - 2 * padding) + 2 * padding

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        """On a raised ground with a strong edge: this is what is being filled in."""
        measures = look.measures
        draw_ground(
            sheet,
            rect,
            ground=look.colours.raised,
            edge=look.colours.action,
            stroke=measures.stroke.strong,
            radius=measures.radius.card,
        )
        padding = measures.space.gap
        self._label(look).draw(look, sheet, rect.inset(padding))

    def _label(self, look: Look) -> Label:
        shown = self.digits + "_" * max(0, self.length - len(self.digits))
        style = look.style("digits", "bold")
        return Label(grouped(shown, self.groups) or " ", style, look.colours.ink, "centre")


class NumberPad:
    """Ten digits, take one back, begin again."""

    def height(self, look: Look, width: int) -> int:
        """Four rows of keys."""
        return self._grid(look).height(look, width)

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        """As on a telephone: 1 2 3 above."""
        self._grid(look).draw(look, sheet, rect)

    def _grid(self, look: Look) -> Grid:
        least = look.measures.target.choice if look.factor < 1.5 else look.measures.target.least
        keys = [Key(PadPress("digit", digit), digit, least=least) for digit in "123456789"]
        keys.append(Key(PadPress("erase", "all"), icon="eraser", label="clear", least=least))
        keys.append(Key(PadPress("digit", "0"), "0", least=least))
        keys.append(Key(PadPress("erase"), icon="backspace", label="erase", least=least))
        return Grid(keys, 3, look.measures.space.gap, most_growth=1.2)


@dataclass(frozen=True, slots=True)
class SignaturePad:
    """White ground to sign on with a finger; ink is kept by the window."""

    least: int

    def height(self, look: Look, width: int) -> int:
        """What it was given."""
        return self.least

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        """An edge, a line to write on, a pen where to begin."""
        colours, measures = look.colours, look.measures
        draw_ground(
            sheet,
            rect,
            ground=colours.raised,
            edge=colours.action,
            stroke=measures.stroke.strong,
            radius=measures.radius.card,
        )
        margin = measures.space.section
        line = Rect(
            rect.x + margin,
            rect.y + int(rect.height * 0.74),
            rect.width - 2 * margin,
            measures.stroke.line,
        )
        sheet.draw(Box(line, colours.edge))
        size = look.style("question").size
        pen = Rect(line.x, line.y - size - measures.space.small, size, size)
        Icon("pencil", size, colours.edge).draw(look, sheet, pen)
        ink = rect.inset(measures.stroke.strong)
        sheet.draw(Live("ink", ink, colours.ink, colours.raised, measures.stroke.focus))


@dataclass(frozen=True, slots=True)
class CameraPane:
    """The live picture, with the page outlined by the window."""

    share: float
    """Height as a share of the width."""

    def height(self, look: Look, width: int) -> int:
        """By its share."""
        return int(width * self.share)

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        """A dark ground until the first picture comes."""
        colours = look.colours
        draw_ground(
            sheet,
            rect,
            ground=colours.live,
            edge=colours.edge,
            stroke=look.measures.stroke.strong,
            radius=look.measures.radius.card,
        )
        Icon("camera", look.style("clock").size, colours.on_live).draw(look, sheet, rect)
        picture = rect.inset(look.measures.radius.small)
        sheet.draw(Live("camera", picture, colours.focus, colours.live, look.measures.stroke.focus))
