"""Home: the four departments as large cards."""

from dataclasses import dataclass

from kiosk.screens.drawing import LocalState, Rect, Sheet
from kiosk.screens.look import Look
from kiosk.screens.page import PageParts, paragraph, title
from kiosk.screens.view_model import DepartmentCard, HomeView
from kiosk.screens.widgets.button import paint_of
from kiosk.screens.widgets.card import Banner, IconTile, draw_ground
from kiosk.screens.widgets.layout import Beside, Column, Grid, Widget
from kiosk.screens.widgets.text import Label


def build(view: HomeView, look: Look, local: LocalState) -> PageParts:
    """Two by two; one under the other when the text is large."""
    columns = 2 if look.factor < 1.5 else 1
    cards = [DepartmentButton(card) for card in view.cards]
    return PageParts(
        hero=[title(look, view.title, "display")],
        told=[Banner(view.notice, "warning")] if view.notice else [],
        touched=Grid(cards, columns, look.measures.space.gap, most_growth=1.5),
        grows=True,
    )


@dataclass(frozen=True, slots=True)
class DepartmentButton:
    """One department: its sign, its name, what is most asked for, and what is wrong if anything."""

    card: DepartmentCard

    def height(self, look: Look, width: int) -> int:
        """Its content and padding."""
        padding = look.measures.space.block
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
        self._content(look).draw(look, sheet, rect.inset(look.measures.space.block))

    def _content(self, look: Look) -> Widget:
        space, colours = look.measures.space, look.colours
        ground = colours.department(self.card.department)
        tile = IconTile(
            look.icon_of(self.card.department), 112, colours.on_hero, ground, colours.edge
        )
        name = Label(self.card.title, look.style("question", "bold"), colours.ink)
        lines: list[Widget] = [Beside(tile, 112, name, space.gap)]
        services = [paragraph(look, f"· {service}", "help") for service in self.card.services]
        lines.append(Column(services, space.hair))
        if self.card.note:
            lines.append(Label(self.card.note, look.style("small", "bold"), colours.warning_mark))
        return Column(lines, space.gap)
