"""One question, large answers."""

from kiosk.screens.drawing import LocalState
from kiosk.screens.look import Look
from kiosk.screens.page import PageParts, explanation, title
from kiosk.screens.view_model import ChoiceView
from kiosk.screens.widgets.button import Button
from kiosk.screens.widgets.layout import Grid

_TWO_COLUMNS_FROM = 6
"""Five answers stand under each other on one screen, six do not."""


def build(view: ChoiceView, look: Look, local: LocalState) -> PageParts:
    """Under each other; many short ones in two columns."""
    buttons = [
        Button(
            option,
            "choice",
            chosen=number == view.chosen,
            style_name="body",
            align="left",
            chevron=True,
        )
        for number, option in enumerate(view.options)
    ]
    many = len(buttons) >= _TWO_COLUMNS_FROM and look.factor < 1.5
    return PageParts(
        hero=[title(look, view.title), *explanation(look, view.help)],
        touched=Grid(buttons, 2 if many else 1, look.measures.space.gap, most_growth=1.35),
        grows=True,
        has_sign=True,
    )
