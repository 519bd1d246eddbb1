"""All pages of one paper: each can be taken anew, one more added, or the paper is whole."""

from typing import Final

from kiosk.screens.drawing import LocalState
from kiosk.screens.look import Look
from kiosk.screens.page import PageParts, explanation, paragraph, primary, secondary, title
from kiosk.screens.page_review import PagePicture
from kiosk.screens.view_model import PagesView, PageTile
from kiosk.screens.widgets.button import Button
from kiosk.screens.widgets.layout import Column, Grid, Widget

_LARGE_TEXT: Final = 1.25
"""From this text size on three tiles beside each other are too narrow for their words."""
_MOST_BESIDE: Final = 4
_LARGEST_TEXT: Final = 1.75
_PAIR: Final = 2
_LYING: Final = 0.68
"""A card of 85.6 x 54 mm, and the ground around it."""
_STANDING: Final = 1.1
"""An A4 page, a little smaller than its place: two of them and their buttons are in reach."""


def build(view: PagesView, look: Look, local: LocalState) -> PageParts:
    """The pages stand in reach, for each bears its button."""
    columns = _PAIR
    if look.factor < _LARGE_TEXT and len(view.tiles) > _PAIR:
        columns = len(view.tiles) if len(view.tiles) <= _MOST_BESIDE else 3
    gap = look.measures.space.gap
    share = _LYING if view.are_cards else _STANDING
    if look.factor >= _LARGEST_TEXT:
        share = min(share, _LYING)
    back = [secondary(view.frame.back)] if view.frame.back else []
    others = [secondary(view.add)] if view.add else []
    return PageParts(
        hero=[title(look, view.title), *explanation(look, view.help)],
        touched=Grid([_tile(look, tile, share) for tile in view.tiles], columns, gap),
        hero_takes=0.4,
        navigation=[*back, *others, primary(view.done)],
    )


def _tile(look: Look, tile: PageTile, share: float) -> Column:
    parts: list[Widget] = [
        paragraph(look, tile.caption, "small"),
        PagePicture(tile.jpeg, share),
        Button(tile.retake, "quiet", style_name="help"),
    ]
    return Column(parts, look.measures.space.small)
