"""One question answered on a number pad."""

from kiosk.flow.events import Answered
from kiosk.screens.drawing import LocalState, PadPress
from kiosk.screens.look import Look
from kiosk.screens.page import PageParts, explanation, primary, secondary, title
from kiosk.screens.view_model import Action, DigitsView
from kiosk.screens.widgets.button import Button
from kiosk.screens.widgets.card import Banner
from kiosk.screens.widgets.layout import Widget
from kiosk.screens.widgets.pads import DigitsField, NumberPad


def build(view: DigitsView, look: Look, local: LocalState) -> PageParts:
    """What was typed stands above the keys; too few digits cannot be sent."""
    length = view.max_digits if view.min_digits == view.max_digits else 0
    told: list[Widget] = [DigitsField(local.digits, length, view.grouping)]
    if view.problem:
        told.append(Banner(view.problem, "warning"))
    enough = view.min_digits <= len(local.digits) <= view.max_digits
    submit = Action(label=view.submit_label, event=Answered(local.digits), enabled=enough)
    navigation = [Button(view.frame.back, "secondary")] if view.frame.back else []
    if view.skip:
        navigation.append(secondary(view.skip))
    navigation.append(primary(submit, PadPress("submit_digits")))
    # the keys and what is wrong must stand on one screen at every text size
    is_crowded = bool(view.problem) and look.factor >= 1.5
    return PageParts(
        hero=[title(look, view.title), *explanation(look, "" if is_crowded else view.help)],
        told=told,
        touched=NumberPad(),
        at_bottom=True,
        has_sign=True,
        navigation=navigation,
    )
