"""Result: a large yes or no, the number, what next, where the paper is."""

from kiosk.screens.drawing import LocalState
from kiosk.screens.look import Look
from kiosk.screens.page import PageParts, paragraph, title
from kiosk.screens.theme import Tone
from kiosk.screens.view_model import ResultView
from kiosk.screens.widgets.card import Card, IconTile, plain_card
from kiosk.screens.widgets.layout import Beside, Column, Space, Widget
from kiosk.screens.widgets.text import Icon, Label

_SIGNS: dict[str, tuple[str, Tone]] = {
    "good": ("circle-check", "good"),
    "waiting": ("clock", "warning"),
    "bad": ("circle-x", "fault"),
}


def build(view: ResultView, look: Look, local: LocalState) -> PageParts:
    """The sign says it before the words do."""
    space, colours = look.measures.space, look.colours
    icon, tone = _SIGNS[view.verdict]
    text, ground, mark = colours.of_tone(tone)
    sign = IconTile(icon, 144, text, ground, mark)
    told: list[Widget] = []
    if view.number:
        number = Column(
            [
                Label(view.number_label, look.style("help"), colours.quiet, "centre"),
                Label(view.number, look.style("title", "bold"), colours.ink, "centre"),
            ]
        )
        told.append(plain_card(look, number))
    if view.paper:
        size = round(look.style("body").size * 1.4)
        words = Label(view.paper, look.style("body", "bold"), colours.on_tint)
        line = Beside(Icon("receipt", size, colours.on_tint), size, words, space.gap)
        told.append(
            Card(line, space.block, colours.tint, colours.action, look.measures.radius.card)
        )
    if view.next_steps:
        steps = [numbered(look, place, step) for place, step in enumerate(view.next_steps, start=1)]
        told.append(plain_card(look, Column(steps, space.gap)))
    return PageParts(
        hero=[Space(space.small), sign, title(look, view.title, "display")],
        told=told,
        hero_takes=0.6,
    )


def numbered(look: Look, place: int, words: str) -> Widget:
    """One of several things to do, with its number."""
    style = look.style("body", "bold")
    width = round(style.size * 1.1)
    mark = Label(f"{place}", style, look.colours.action, "centre")
    return Beside(mark, width, paragraph(look, words), look.measures.space.gap)
