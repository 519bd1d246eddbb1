"""Idle: the time, what can be done right now, and one large invitation."""

from kiosk.screens.drawing import LocalState
from kiosk.screens.look import Look
from kiosk.screens.page import PageParts, paragraph, title
from kiosk.screens.view_model import IdleView
from kiosk.screens.widgets.bars import BigClock, Today
from kiosk.screens.widgets.button import Button
from kiosk.screens.widgets.card import Banner, IconTile, plain_card
from kiosk.screens.widgets.layout import Beside, Column, Grid, Space, Widget
from kiosk.screens.widgets.text import Label

SIGN = 112


def build(view: IdleView, look: Look, local: LocalState) -> PageParts:
    """Touching anywhere begins."""
    space, colours = look.measures.space, look.colours
    begin = Button(view.begin, "primary", style_name="question")
    columns = 2 if look.factor < 1.5 else 1
    states: list[Widget] = []
    for department, name, now in view.departments:
        tile = IconTile(
            look.icon_of(department), SIGN, colours.on_hero, colours.department(department)
        )
        words = Column(
            [Label(name, look.style("body", "bold"), colours.ink), paragraph(look, now, "small")]
        )
        states.append(plain_card(look, Beside(tile, SIGN, words, space.gap)))
    return PageParts(
        hero=[
            BigClock(),
            Today(view.frame.language),
            Space(space.gap),
            title(look, view.title, "display"),
            Label(view.invitation, look.style("body"), colours.on_hero),
        ],
        told=[
            *([Banner(view.notice, "warning")] if view.notice else []),
            Grid(states, columns, space.gap),
            Label(view.staffed_hours, look.style("help"), colours.quiet, "centre"),
        ],
        navigation=[begin],
        anywhere=view.begin.event,
    )
