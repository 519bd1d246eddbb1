"""A signature as a picture: black on transparent, cut to what was drawn."""

from collections.abc import Sequence
from io import BytesIO

from PIL import Image, ImageDraw

_FINER = 2
_PEN_PX = 8
_MARGIN_PX = 16
_LEAST_INK_PX = 60
"""Less than this, all strokes together, is a slip of the finger and no signature."""

Stroke = Sequence[tuple[float, float]]


def is_signature(strokes: Sequence[Stroke]) -> bool:
    """Was enough drawn to be one?"""
    drawn = sum(
        abs(x - before_x) + abs(y - before_y)
        for stroke in strokes
        for (before_x, before_y), (x, y) in zip(stroke, stroke[1:], strict=False)
    )
    return drawn >= _LEAST_INK_PX


def png_of(strokes: Sequence[Stroke]) -> bytes:
    """PNG with transparency, in the size it was drawn. Raises ValueError without any ink."""
    points = [point for stroke in strokes for point in stroke]
    if not points:
        raise ValueError("nothing was drawn")
    left = min(x for x, _ in points) - _MARGIN_PX
    top = min(y for _, y in points) - _MARGIN_PX
    width = int(max(x for x, _ in points) - left) + _MARGIN_PX
    height = int(max(y for _, y in points) - top) + _MARGIN_PX
    mask = Image.new("L", (width * _FINER, height * _FINER))
    pen = ImageDraw.Draw(mask)
    radius = _PEN_PX * _FINER / 2
    for stroke in strokes:
        moved = [((x - left) * _FINER, (y - top) * _FINER) for x, y in stroke]
        if len(moved) > 1:
            pen.line(moved, fill=255, width=_PEN_PX * _FINER, joint="curve")
        for x, y in (moved[0], moved[-1]):
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    black = Image.new("RGBA", (width, height))
    black.putalpha(mask.resize((width, height), Image.Resampling.BOX))
    stored = BytesIO()
    black.save(stored, "PNG")
    return stored.getvalue()
