"""Result: a large yes or no, the number, what next, where the paper is."""

from collections.abc import Sequence

from kiosk.screens.drawing import LocalState
from kiosk.screens.look import Look
from kiosk.screens.page import PageParts, SignedTitle, paragraph
from kiosk.screens.theme import Tone
from kiosk.screens.view_model import ResultView
from kiosk.screens.widgets.card import Banner, Card, IconTile, plain_card
from kiosk.screens.widgets.layout import Beside, Column, Widget
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
    if view.paper and view.paper_is_missing:
        told.append(Banner(view.paper, "warning", "body"))
    taken = [("receipt", view.paper)] if view.paper and not view.paper_is_missing else []
    taken += [("id", card) for card in view.cards]
    if taken:
        told.append(to_take(look, taken))
    if view.next_steps:
        steps = [numbered(look, place, step) for place, step in enumerate(view.next_steps, start=1)]
        told.append(plain_card(look, Column(steps, space.gap)))
    return PageParts(
        hero=[SignedTitle(sign, view.title)],
        told=told,
        hero_takes=0.6,
    )


def to_take(look: Look, things: Sequence[tuple[str, str]]) -> Widget:
    """What must not be left behind: (icon, sentence) each."""
    space, colours = look.measures.space, look.colours
    size = round(look.style("body").size * 1.4)
    lines = [
        Beside(
            Icon(icon, size, colours.on_tint),
            size,
            Label(words, look.style("body", "bold"), colours.on_tint),
            space.gap,
        )
        for icon, words in things
    ]
    column = Column(lines, space.small)
    return Card(column, space.block, colours.tint, colours.action, look.measures.radius.card)


def numbered(look: Look, place: int, words: str) -> Widget:
    """One of several things to do, with its number."""
    style = look.style("body", "bold")
    width = round(style.size * 1.1)
    mark = Label(f"{place}", style, look.colours.action, "centre")
    return Beside(mark, width, paragraph(look, words), look.measures.space.gap)
