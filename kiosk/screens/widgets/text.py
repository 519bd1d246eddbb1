"""Text that wraps and never clips, and icons."""

from dataclasses import dataclass, field
from typing import Literal

from kiosk.screens.drawing import Rect, Sheet, Words
from kiosk.screens.look import Look, TextStyle
from kiosk.screens.theme import Colour

Align = Literal["left", "centre", "right"]


@dataclass(frozen=True, slots=True)
class Label:
    """Lines of text, wrapped to the width it is given."""

    text: str = field(repr=False)
    style: TextStyle
    colour: Colour
    align: Align = "left"
    balanced: bool = False
    """Share the words evenly over the lines, as a title wants."""

    def height(self, look: Look, width: int) -> int:
        """As many lines as the width asks for."""
        return len(self._lines(look, width)) * self.style.line

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        """Line under line, from the top."""
        top = rect.y
        for line in self._lines(look, rect.width):
            if line:
                width = look.width(line, self.style)
                left = {
                    "left": rect.x,
                    "centre": rect.x + (rect.width - width) // 2,
                    "right": rect.right - width,
                }[self.align]
                place = Rect(left, top, width, self.style.line)
                sheet.draw(Words(place, line, self.style.size, self.style.weight, self.colour))
            top += self.style.line

    def _lines(self, look: Look, width: int) -> tuple[str, ...]:
        return look.wrap(self.text, self.style, width, balanced=self.balanced)


@dataclass(frozen=True, slots=True)
class Icon:
    """One picture of the icon family, centred in its place."""

    name: str
    size: int
    colour: Colour

    def height(self, look: Look, width: int) -> int:
        """As high as wide."""
        return self.size

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        """Draw it; a name the family lacks is drawn as a plain circle, never as nothing."""
        name = self.name if look.typeface.has_icon(self.name) else "circle"
        left = rect.x + (rect.width - self.size) // 2
        top = rect.y + (rect.height - self.size) // 2
        place = Rect(left, top, self.size, self.size)
        sheet.draw(Words(place, look.typeface.icon(name), self.size, "icon", self.colour))
