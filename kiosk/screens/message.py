"""What is wrong, what is safe, what to do; a person to call, never a code alone."""

from kiosk.screens.drawing import LocalState
from kiosk.screens.look import Look
from kiosk.screens.page import PageParts, SignedTitle, framed, paragraph, primary, secondary
from kiosk.screens.result import numbered
from kiosk.screens.theme import Tone
from kiosk.screens.view_model import MessageView
from kiosk.screens.widgets.card import Banner, IconTile, plain_card
from kiosk.screens.widgets.layout import Column, Widget

_SIGNS: dict[Tone, str] = {
    "good": "circle-check",
    "warning": "alert-triangle",
    "fault": "tool",
}


def build(view: MessageView, look: Look, local: LocalState) -> PageParts:
    """What is safe comes before what to do."""
    space, colours = look.measures.space, look.colours
    text, ground, mark = colours.of_tone(view.tone)
    told: list[Widget] = [Banner(view.safe, "good", "body")] if view.safe else []
    if view.todo:
        steps = [numbered(look, place, step) for place, step in enumerate(view.todo, start=1)]
        told.append(plain_card(look, Column(steps, space.block)))
    if view.small_print:
        told.append(paragraph(look, view.small_print, "small", colours.quiet))
    others = [secondary(action) for action in view.actions[1:]]
    first = [primary(action) for action in view.actions[:1]]
    return PageParts(
        hero=[SignedTitle(IconTile(_SIGNS[view.tone], 144, text, ground, mark), view.title)],
        told=told,
        navigation=[*framed(view.frame), *others, *first],
        hero_takes=0.4,
    )
