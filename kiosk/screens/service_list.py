"""One department's services; what cannot be done now says why and what instead."""

from dataclasses import dataclass

from kiosk.screens.drawing import LocalState, Rect, Sheet
from kiosk.screens.look import Look
from kiosk.screens.page import PageParts, paragraph, title
from kiosk.screens.view_model import ServiceListView, ServiceRow
from kiosk.screens.widgets.button import paint_of
from kiosk.screens.widgets.card import Banner, draw_ground
from kiosk.screens.widgets.layout import Beside, Column, Row, Rule, Widget
from kiosk.screens.widgets.text import Icon, Label

_FEW = 2
"""As many stand on one screen with every fact on a line of its own."""


def build(view: ServiceListView, look: Look, local: LocalState) -> PageParts:
    """One card each; a few large ones, many small ones."""
    is_large = len(view.rows) <= _FEW
    rows = [RowButton(row, is_large=is_large) for row in view.rows]
    return PageParts(
        hero=[title(look, view.title, "display")],
        has_sign=True,
        touched=Column(rows, look.measures.space.gap),
    )


@dataclass(frozen=True, slots=True)
class RowButton:
    """One service: name, what it gives, how long and what it costs."""

    row: ServiceRow
    is_large: bool

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
        name = Label(self.row.title, look.style("question", "bold"), colours.ink)
        summary = paragraph(look, self.row.summary, "body" if self.is_large else "help")
        words: Widget = Column([name, summary], space.small)
        if self.row.open.enabled:
            size = look.style("question").size
            arrow = Icon("chevron-right", size, colours.ink)
            words = Beside(arrow, size, words, space.gap, at_right=True)
        lines = [words]
        why_not = self.row.open.why_not or self.row.warning
        if why_not:
            lines.append(Banner(why_not, "warning"))
        if self.is_large and self.row.details:
            lines += [Rule(colours.line), self._details(look)]
        elif not why_not:
            lines.append(Label(self.row.facts, look.style("help", "bold"), colours.quiet))
        return Column(lines, space.block if self.is_large else space.small)

    def _details(self, look: Look) -> Widget:
        """Each with its sign; short ones beside each other while the text is small."""
        space, colours = look.measures.space, look.colours
        size = round(look.style("body").size * 1.2)
        lines = [
            Beside(Icon(icon, size, colours.action), size, paragraph(look, words), space.small)
            for icon, words in self.row.details
        ]
        if look.factor >= 1.5:
            return Column(lines, space.gap)
        *short, last = lines
        return Column([Row(short, space.gap, centred=True), last] if short else lines, space.gap)
