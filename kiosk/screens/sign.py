"""Sign with a finger."""

from kiosk.flow.events import Back, Signed
from kiosk.screens.drawing import LocalState, PadPress
from kiosk.screens.look import Look
from kiosk.screens.page import PageParts, explanation, primary, secondary, title
from kiosk.screens.view_model import Action, SignView
from kiosk.screens.widgets.button import Button
from kiosk.screens.widgets.card import Banner
from kiosk.screens.widgets.pads import SignaturePad

PAD_HEIGHT = 440
"""Least; it grows into the room there is."""


def build(view: SignView, look: Look, local: LocalState) -> PageParts:
    """An empty signature is asked for again, not sent."""
    clear = Action(label=view.clear_label, event=Back(), icon="eraser")
    done = Action(label=view.done_label, event=Signed(b""))
    navigation = [Button(view.frame.back, "secondary")] if view.frame.back else []
    return PageParts(
        hero=[title(look, view.title), *explanation(look, view.help)],
        told=[Banner(view.empty_problem, "warning")] if local.ink_missing else [],
        touched=SignaturePad(PAD_HEIGHT),
        grows=True,
        has_sign=True,
        navigation=[
            *navigation,
            secondary(clear, PadPress("clear_ink")),
            primary(done, PadPress("submit_ink")),
        ],
        signs=True,
    )
