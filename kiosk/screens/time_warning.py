"""Are you still there? Laid over the page; the time left is seen running."""

from kiosk.screens.drawing import Box, Layer, LocalState, Rect, Sheet
from kiosk.screens.look import Look
from kiosk.screens.page import paragraph
from kiosk.screens.view_model import TimeWarning
from kiosk.screens.widgets.button import Button
from kiosk.screens.widgets.card import Card, IconTile
from kiosk.screens.widgets.layout import Beside, Column, Widget
from kiosk.screens.widgets.progress import CountdownBar, SecondsLeft
from kiosk.screens.widgets.text import Label


def build(view: TimeWarning, look: Look, local: LocalState, size: tuple[int, int]) -> Layer:
    """A card in the lower part; only its two buttons can be touched."""
    width, height = size
    space, colours = look.measures.space, look.colours
    text, ground, mark = colours.of_tone("warning")
    lines: list[Widget] = [
        Beside(
            SecondsLeft(view.seconds),
            3 * look.style("title").size,
            IconTile("hourglass-high", 128, text, ground, mark),
            space.gap,
            at_right=True,
        ),
        Label(view.title, look.style("title", "bold"), colours.ink, balanced=True),
        paragraph(look, view.safe),
        CountdownBar(view.seconds),
        Column([Button(view.extend, "primary"), Button(view.leave, "secondary")], space.gap),
    ]
    card = Card(
        Column(lines, space.block),
        space.section,
        colours.paper,
        colours.edge,
        look.measures.radius.sheet,
    )
    sheet = Sheet(pressed=local.pressed, prefix="over")
    sheet.draw(Box(Rect(0, 0, width, height), colours.shade))
    inner = width - 2 * space.margin
    tall = card.height(look, inner)
    top = max(space.margin, min(round(height * 0.36), height - tall - space.section))
    card.draw(look, sheet, Rect(space.margin, top, inner, tall))
    return Layer(tuple(sheet.drawings), tuple(sheet.targets))
