"""Guide: can I do it here now, what I need, how long, what it costs, what I get."""

from kiosk.screens.drawing import LocalState
from kiosk.screens.look import Look
from kiosk.screens.page import PageParts, explanation, paragraph, title
from kiosk.screens.view_model import GuideView
from kiosk.screens.widgets.card import Banner, plain_card
from kiosk.screens.widgets.layout import Beside, Column, Row, Rule, Widget
from kiosk.screens.widgets.text import Icon, Label


def build(view: GuideView, look: Look, local: LocalState) -> PageParts:
    """Five facts in five lines, then the papers, then the law."""
    space, colours = look.measures.space, look.colours
    told: list[Widget] = [Banner(view.warning, "warning")] if view.warning else []
    lines: list[Widget] = []
    for icon, label, value in view.facts:
        if lines:
            lines.append(Rule(colours.line))
        lines.append(_fact(look, icon, label, value))
    if view.materials:
        lines.append(Rule(colours.line))
        lines += [_fact(look, "paperclip", "", material) for material in view.materials]
    told.append(plain_card(look, Column(lines, space.gap)))
    if view.legal:
        basis: list[Widget] = [Label(view.legal_title, look.style("help", "bold"), colours.quiet)]
        basis += [paragraph(look, law, "small", colours.quiet) for law in view.legal]
        told.append(Column(basis, space.hair))
    return PageParts(hero=[title(look, view.title), *explanation(look, view.summary)], told=told)


def _fact(look: Look, icon: str, label: str, value: str) -> Widget:
    space, colours = look.measures.space, look.colours
    size = round(look.style("body").size * 1.2)
    name = Label(label, look.style("help"), colours.quiet)
    words: Widget
    if not label:
        words = paragraph(look, value, "help")
    elif look.factor < 1.5:
        words = Row([name, paragraph(look, value)], space.gap, (0.3, 0.7), centred=True)
    else:
        words = Column([name, paragraph(look, value)])
    return Beside(Icon(icon, size, colours.action), size, words, space.gap)
