"""The lines of text on a laid-out page, and those that its lower edge runs through."""

from collections.abc import Iterator

from kiosk.screens.drawing import Drawing, Moving, Scene, Words


def words_in(drawings: tuple[Drawing, ...]) -> Iterator[Words]:
    for drawing in drawings:
        if isinstance(drawing, Words):
            yield drawing
        elif isinstance(drawing, Moving):
            yield from (part for part in drawing.parts if isinstance(part, Words))


def cut(drawn: Scene, scrolled: int = 0) -> list[str]:
    """Lines of which the edge above the scroll buttons shows a part only."""
    edge = drawn.viewport.bottom + scrolled
    lines = [words for words in words_in(drawn.body.drawings) if words.weight != "icon"]
    return [line.text for line in lines if line.rect.y < edge < line.rect.bottom]
