"""What is wrong, what is safe, what to do; a person to call, never a code alone."""

from kiosk.screens.drawing import LocalState
from kiosk.screens.look import Look
from kiosk.screens.page import PageParts, paragraph, title
from kiosk.screens.result import numbered
from kiosk.screens.theme import Tone
from kiosk.screens.view_model import MessageView
from kiosk.screens.widgets.button import Button
from kiosk.screens.widgets.card import Banner, IconTile
from kiosk.screens.widgets.layout import Column, Space, Widget

_SIGNS: dict[Tone, str] = {
    "good": "circle-check",
    "warning": "alert-triangle",
    "fault": "tool",
}


def build(view: MessageView, look: Look, local: LocalState) -> PageParts:
    """What is safe comes before what to do."""
    space, colours = look.measures.space, look.colours
    text, ground, mark = colours.of_tone(view.tone)
    told: list[Widget] = [Banner(view.safe, "good")] if view.safe else []
    told.append(Space(space.small))
    told += [numbered(look, place, step) for place, step in enumerate(view.todo, start=1)]
    if view.small_print:
        told.append(paragraph(look, view.small_print, "small", colours.quiet))
    buttons = [
        Button(action, "primary" if place == 0 and not view.frame.primary else "choice")
        for place, action in enumerate(view.actions)
    ]
    return PageParts(
        hero=[
            Space(space.small),
            IconTile(_SIGNS[view.tone], 144, text, ground, mark),
            title(look, view.title, "display"),
        ],
        told=told,
        touched=Column(buttons, space.gap) if buttons else None,
        at_bottom=True,
    )
