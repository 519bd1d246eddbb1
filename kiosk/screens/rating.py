"""Five levels, skippable, never forced."""

from kiosk.screens.drawing import LocalState
from kiosk.screens.look import Look
from kiosk.screens.page import PageParts, explanation, secondary, title
from kiosk.screens.result import to_take
from kiosk.screens.view_model import RatingView
from kiosk.screens.widgets.button import Button
from kiosk.screens.widgets.layout import Column


def build(view: RatingView, look: Look, local: LocalState) -> PageParts:
    """Equal in size and place: none is pushed."""
    levels = [Button(level, "choice", style_name="body", align="left") for level in view.levels]
    navigation = [Button(view.frame.back, "secondary")] if view.frame.back else []
    return PageParts(
        hero=[title(look, view.title), *explanation(look, view.help)],
        told=[to_take(look, [("id", card) for card in view.cards])] if view.cards else [],
        touched=Column(levels, look.measures.space.gap, most_growth=1.2),
        grows=True,
        has_sign=True,
        navigation=[*navigation, secondary(view.skip)],
    )
