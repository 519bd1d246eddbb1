"""Turns into dots what the printer's own font cannot draw: rare characters and pictures."""

import io
from dataclasses import dataclass, field

from PIL import Image, ImageDraw

from device_drivers.receipt_printer.layout import LINE_DOTS, Line
from device_drivers.receipt_printer.wrapping import character_columns, columns_of
from device_drivers.typeface import font_for

COLUMN_DOTS = 12
GLYPH_DOTS = 24
"""A Chinese glyph is 24 × 24 dots, an ASCII one 12 × 24 (DEVICES.md 4.5)."""
_FULL = (24, 21)
"""Size and baseline of a full-width glyph: Noto's ideographs stand 0.88 em above the baseline."""
_NARROW = (21, 19)
"""Of a narrow one: a little smaller and higher, so that g and p keep their tails."""
_INK = 118
"""Grey above this is paper: keeps the thin strokes of a 24-dot glyph in one piece."""


@dataclass(frozen=True, slots=True)
class Dots:
    """Rows of dots, eight to a byte, leftmost highest, 1 is black."""

    width_bytes: int
    height: int
    data: bytes = field(repr=False)


def draw_line(line: Line, width_dots: int) -> Dots:
    """The line on its printer grid, as high as the printer's own line of the same size."""
    across = 2 if line.wide else 1
    down = 2 if line.tall else 1
    scale = max(across, down)
    text = Image.new("L", (max(columns_of(line.text), 1) * COLUMN_DOTS * scale, 24 * scale), 255)
    pen = ImageDraw.Draw(text)
    column = 0
    for character in line.text:
        narrow = character_columns(character) < 2
        size, baseline = _NARROW if narrow else _FULL
        font = font_for(character, size * scale, bold=line.bold)
        place = (column * COLUMN_DOTS * scale, baseline * scale)
        pen.text(place, character, font=font, fill=0, anchor="ls")
        column += character_columns(character)
    text = text.resize((text.width * across // scale, text.height * down // scale))
    height = max(LINE_DOTS, GLYPH_DOTS * down)
    strip = Image.new("L", (width_dots, height), 255)
    free = width_dots - text.width
    left = {"left": 0, "centre": free // 2, "right": free}[line.align]
    strip.paste(text, (max(left, 0), 0))
    return _dots(strip.point(lambda grey: 255 if grey > _INK else 0))


def draw_picture(png: bytes, picture_dots: int, width_dots: int) -> Dots:
    """The picture in the middle of the paper, `picture_dots` wide, its greys dithered.

    Raises ValueError when the bytes are no picture.
    """
    try:
        with Image.open(io.BytesIO(png), formats=["PNG"]) as opened:
            picture = opened.convert("RGBA")
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError("an image on the receipt is not a readable PNG") from error
    ground = Image.new("RGBA", picture.size, "white")
    ground.alpha_composite(picture)
    height = max(1, round(picture.height * picture_dots / picture.width))
    grey = ground.convert("L").resize((picture_dots, height), Image.Resampling.LANCZOS)
    strip = Image.new("L", (width_dots, height), 255)
    strip.paste(grey, ((width_dots - picture_dots) // 2, 0))
    return _dots(strip)


def _dots(grey: Image.Image) -> Dots:
    black = grey.convert("1").point(lambda white: 0 if white else 255)
    return Dots((grey.width + 7) // 8, grey.height, black.tobytes())
