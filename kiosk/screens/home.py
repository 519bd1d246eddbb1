"""Home: the four departments as large cards."""

from dataclasses import dataclass

from kiosk.screens.drawing import LocalState, Rect, Sheet
from kiosk.screens.look import Look
from kiosk.screens.page import PageParts, paragraph, title
from kiosk.screens.view_model import DepartmentCard, HomeView
from kiosk.screens.widgets.button import paint_of
from kiosk.screens.widgets.card import Banner, IconTile, draw_ground
from kiosk.screens.widgets.layout import Beside, Column, Grid, Widget
from kiosk.screens.widgets.text import Icon, Label

_NAMES_ONLY_FROM = 1.5
"""At large text the four departments stand on one screen without their services."""
_PADDING_PX = 32


def build(view: HomeView, look: Look, local: LocalState) -> PageParts:
    """Two by two."""
    cards = [DepartmentButton(card) for card in view.cards]
    return PageParts(
        hero=[title(look, view.title, "display")],
        told=[Banner(view.notice, "warning")] if view.notice else [],
        touched=Grid(cards, 2, look.measures.space.gap, most_growth=1.4),
        grows=True,
        has_sign=True,
    )


@dataclass(frozen=True, slots=True)
class DepartmentButton:
    """One department: its sign, its name, what is most asked for, and what is wrong if anything."""

    card: DepartmentCard

    def height(self, look: Look, width: int) -> int:
        """Its content and padding."""
        padding = _PADDING_PX
        return self._content(look).height(look, width - 2 * padding) + 2 * padding

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        """The whole card is the target."""
        action = self.card.open
        pressed = action.enabled and sheet.touchable(self.card.title, rect, action.event)
        paint = paint_of(look, "choice", pressed=pressed, enabled=action.enabled, chosen=False)
        radius = look.measures.radius.card
        draw_ground(
            sheet, rect, ground=paint.ground, edge=paint.edge, stroke=paint.stroke, radius=radius
        )
        self._content(look).draw(look, sheet, rect.inset(_PADDING_PX))

    def _content(self, look: Look) -> Widget:
        space, colours = look.measures.space, look.colours
        ground = colours.department(self.card.department)
        tile = IconTile(
            look.icon_of(self.card.department), 112, colours.on_hero, ground, colours.edge
        )
        name = Label(self.card.title, look.style("question", "bold"), colours.ink)
        size = look.style("question").size
        arrow = Icon("chevron-right", size, colours.ink)
        lines: list[Widget] = [
            Beside(arrow, size, tile, space.gap, at_right=True),
            name,
        ]
        if look.factor < _NAMES_ONLY_FROM:
            services = [paragraph(look, f"· {name}", "help") for name in self.card.services]
            lines.append(Column(services, space.hair))
        if self.card.note:
            style = look.style("small", "bold")
            sign = Icon("alert-triangle", style.line, colours.warning_mark)
            note = Label(self.card.note, style, colours.warning)
            is_wide = look.factor < _NAMES_ONLY_FROM
            lines.append(Beside(sign, style.line, note, space.small) if is_wide else note)
        return Column(lines, space.small)
