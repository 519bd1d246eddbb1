"""Pictures of text, corners and photographs on the graphics card, kept while they are needed."""

from collections import OrderedDict
from functools import lru_cache
from io import BytesIO

from kivy.graphics.texture import Texture
from PIL import Image, ImageChops, ImageDraw

from kiosk.screens.drawing import Words
from kiosk.screens.theme import Colour
from kiosk.screens.typeface import Typeface

KEPT_LINES = 240
"""Lines of text kept: the page, the one before, and what every page shows; about 20 MB."""
_WHITE: Colour = (1, 1, 1, 1)
_FINER = 4
"""Corners are drawn so many times larger and shrunk, which smooths them."""


class LineTextures:
    """One texture for each line of text; white, to be coloured when drawn."""

    def __init__(self, typeface: Typeface) -> None:
        """Empty."""
        self._typeface = typeface
        self._kept: OrderedDict[tuple[str, int, str, int], Texture] = OrderedDict()

    def of(self, words: Words) -> Texture:
        """The line's texture, drawn now if it is new."""
        key = (words.text, words.size, words.weight, words.rect.height)
        texture = self._kept.get(key)
        if texture is None:
            mask = self._typeface.mask(words.text, words.size, words.weight, words.rect.height)
            texture = self._kept[key] = white_through(mask)
            if len(self._kept) > KEPT_LINES:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(key)
        return texture

    def forget(self) -> None:
        """Drop every line: a session has ended and none of its words may stay."""
        self._kept.clear()


def white_through(mask: Image.Image) -> Texture:
    """White with the mask as its opacity."""
    opaque = Image.new("L", mask.size, 255)
    pixels = Image.merge("LA", (opaque, mask))
    texture = Texture.create(size=mask.size, colorfmt="luminance_alpha")
    texture.blit_buffer(pixels.tobytes(), colorfmt="luminance_alpha", bufferfmt="ubyte")
    texture.flip_vertical()
    return texture


@lru_cache(maxsize=128)
def corner_texture(
    radius: int, ground: Colour = _WHITE, edge: Colour | None = None, stroke: int = 0
) -> Texture:
    """A smooth round box of just its corners, to be stretched between them.

    Ground and edge in one picture: software rendering pays for every pixel drawn twice.
    """
    side = 2 * radius + 2
    outer = _round_box(side, radius, 0)
    if edge is None:
        pixels = Image.new("RGBA", (side, side), _bytes_of(ground))
    else:
        pixels = Image.new("RGBA", (side, side), _bytes_of(edge))
        inner = _round_box(side, radius, stroke)
        pixels.paste(Image.new("RGBA", (side, side), _bytes_of(ground)), mask=inner)
    pixels.putalpha(ImageChops.multiply(outer, pixels.getchannel("A")))
    texture = Texture.create(size=(side, side), colorfmt="rgba")
    texture.blit_buffer(pixels.tobytes(), colorfmt="rgba", bufferfmt="ubyte")
    return texture


def _round_box(side: int, radius: int, inset: int) -> Image.Image:
    large = Image.new("L", (side * _FINER, side * _FINER))
    near, far = inset * _FINER, (side - inset) * _FINER - 1
    ImageDraw.Draw(large).rounded_rectangle(
        (near, near, far, far), max(0, radius - inset) * _FINER, 255
    )
    return large.resize((side, side), Image.Resampling.BOX)


def _bytes_of(colour: Colour) -> tuple[int, int, int, int]:
    red, green, blue, opacity = (round(part * 255) for part in colour)
    return red, green, blue, opacity


def photograph_texture(encoded: bytes, width: int, height: int) -> Texture:
    """A photograph no larger than the place for it; decoding at reduced size keeps it quick."""
    with Image.open(BytesIO(encoded)) as picture:
        picture.draft("RGB", (width, height))
        small = picture.convert("RGB")
    small.thumbnail((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)
    texture = Texture.create(size=small.size, colorfmt="rgb")
    texture.blit_buffer(small.tobytes(), colorfmt="rgb", bufferfmt="ubyte")
    texture.flip_vertical()
    return texture
