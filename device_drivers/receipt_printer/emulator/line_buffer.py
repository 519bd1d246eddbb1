"""The line a printer is composing: glyphs and little pictures with their places, until it prints.

Glyph sizes are those of DEVICES.md 4.5: font A 12 × 24 dots, a Chinese glyph 24 × 24; font B 9 × 17
as in the Epson reference.
"""

from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageOps

from device_drivers.receipt_printer.emulator.steps import BitImage, Setting
from device_drivers.typeface import font_for

_POWER_ON: dict[Setting, int] = {
    "align": 0,
    "bold": 0,
    "underline": 0,
    "ascii_size": 11,
    "chinese_size": 11,
    "invert": 0,
    "pitch": 30,
    "font": 0,
    "ascii_spacing": 0,
    "chinese_spacing": 0,
    "left_margin": 0,
    "area_width": 0xFFFF,
    "upside_down": 0,
}
_TABS = tuple(range(8, 256, 8))
"""Power-on tabs: every eighth column of font A."""
_LATIN_DOTS, _CHINESE_DOTS, _HIGH_DOTS = 12, 24, 24
_FONT_B = (9, 17)
_FULL, _NARROW = (24, 21), (21, 19)
"""Size and baseline in dots: narrow glyphs are smaller, so that g and p keep their tails."""


@dataclass(frozen=True, slots=True)
class _Cell:
    text: str
    left: int
    picture: Image.Image


class LineBuffer:
    """Modes and what stands on the line so far, on paper of so many dots."""

    def __init__(self, width: int) -> None:
        self._width = width
        self.modes = dict(_POWER_ON)
        self.tabs = _TABS
        self._cells: list[_Cell] = []
        self._reach = 0
        """Where the next glyph goes, from the left margin."""

    @property
    def is_empty(self) -> bool:
        """Nothing waits to be printed."""
        return not self._cells

    def reset(self) -> None:
        """ESC @: the buffer is dropped, modes are as at power-on."""
        self.drop()
        self.modes = dict(_POWER_ON)
        self.tabs = _TABS

    def drop(self) -> None:
        """What stands on the line is gone; modes stay as they are."""
        self._cells, self._reach = [], 0

    @property
    def _area(self) -> tuple[int, int]:
        """The left margin, and how wide the area beside it is: GS L and GS W, kept on the paper."""
        left = min(self.modes["left_margin"], self._width - _CHINESE_DOTS)
        return left, max(min(self.modes["area_width"], self._width - left), _CHINESE_DOTS)

    def has_room_for(self, character: str, *, is_narrow: bool) -> bool:
        """Does the glyph still fit? The first one of a line always does."""
        width = self._size(character, is_narrow)[0]
        return not self._cells or self._reach + width <= self._area[1]

    def put(self, character: str, *, is_narrow: bool) -> None:
        """Add one glyph."""
        width, height = self._size(character, is_narrow)
        picture = self._glyph(character, width, height)
        self._cells.append(_Cell(character, self._reach, picture))
        kind: Setting = "ascii_spacing" if is_narrow else "chinese_spacing"
        self._reach += width + self.modes[kind]

    def put_picture(self, image: BitImage) -> None:
        """Add a column picture: 24 dots high, whatever its density."""
        rows = Image.frombytes("1", (image.dots, image.columns), image.data).convert("L")
        upright = ImageOps.invert(rows.transpose(Image.Transpose.TRANSPOSE))
        size = (image.columns * image.across, _HIGH_DOTS)
        self._cells.append(_Cell("", self._reach, upright.resize(size, Image.Resampling.NEAREST)))
        self._reach += size[0]

    def place(self, dots: int, *, from_here: bool) -> None:
        """Go on `dots` from the left margin, or from here; a place off the area means nothing."""
        reach = dots + (self._reach if from_here else 0)
        if 0 <= reach < self._area[1]:
            self._reach = reach

    def tab(self) -> None:
        """Go to the next tab."""
        column = self._reach // _LATIN_DOTS
        following = next((tab for tab in self.tabs if tab > column), None)
        if following is not None:
            self.place(following * _LATIN_DOTS, from_here=False)

    def print(self) -> tuple[str, Image.Image]:
        """The words of the line and its dots, as high as its highest glyph or the pitch."""
        height = max((cell.picture.height for cell in self._cells), default=0)
        strip = Image.new("L", (self._width, max(height, self.modes["pitch"], 1)), 255)
        extent = max((cell.left + cell.picture.width for cell in self._cells), default=0)
        shift = self.left_of(extent)
        for cell in self._cells:
            place = (shift + cell.left, height - cell.picture.height)
            strip.paste(cell.picture, place)
        text = self._text()
        self._cells, self._reach = [], 0
        return text, strip.rotate(180) if self.modes["upside_down"] else strip

    def left_of(self, width: int) -> int:
        """Where something so wide begins, as ESC a, GS L and GS W have it."""
        left, area = self._area
        free = max(0, area - width)
        return left + (0, free // 2, free)[self.modes["align"]]

    def _text(self) -> str:
        """What was put, from left to right; a jump over blank paper is as many spaces."""
        text, reach = "", 0
        for cell in sorted(self._cells, key=lambda cell: cell.left):
            text += " " * ((cell.left - reach) // _LATIN_DOTS) + cell.text
            reach = max(reach, cell.left + cell.picture.width)
        return text

    def _size(self, character: str, is_narrow: bool) -> tuple[int, int]:
        scale = self.modes["ascii_size" if is_narrow else "chinese_size"]
        across, down = scale // 10, scale % 10
        if not is_narrow:
            return _CHINESE_DOTS * across, _HIGH_DOTS * down
        width, height = _FONT_B if self.modes["font"] else (_LATIN_DOTS, _HIGH_DOTS)
        return width * across, height * down

    def _glyph(self, character: str, width: int, height: int) -> Image.Image:
        """A character of the printer's font, burnt in whole dots; double sizes are smoothed."""
        is_wide = width % _CHINESE_DOTS == 0 and not character.isascii()
        size, baseline = _FULL if is_wide else _NARROW
        scale = max(1, height // _HIGH_DOTS, width // (_CHINESE_DOTS if is_wide else _LATIN_DOTS))
        em = _CHINESE_DOTS if is_wide else _LATIN_DOTS
        glyph = Image.new("L", (em * scale, _HIGH_DOTS * scale), 255)
        font = font_for(character, size * scale, bold=bool(self.modes["bold"]))
        pen = ImageDraw.Draw(glyph)
        pen.text((0, baseline * scale), character, font=font, fill=0, anchor="ls")
        glyph = glyph.resize((width, height)).point(lambda grey: 255 if grey > 118 else 0)
        if self.modes["underline"]:
            lowest = height - 1
            ImageDraw.Draw(glyph).line((0, lowest, width, lowest), 0, self.modes["underline"])
        return ImageOps.invert(glyph) if self.modes["invert"] else glyph
