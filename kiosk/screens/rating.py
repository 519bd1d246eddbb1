"""Five levels, skippable, never forced."""

from kiosk.screens.drawing import LocalState
from kiosk.screens.look import Look
from kiosk.screens.page import PageParts, explanation, secondary, title
from kiosk.screens.view_model import RatingView
from kiosk.screens.widgets.button import Button
from kiosk.screens.widgets.layout import Beside, Column, Widget
from kiosk.screens.widgets.text import Icon, Label


def build(view: RatingView, look: Look, local: LocalState) -> PageParts:
    """Equal in size and place: none is pushed."""
    levels = [Button(level, "choice", style_name="body", align="left") for level in view.levels]
    navigation = [Button(view.frame.back, "secondary")] if view.frame.back else []
    return PageParts(
        hero=[title(look, view.title), *explanation(look, view.help), *_reminders(look, view)],
        touched=Column(levels, look.measures.space.gap, most_growth=1.2),
        grows=True,
        has_sign=True,
        navigation=[*navigation, secondary(view.skip)],
    )


def _reminders(look: Look, view: RatingView) -> list[Widget]:
    """Above, where nothing is touched: among the levels it would look like one of them."""
    style, colour = look.style("body", "bold"), look.colours.on_hero
    size = round(style.size * 1.4)
    return [
        Beside(Icon("id", size, colour), size, Label(card, style, colour), look.measures.space.gap)
        for card in view.cards
    ]
