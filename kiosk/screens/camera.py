"""Put a paper under the camera: the live picture, one instruction at a time."""

from kiosk.screens.drawing import LocalState
from kiosk.screens.look import Look
from kiosk.screens.page import PageParts, explanation, title
from kiosk.screens.view_model import CameraView
from kiosk.screens.widgets.card import Banner
from kiosk.screens.widgets.layout import Widget
from kiosk.screens.widgets.pads import CameraPane

_PANE_SHARE = 0.75
"""Document cameras see 4:3."""
_LARGE_TEXT_SHARE = 0.55
"""Less when the text is large: instruction and picture stand on one screen."""


def build(view: CameraView, look: Look, local: LocalState) -> PageParts:
    """Nothing to press: the page is taken when it lies still."""
    instruction = dict(view.problems).get(local.camera_problem, "")
    told: list[Widget] = [
        CameraPane(_PANE_SHARE if look.factor < 1.5 else _LARGE_TEXT_SHARE),
        Banner(instruction, "warning", "body")
        if instruction
        else Banner(view.hold_still, "good", "body"),
    ]
    return PageParts(
        hero=[title(look, view.title), *explanation(look, view.help)], told=told, hero_takes=0.4
    )
