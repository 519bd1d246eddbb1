"""Lay a card, insert a card, show a code: one moving picture, one sentence, the time there is."""

from kiosk.screens.drawing import LocalState
from kiosk.screens.look import Look
from kiosk.screens.page import PageParts, explanation, title
from kiosk.screens.view_model import DeviceView
from kiosk.screens.widgets.card import Banner, Card
from kiosk.screens.widgets.device_picture import AnimatedDevicePicture
from kiosk.screens.widgets.layout import Column, Space, Widget
from kiosk.screens.widgets.progress import CountdownBar
from kiosk.screens.widgets.text import Label


def build(view: DeviceView, look: Look, local: LocalState) -> PageParts:
    """The picture rests while the device reads.

    After a trouble the words come first: in large text the picture would push them off the screen.
    """
    space, colours = look.measures.space, look.colours
    picture = AnimatedDevicePicture(view.picture, moves=view.state != "reading")
    told: list[Widget]
    if view.state == "problem":
        told = [Banner(view.status, "warning", "body"), Space(space.gap), picture]
    else:
        words = Label(
            view.status, look.style("question", "bold"), colours.on_tint, "centre", balanced=True
        )
        status = Card(words, space.block, colours.tint, colours.action, look.measures.radius.card)
        told = [Space(space.gap), picture, Space(space.gap), status]
    if view.seconds > 0:
        told.append(CountdownBar(view.seconds))
    return PageParts(
        hero=[title(look, view.title), *explanation(look, view.help)],
        told=[Column(told, space.gap)],
        hero_takes=0.6,
    )
