"""Buttons: primary, secondary, choice and quiet; pressed is visible in every theme."""

from dataclasses import dataclass
from typing import Literal

from kiosk.screens.drawing import PadPress, Rect, Sheet
from kiosk.screens.look import Look, TextStyle
from kiosk.screens.theme import Colour
from kiosk.screens.view_model import Action
from kiosk.screens.widgets.card import draw_ground
from kiosk.screens.widgets.layout import Beside, Column, Widget
from kiosk.screens.widgets.text import Align, Icon, Label

Kind = Literal["primary", "secondary", "choice", "quiet"]


@dataclass(frozen=True, slots=True)
class Paint:
    """Colours of a button in one state."""

    ground: Colour
    edge: Colour
    text: Colour
    stroke: int


def paint_of(look: Look, kind: Kind, *, pressed: bool, enabled: bool, chosen: bool) -> Paint:
    """How a button of a kind looks; a pressed one has the focus colour as its edge."""
    colours, stroke = look.colours, look.measures.stroke
    if not enabled:
        return Paint(colours.sunken, colours.line, colours.quiet, stroke.line)
    if kind == "primary":
        ground = colours.action_pressed if pressed else colours.action
        edge = colours.focus if pressed else colours.action
        return Paint(ground, edge, colours.on_action, stroke.focus if pressed else stroke.line)
    if pressed:
        return Paint(colours.tint, colours.focus, colours.on_tint, stroke.focus)
    if chosen:
        return Paint(colours.tint, colours.action, colours.on_tint, stroke.strong)
    if kind == "quiet":
        return Paint(colours.raised, colours.line, colours.ink, stroke.line)
    return Paint(colours.raised, colours.edge, colours.ink, stroke.line)


@dataclass(frozen=True, slots=True)
class Button:
    """One action: its words, perhaps its icon, and below why it cannot be pressed now."""

    action: Action
    kind: Kind = "secondary"
    chosen: bool = False
    style_name: str = "action"
    align: Align = "centre"
    chevron: bool = False
    """An arrow at the right: this leads to another page."""
    pad: PadPress | None = None
    """What the page does itself when pressed, in place of the action's event."""

    def height(self, look: Look, width: int) -> int:
        """Never below its least target height; grows with its text."""
        inner = self._content(look, width, look.colours.ink).height(look, self._inner(look, width))
        return max(self._least(look), inner + 2 * self._padding(look))

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        """The ground, the words in its middle, and the target."""
        pressed = self.action.enabled and sheet.touchable(
            self.action.label, rect, self.pad or self.action.event
        )
        paint = paint_of(
            look, self.kind, pressed=pressed, enabled=self.action.enabled, chosen=self.chosen
        )
        draw_ground(
            sheet,
            rect,
            ground=paint.ground,
            edge=paint.edge,
            stroke=paint.stroke,
            radius=look.measures.radius.card,
        )
        inner = self._inner(look, rect.width)
        content = self._content(look, rect.width, paint.text)
        height = content.height(look, inner)
        place = Rect(
            rect.x + (rect.width - inner) // 2,
            rect.y + (rect.height - height) // 2,
            inner,
            height,
        )
        content.draw(look, sheet, place)

    def fits_one_line(self, look: Look, width: int) -> bool:
        """Does its label stand in one line at this width, icon included?"""
        style = self._style(look)
        icon = round(style.size * 1.2) + look.measures.space.small if self.action.icon else 0
        return look.width(self.action.label, style) + icon <= self._inner(look, width)

    def words_fit(self, look: Look, width: int) -> bool:
        """Do its words alone stand in one line at this width?"""
        return look.width(self.action.label, self._style(look)) <= self._inner(look, width)

    def _style(self, look: Look) -> TextStyle:
        return look.style(self.style_name, "regular" if self.kind == "quiet" else "bold")

    def _least(self, look: Look) -> int:
        target = look.measures.target
        return {
            "primary": target.primary,
            "secondary": target.primary,
            "choice": target.choice,
        }.get(self.kind, target.least)

    def _padding(self, look: Look) -> int:
        space = look.measures.space
        is_tight = self.kind == "quiet" or look.factor >= 1.5
        return space.small if is_tight else space.gap

    def _inner(self, look: Look, width: int) -> int:
        space = look.measures.space
        side = {"quiet": space.small, "choice": space.block}.get(self.kind, space.gap)
        return width - 2 * side

    def _content(self, look: Look, width: int, colour: Colour) -> Widget:
        style = self._style(look)
        icon_size = round(style.size * 1.2)
        space = look.measures.space
        label: Widget = Label(self.action.label, style, colour, self.align, balanced=True)
        if self.action.icon and self.fits_one_line(look, width):
            if self.align == "centre":
                label = _IconAndLabel(self.action.icon, self.action.label, style, colour)
            else:
                label = Beside(
                    Icon(self.action.icon, icon_size, colour), icon_size, label, space.small
                )
        if not self.action.enabled and self.action.why_not:
            note = Label(self.action.why_not, look.style("small"), colour, self.align)
            label = Column([label, note], space.hair)
        if self.chosen:
            label = Beside(
                Icon("circle-check", icon_size, colour),
                icon_size,
                label,
                space.small,
                at_right=True,
            )
        elif self.chevron:
            label = Beside(
                Icon("chevron-right", icon_size, colour),
                icon_size,
                label,
                space.small,
                at_right=True,
            )
        return label


@dataclass(frozen=True, slots=True)
class _IconAndLabel:
    """An icon and one line of text, centred together."""

    icon: str
    label: str
    style: TextStyle
    colour: Colour

    def height(self, look: Look, width: int) -> int:
        return self.style.line

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        icon = round(self.style.size * 1.2)
        gap = look.measures.space.small
        words = look.width(self.label, self.style)
        left = rect.x + (rect.width - icon - gap - words) // 2
        Icon(self.icon, icon, self.colour).draw(look, sheet, Rect(left, rect.y, icon, rect.height))
        Label(self.label, self.style, self.colour).draw(
            look, sheet, Rect(left + icon + gap, rect.y, words + 1, rect.height)
        )


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a pad: a digit or an icon; it acts on the page, not on the flow."""

    act: PadPress
    digit: str = ""
    icon: str = ""
    label: str = ""
    least: int = 0

    def height(self, look: Look, width: int) -> int:
        """At least a choice's height."""
        return max(self.least, look.measures.target.least, look.style("question").line)

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        """The ground, the sign, the target."""
        pressed = sheet.touchable(self.label or self.digit or self.icon, rect, self.act)
        paint = paint_of(look, "secondary", pressed=pressed, enabled=True, chosen=False)
        draw_ground(
            sheet,
            rect,
            ground=paint.ground,
            edge=paint.edge,
            stroke=paint.stroke,
            radius=look.measures.radius.card,
        )
        style = look.style("question", "bold")
        if self.digit:
            place = Rect(rect.x, rect.y + (rect.height - style.line) // 2, rect.width, style.line)
            Label(self.digit, style, paint.text, "centre").draw(look, sheet, place)
        else:
            Icon(self.icon, style.size, paint.text).draw(look, sheet, rect)
