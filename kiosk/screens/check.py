"""Everything on one page before it goes; each answer can be changed and comes back here."""

from kiosk.screens.drawing import LocalState
from kiosk.screens.look import Look
from kiosk.screens.page import PageParts, explanation, paragraph, title
from kiosk.screens.view_model import AnswerRow, CheckView
from kiosk.screens.widgets.button import Button
from kiosk.screens.widgets.card import Card
from kiosk.screens.widgets.layout import Beside, Column, Row, Rule, Widget
from kiosk.screens.widgets.text import Label

_PAIR = 2
_BESIDE_BELOW = 1.5
"""Name and number from a card stand side by side below this text size."""


def build(view: CheckView, look: Look, local: LocalState) -> PageParts:
    """Facts from a card are told; the citizen's own answers have 更改 and stand in reach."""
    told: list[Widget] = []
    own: list[Widget] = []
    for name, rows in view.groups:
        (own if any(row.change for row in rows) else told).append(_group(look, name, rows))
    return PageParts(
        hero=[title(look, view.title), *explanation(look, view.after)],
        told=told,
        touched=Column(own, look.measures.space.gap) if own else None,
        hero_takes=1.0 if own else 0.4,
    )


def _group(look: Look, name: str, rows: tuple[AnswerRow, ...]) -> Widget:
    space, colours = look.measures.space, look.colours
    lines: list[Widget] = [Label(name, look.style("help", "bold"), colours.quiet)]
    facts = [_row(look, row) for row in rows]
    is_read_only = not any(row.change for row in rows)
    if is_read_only and len(facts) == _PAIR and look.factor < _BESIDE_BELOW:
        facts = [Row(facts, space.gap, (1, 1.1))]
    for fact in facts:
        lines += [Rule(colours.line), fact]
    ground, edge, radius = colours.raised, colours.line, look.measures.radius.card
    return Card(Column(lines, space.small), space.gap, ground, edge, radius)


def _row(look: Look, row: AnswerRow) -> Widget:
    space, colours = look.measures.space, look.colours
    label = f"{row.label} · {row.source}" if row.source else row.label
    words = Column(
        [
            paragraph(look, label, "small", colours.quiet),
            Label(row.value, look.style("body", "bold"), colours.ink),
        ]
    )
    if row.change is None:
        return words
    change = Button(row.change, "quiet", style_name="help")
    style = look.style("help")
    icon = round(style.size * 1.2) + space.small if row.change.icon else 0
    width = look.width(row.change.label, style) + icon + 2 * space.block
    return Beside(change, width, words, space.gap, at_right=True)
