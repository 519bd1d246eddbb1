"""One department's services; what cannot be done now says why and what instead."""

from dataclasses import dataclass

from kiosk.screens.drawing import LocalState, Rect, Sheet
from kiosk.screens.look import Look
from kiosk.screens.page import PageParts, paragraph, title
from kiosk.screens.view_model import ServiceListView, ServiceRow
from kiosk.screens.widgets.button import paint_of
from kiosk.screens.widgets.card import Banner, draw_ground
from kiosk.screens.widgets.layout import Beside, Column, Widget
from kiosk.screens.widgets.text import Icon, Label


def build(view: ServiceListView, look: Look, local: LocalState) -> PageParts:
    """One card each."""
    return PageParts(
        hero=[title(look, view.title, "display")],
        has_sign=True,
        touched=Column([RowButton(row) for row in view.rows], look.measures.space.gap),
    )


@dataclass(frozen=True, slots=True)
class RowButton:
    """One service: name, what it gives, how long and what it costs."""

    row: ServiceRow

    def height(self, look: Look, width: int) -> int:
        """Its content and padding."""
        padding = look.measures.space.block
        return self._content(look).height(look, width - 2 * padding) + 2 * padding

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        """The whole card is the target while the service can be opened."""
        action = self.row.open
        pressed = action.enabled and sheet.touchable(self.row.title, rect, action.event)
        paint = paint_of(look, "choice", pressed=pressed, enabled=action.enabled, chosen=False)
        radius = look.measures.radius.card
        draw_ground(
            sheet, rect, ground=paint.ground, edge=paint.edge, stroke=paint.stroke, radius=radius
        )
        self._content(look).draw(look, sheet, rect.inset(look.measures.space.block))

    def _content(self, look: Look) -> Widget:
        space, colours = look.measures.space, look.colours
        lines: list[Widget] = [
            Label(self.row.title, look.style("question", "bold"), colours.ink),
            paragraph(look, self.row.summary, "help"),
            Label(self.row.facts, look.style("help", "bold"), colours.quiet),
        ]
        if self.row.open.why_not:
            lines.append(Banner(self.row.open.why_not, "warning"))
        words = Column(lines, space.small)
        if not self.row.open.enabled:
            return words
        size = look.style("question").size
        return Beside(
            Icon("chevron-right", size, colours.ink), size, words, space.gap, at_right=True
        )
