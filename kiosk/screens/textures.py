"""Pictures of text, corners and photographs on the graphics card, kept while they are needed."""

from collections import OrderedDict
from functools import lru_cache
from io import BytesIO

from kivy.graphics.texture import Texture
from PIL import Image, ImageDraw

from kiosk.screens.drawing import Words
from kiosk.screens.typeface import Typeface

KEPT_LINES = 600
"""Lines of text kept: four full pages, about 40 MB at the largest text."""
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


@lru_cache(maxsize=32)
def corner_texture(radius: int) -> Texture:
    """A smooth round box of just its corners, to be stretched between them."""
    side = 2 * radius + 2
    large = Image.new("L", (side * _FINER, side * _FINER))
    ImageDraw.Draw(large).rounded_rectangle(
        (0, 0, side * _FINER - 1, side * _FINER - 1), radius * _FINER, 255
    )
    return white_through(large.resize((side, side), Image.Resampling.BOX))


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
