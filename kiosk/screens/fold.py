"""Where a page longer than the screen is cut at its bottom: between two lines, never through one.

Half a line above the scroll buttons reads as a line that they hide. At the top, under the bar, a
line may be cut: whoever scrolled has read it, and one edge alone can be chosen.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from kiosk.screens.drawing import Drawing, Live, Moving, Rect, Scene, Words

_LIVE_TEXT: Final = frozenset({"clock", "date", "seconds"})


def uncut(drawings: Iterable[Drawing], edge: int, *, below: bool = False) -> int:
    """The edge nearest to `edge`, above or `below` it, that runs through no line."""
    lines = list(_lines(drawings))
    while crossed := [line for line in lines if line.y < edge < line.bottom]:
        edge = max(line.bottom for line in crossed) if below else min(line.y for line in crossed)
    return edge


def resting(scene: Scene, scrolled: int, *, downwards: bool) -> int:
    """Where a page moved so far comes to rest: there, or a line further on.

    Never a line back: many small strokes must get somewhere too.
    """
    bottom = scene.viewport.bottom
    edge = uncut(scene.body.drawings, bottom + scrolled, below=downwards)
    return max(0, min(edge - bottom, scene.scroll_range))


def _lines(drawings: Iterable[Drawing]) -> Iterator[Rect]:
    """Places of lines of text; an icon is a picture, and may be cut as pictures are."""
    for drawing in drawings:
        match drawing:
            case Words(weight="icon"):
                continue
            case Words(rect=rect):
                yield rect
            case Live(kind=kind, rect=rect) if kind in _LIVE_TEXT:
                yield rect
            case Moving(parts=parts):
                yield from _lines(parts)
            case _:
                continue
