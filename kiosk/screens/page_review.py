"""The flattened page before it is kept."""

from dataclasses import dataclass, field

from kiosk.screens.drawing import LocalState, Photograph, Rect, Sheet
from kiosk.screens.look import Look
from kiosk.screens.page import PageParts, explanation, primary, secondary, title
from kiosk.screens.view_model import PageReviewView
from kiosk.screens.widgets.button import Button
from kiosk.screens.widgets.card import draw_ground

_SHARE = 0.95
"""Height of the place for the page, as a share of the width: an A4 page stands in it whole."""
_LARGE_TEXT_SHARE = 0.8


def build(view: PageReviewView, look: Look, local: LocalState) -> PageParts:
    """Keep it or photograph it again."""
    navigation = [Button(view.frame.back, "secondary")] if view.frame.back else []
    others = [secondary(view.add)] if view.add else []
    return PageParts(
        hero=[title(look, view.title), *explanation(look, view.help)],
        told=[PagePicture(view.jpeg)],
        navigation=[*navigation, secondary(view.retake), *others, primary(view.keep)],
    )


@dataclass(frozen=True, slots=True)
class PagePicture:
    """The page on a sunken ground."""

    jpeg: bytes = field(repr=False)
    share: float | None = None
    """Height as a share of the width; None: what leaves room for the page's other parts."""

    def height(self, look: Look, width: int) -> int:
        """By its share of the width."""
        if self.share is not None:
            return int(width * self.share)
        return int(width * (_SHARE if look.factor < 1.5 else _LARGE_TEXT_SHARE))

    def draw(self, look: Look, sheet: Sheet, rect: Rect) -> None:
        """As large as fits."""
        colours, measures = look.colours, look.measures
        draw_ground(
            sheet,
            rect,
            ground=colours.sunken,
            edge=colours.line,
            stroke=measures.stroke.line,
            radius=measures.radius.card,
        )
        sheet.draw(Photograph(rect.inset(measures.space.gap), self.jpeg))
