"""Closed: why, since when, where else."""

from kiosk.screens.drawing import LocalState
from kiosk.screens.look import Look
from kiosk.screens.page import PageParts, paragraph, title
from kiosk.screens.view_model import OutOfServiceView
from kiosk.screens.widgets.bars import BigClock
from kiosk.screens.widgets.card import Banner, IconTile, plain_card
from kiosk.screens.widgets.layout import Beside, Space


def build(view: OutOfServiceView, look: Look, local: LocalState) -> PageParts:
    """Nothing to touch, everything to know."""
    space, colours = look.measures.space, look.colours
    text, ground, mark = colours.of_tone("warning")
    elsewhere = Beside(
        IconTile(look.icon_of(""), 112, colours.on_hero, look.hero, colours.edge),
        112,
        paragraph(look, view.elsewhere),
        space.gap,
    )
    return PageParts(
        hero=[
            BigClock(),
            Space(space.gap),
            IconTile("tool", 144, text, ground, mark),
            title(look, view.title, "display"),
        ],
        hero_takes=0.5,
        told=[
            Banner(view.reason, "warning", "body"),
            plain_card(look, elsewhere),
        ],
    )
