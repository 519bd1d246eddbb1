"""Draws what the print head burns, and gives each cut piece as a picture, its lines and codes."""

import io
from dataclasses import dataclass, field
from typing import Literal

import segno
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from device_drivers.receipt_printer.emulator.interpreter import (
    Characters,
    Code,
    Cut,
    Feed,
    LineFeed,
    Raster,
    Reset,
    Set,
    Setting,
    Step,
)
from device_drivers.typeface import font_for

Look = Literal["thermal", "dots"]
"""`thermal`: a photograph-like strip of paper; `dots`: the bare print area, black on white."""

_DOTS_A_MM = 8
_PRINT_WIDTH = {80: 576, 58: 384}
_HEAD_TO_KNIFE_DOTS = 88
"""11 mm, usual for receipt printers: why each receipt begins with an empty strip."""
_POWER_ON: dict[Setting, int] = {
    "align": 0,
    "bold": 0,
    "underline": 0,
    "ascii_size": 11,
    "chinese_size": 11,
    "invert": 0,
    "pitch": 30,
}


@dataclass(frozen=True, slots=True)
class PrintedReceipt:
    """One piece of paper as it leaves the printer."""

    png: bytes = field(repr=False)
    lines: tuple[str, ...] = field(repr=False)
    """What was printed as text, line by line; drawn lines are in the picture only."""
    codes: tuple[str, ...] = field(repr=False)
    images: int


@dataclass(frozen=True, slots=True)
class _Cell:
    character: str
    width: int
    height: int
    bold: bool
    underline: int
    invert: bool


class PaperRoll:
    """The paper under the head; `apply` answers how many dots it moved."""

    def __init__(self, width_mm: int, *, look: Look = "thermal") -> None:
        self._width_mm = width_mm
        self._width = _PRINT_WIDTH[width_mm]
        self._look = look
        self._modes = dict(_POWER_ON)
        self._cells: list[_Cell] = []
        self._strips = [Image.new("L", (self._width, _HEAD_TO_KNIFE_DOTS), 255)]
        """What has passed the head and not the knife; a new roll is cut at the knife."""
        self._lines: list[str] = []
        self._codes: list[str] = []
        self._images = 0
        self._in_raster = False

    @property
    def is_blank(self) -> bool:
        """Nothing was printed since the last cut."""
        return not (self._lines or self._codes or self._images or self._cells)

    def apply(self, step: Step) -> int:
        """Do one step, except the knife's own movement; see `cut`."""
        if not isinstance(step, Raster | Set):
            self._in_raster = False
        match step:
            case Reset():
                self._cells = []
                self._modes = dict(_POWER_ON)
                return 0
            case Set(setting, value):
                self._modes[setting] = value
                return 0
            case Characters(text):
                return sum(self._put(character) for character in text)
            case LineFeed(lines):
                return self._line() + self._feed((lines - 1) * self._modes["pitch"])
            case Feed(dots):
                return (self._line() if self._cells else 0) + self._feed(dots)
            case Raster():
                return self._raster(step)
            case Code():
                return self._code(step)
            case Cut(to_cutter, dots):
                moved = self._line() if self._cells else 0
                return moved + self._feed(dots + _HEAD_TO_KNIFE_DOTS if to_cutter else dots)
        return 0

    def cut(self) -> PrintedReceipt:
        """The piece in front of the knife as a picture. Takes some 50 ms: not on an event loop."""
        height = sum(strip.height for strip in self._strips)
        passed = Image.new("L", (self._width, height), 255)
        top = 0
        for strip in self._strips:
            passed.paste(strip, (0, top))
            top += strip.height
        knife = height - _HEAD_TO_KNIFE_DOTS
        dots = passed.crop((0, 0, self._width, max(knife, 1)))
        picture = _on_thermal_paper(dots, self._width_mm) if self._look == "thermal" else dots
        stream = io.BytesIO()
        picture.save(stream, "PNG", optimize=False)
        receipt = PrintedReceipt(
            stream.getvalue(), tuple(self._lines), tuple(self._codes), self._images
        )
        self._strips = [passed.crop((0, knife, self._width, height))]
        self._lines, self._codes, self._images = [], [], 0
        return receipt

    def _put(self, character: str) -> int:
        size = self._modes["ascii_size" if character.isascii() else "chinese_size"]
        width = (12 if character.isascii() else 24) * (size // 10)
        moved = 0
        if sum(cell.width for cell in self._cells) + width > self._width:
            moved = self._line()
        self._cells.append(
            _Cell(
                character,
                width,
                24 * (size % 10),
                bool(self._modes["bold"]),
                self._modes["underline"],
                bool(self._modes["invert"]),
            )
        )
        return moved

    def _line(self) -> int:
        height = max((cell.height for cell in self._cells), default=0)
        if not self._cells:
            return self._feed(self._modes["pitch"])
        strip = Image.new("L", (self._width, max(height, self._modes["pitch"])), 255)
        left = self._left(sum(cell.width for cell in self._cells))
        for cell in self._cells:
            strip.paste(_glyph(cell), (left, height - cell.height))
            left += cell.width
        self._lines.append("".join(cell.character for cell in self._cells))
        self._cells = []
        self._strips.append(strip)
        return strip.height

    def _left(self, width: int) -> int:
        free = max(0, self._width - width)
        return (0, free // 2, free)[self._modes["align"]]

    def _feed(self, dots: int) -> int:
        if dots > 0:
            self._strips.append(Image.new("L", (self._width, dots), 255))
        return max(dots, 0)

    def _raster(self, raster: Raster) -> int:
        """Bands that follow each other at once are one picture."""
        moved = self._line() if self._cells else 0
        black = Image.frombytes("1", (raster.width_bytes * 8, raster.rows), raster.data)
        picture = ImageOps.invert(black.convert("L"))
        picture = picture.resize(
            (picture.width * raster.across, picture.height * raster.down), Image.Resampling.NEAREST
        )
        strip = Image.new("L", (self._width, picture.height), 255)
        strip.paste(picture, (self._left(picture.width), 0))
        self._strips.append(strip)
        self._images += 0 if self._in_raster else 1
        self._in_raster = True
        return moved + strip.height

    def _code(self, code: Code) -> int:
        moved = self._line() if self._cells else 0
        symbol = segno.make(
            code.data, mode="byte", error=code.level.lower(), micro=False, boost_error=False
        )
        modules = int(symbol.symbol_size(border=0)[0])
        picture = Image.new("L", (modules, modules))
        picture.putdata([0 if dark else 255 for row in symbol.matrix for dark in row])
        side = modules * code.module_dots
        strip = Image.new("L", (self._width, side), 255)
        strip.paste(picture.resize((side, side), Image.Resampling.NEAREST), (self._left(side), 0))
        self._strips.append(strip)
        self._codes.append(_decoded(code.data))
        return moved + side


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("gb18030", errors="replace")


_FULL, _NARROW = (24, 21), (21, 19)
"""Size and baseline in dots: narrow glyphs are smaller, so that g and p keep their tails."""


def _glyph(cell: _Cell) -> Image.Image:
    """A character of the printer's font, burnt in whole dots; double sizes are smoothed."""
    across = cell.width // (12 if cell.character.isascii() else 24)
    down = cell.height // 24
    scale = max(across, down)
    glyph = Image.new("L", (cell.width // across * scale, 24 * scale), 255)
    size, baseline = _NARROW if cell.character.isascii() else _FULL
    font = font_for(cell.character, size * scale, bold=cell.bold)
    pen = ImageDraw.Draw(glyph)
    pen.text((0, baseline * scale), cell.character, font=font, fill=0, anchor="ls")
    glyph = glyph.resize((cell.width, cell.height)).point(lambda grey: 255 if grey > 118 else 0)
    if cell.underline:
        lowest = cell.height - 1
        ImageDraw.Draw(glyph).line((0, lowest, cell.width, lowest), 0, cell.underline)
    return ImageOps.invert(glyph) if cell.invert else glyph


_PAPER = (253, 252, 247)
_INK = (43, 41, 50)
_DESK = (226, 229, 233)


def _on_thermal_paper(dots: Image.Image, width_mm: int) -> Image.Image:
    """The strip as it hangs from the mouth: margins, a saw-tooth edge, slightly bled ink."""
    margin = (width_mm * _DOTS_A_MM - dots.width) // 2
    width, height = dots.width + 2 * margin, dots.height + 16
    bled = dots.filter(ImageFilter.GaussianBlur(0.55))
    ink = Image.new("L", (width, height), 255)
    ink.paste(bled, (margin, 0))
    paper = ImageOps.colorize(ink, _INK, _PAPER)
    outline = Image.new("L", (width, height), 0)
    teeth = [(x, height - 1 - (8 if x // 8 % 2 else 0)) for x in range(0, width + 8, 8)]
    ImageDraw.Draw(outline).polygon([(0, 0), (width, 0), *reversed(teeth)], fill=255)
    border = 28
    desk = Image.new("RGB", (width + 2 * border, height + 2 * border), _DESK)
    shadow = Image.new("L", desk.size, 0)
    shadow.paste(outline.point(lambda value: value // 3), (border + 3, border + 6))
    dark = Image.new("RGB", desk.size, (60, 66, 78))
    desk.paste(dark, (0, 0), shadow.filter(ImageFilter.GaussianBlur(9)))
    desk.paste(paper, (border, border), outline)
    return desk
