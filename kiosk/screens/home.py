"""Home: the four departments as large cards, all on one screen."""

from dataclasses import dataclass

from kiosk.screens.drawing import LocalState, Rect, Sheet
from kiosk.screens.look import Look
from kiosk.screens.page import PageParts, paragraph, title
from kiosk.screens.view_model import DepartmentCard, HomeView
from kiosk.screens.widgets.button import paint_of
from kiosk.screens.widgets.card import Banner, IconTile, draw_ground
from kiosk.screens.widgets.layout import Beside, Column, Widget
from kiosk.screens.widgets.text import Icon, Label

_NAMES_ONLY_FROM = 1.5
"""At large text the four departments stand on one screen without their services."""
_PADDING_PX = 24
_TILE_PX = 128


def build(view: HomeView, look: Look, local: LocalState) -> PageParts:
    """One under the other, as high as the room allows."""
    cards = [DepartmentButton(card) for card in view.cards]
    return PageParts(
        hero=[title(look, view.title, "display")],
        told=[Banner(view.notice, "warning")] if view.notice else [],
        touched=Column(cards, look.measures.space.gap, most_growth=1.5),
        grows=True,
        has_sign=True,
    )


@dataclass(frozen=True, slots=True)
class DepartmentButton:
    """One department: its sign, its name, what is most asked for, and what is wrong if anything."""

    card: DepartmentCard

    def height(self, look: Look, width: int) -> int:
        """Its content and padding."""
        inner = width - 2 * _PADDING_PX
        return self._content(look, inner).height(look, inner) + 2 * _PADDING_PX

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        """The whole card is the target; its content stands in the middle."""
        action = self.card.open
        pressed = action.enabled and sheet.touchable(self.card.title, rect, action.event)
        paint = paint_of(look, "choice", pressed=pressed, enabled=action.enabled, chosen=False)
        radius = look.measures.radius.card
        draw_ground(
            sheet, rect, ground=paint.ground, edge=paint.edge, stroke=paint.stroke, radius=radius
        )
        inner = rect.inset(_PADDING_PX)
        content = self._content(look, inner.width)
        height = content.height(look, inner.width)
        top = inner.y + (inner.height - height) // 2
        content.draw(look, sheet, Rect(inner.x, top, inner.width, height))

    def _content(self, look: Look, width: int) -> Widget:
        space, colours = look.measures.space, look.colours
        ground = colours.department(self.card.department)
        sign = look.icon_of(self.card.department)
        tile = IconTile(sign, _TILE_PX, colours.on_hero, ground, colours.edge)
        size = look.style("question").size
        arrow = Icon("chevron-right", size, colours.ink)
        words_width = width - _TILE_PX - size - 2 * space.gap - space.small
        words = Beside(arrow, size, self._words(look, words_width), space.small, at_right=True)
        return Beside(tile, _TILE_PX, words, 2 * space.gap)

    def _words(self, look: Look, width: int) -> Widget:
        space, colours = look.measures.space, look.colours
        style = look.style("question", "bold")
        name = Label(self.card.title, style, colours.ink)
        lines: list[Widget] = [name]
        if look.factor < _NAMES_ONLY_FROM:
            services = " · ".join(self.card.services)
            lines.append(paragraph(look, services, "help", colours.quiet))
        if not self.card.note:
            return Column(lines)
        note_style = look.style("small", "bold")
        icon = Icon("alert-triangle", note_style.line, colours.warning_mark)
        note_width = look.width(self.card.note, note_style) + note_style.line + space.small
        note = Beside(
            icon, note_style.line, Label(self.card.note, note_style, colours.warning), space.small
        )
        name_width = look.width(self.card.title, style)
        if name_width + space.gap + note_width <= width:
            lines[0] = Beside(note, note_width, name, space.gap, at_right=True)
            return Column(lines)
        return Column([*lines, note])
