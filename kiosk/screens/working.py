"""Submitting or printing: what is happening, how long it usually takes, and what if it fails."""

from kiosk.screens.drawing import LocalState
from kiosk.screens.look import Look
from kiosk.screens.page import PageParts, paragraph, title
from kiosk.screens.view_model import WorkingView
from kiosk.screens.widgets.card import plain_card
from kiosk.screens.widgets.layout import Space
from kiosk.screens.widgets.progress import StepList


def build(view: WorkingView, look: Look, local: LocalState) -> PageParts:
    """Never a bare spinner."""
    space = look.measures.space
    return PageParts(
        hero=[title(look, view.title, "display")],
        has_sign=True,
        hero_takes=0.5,
        told=[
            Space(space.block),
            plain_card(look, StepList(view.steps)),
            Space(space.small),
            paragraph(look, view.reassurance, "body", look.colours.quiet),
        ],
    )
