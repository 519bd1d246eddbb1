"""Draws what the print head burns, and gives each cut piece as a picture, its lines and codes."""

import io
from dataclasses import dataclass, field
from typing import Literal

from PIL import Image, ImageOps

from device_drivers.receipt_printer.emulator.drawn_codes import (
    NotDrawable,
    decoded,
    draw_barcode,
    draw_code,
)
from device_drivers.receipt_printer.emulator.line_buffer import LineBuffer
from device_drivers.receipt_printer.emulator.look import on_thermal_paper
from device_drivers.receipt_printer.emulator.steps import (
    Barcode,
    BitImage,
    Characters,
    Code,
    Cut,
    Feed,
    LineFeed,
    Place,
    Raster,
    Reset,
    Set,
    Step,
    Tab,
    Tabs,
)

Look = Literal["thermal", "dots"]
"""`thermal`: a photograph-like strip of paper; `dots`: the bare print area, black on white."""

_PRINT_WIDTH = {80: 576, 58: 384}
_HEAD_TO_KNIFE_DOTS = 88
_DOTS_A_MM = 8
"""11 mm, usual for receipt printers: why each receipt begins with an empty strip."""


@dataclass(frozen=True, slots=True)
class PrintedReceipt:
    """One piece of paper as it leaves the printer."""

    png: bytes = field(repr=False)
    lines: tuple[str, ...] = field(repr=False)
    """What was printed as text, line by line; drawn lines are in the picture only."""
    codes: tuple[str, ...] = field(repr=False)
    images: int
    length_mm: float = 0.0


class PaperRoll:
    """The paper under the head; `apply` answers how many dots it moved."""

    def __init__(self, width_mm: int, *, look: Look = "thermal") -> None:
        self._width_mm = width_mm
        self._width = _PRINT_WIDTH[width_mm]
        self._look = look
        self._line = LineBuffer(self._width)
        self._strips = [Image.new("L", (self._width, _HEAD_TO_KNIFE_DOTS), 255)]
        """What has passed the head and not the knife; a new roll is cut at the knife."""
        self._lines: list[str] = []
        self._codes: list[str] = []
        self._images = 0
        self._in_picture = False
        """The strip before is part of a picture: what follows at once belongs to it."""
        self._line_is_picture = False

    @property
    def is_blank(self) -> bool:
        """Nothing was printed since the last cut."""
        return not (self._lines or self._codes or self._images) and self._line.is_empty

    def apply(self, step: Step) -> int:
        """Do one step, except the knife's own movement; see `cut`."""
        if not isinstance(step, Raster | BitImage | Set | Place) and not self._line_is_picture:
            self._in_picture = False
        match step:
            case Characters(text, from_code_page):
                return sum(self._put(character, from_code_page) for character in text)
            case LineFeed(lines):
                moved = self._print_line() if lines else self._print_what_waits()
                return moved + self._feed((lines - 1) * self._line.modes["pitch"])
            case Feed(dots):
                return self._print_what_waits() + self._feed(dots)
            case Raster():
                return self._print_what_waits() + self._raster(step)
            case Code() | Barcode():
                return self._print_what_waits() + self._code(step)
            case Cut(to_cutter, dots):
                moved = self._print_what_waits()
                return moved + self._feed(dots + _HEAD_TO_KNIFE_DOTS if to_cutter else dots)
        self._compose(step)
        return 0

    def drop_line(self) -> None:
        """The line being composed is cleared; what was printed stays on the paper."""
        self._line.drop()
        self._line_is_picture = False

    def _compose(self, step: Step) -> None:
        """What only changes the line being composed."""
        match step:
            case Reset():
                self._line.reset()
            case Set(setting, value):
                self._line.modes[setting] = value
            case Tabs(columns):
                self._line.tabs = columns
            case Tab():
                self._line.tab()
            case Place(dots, from_here):
                self._line.place(dots, from_here=from_here)
            case BitImage():
                self._line.put_picture(step)
                self._line_is_picture = True

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
        picture = on_thermal_paper(dots, self._width_mm) if self._look == "thermal" else dots
        stream = io.BytesIO()
        picture.save(stream, "PNG", optimize=False)
        receipt = PrintedReceipt(
            stream.getvalue(),
            tuple(self._lines),
            tuple(self._codes),
            self._images,
            max(knife, 1) / _DOTS_A_MM,
        )
        self._strips = [passed.crop((0, knife, self._width, height))]
        self._lines, self._codes, self._images = [], [], 0
        return receipt

    def _put(self, character: str, from_code_page: bool) -> int:
        is_narrow = from_code_page or character.isascii()
        moved = 0
        if not self._line.has_room_for(character, is_narrow=is_narrow):
            moved = self._print_line()
        self._line.put(character, is_narrow=is_narrow)
        return moved

    def _print_what_waits(self) -> int:
        return 0 if self._line.is_empty else self._print_line()

    def _print_line(self) -> int:
        if self._line.is_empty:
            self._in_picture = False
            return self._feed(self._line.modes["pitch"])
        text, strip = self._line.print()
        if self._line_is_picture:
            self._count_picture()
            self._line_is_picture = False
        if text.strip() or not self._in_picture:
            self._lines.append(text)
        self._strips.append(strip)
        return strip.height

    def _count_picture(self) -> None:
        """Bands and lines of dots that follow each other at once are one picture."""
        self._images += 0 if self._in_picture else 1
        self._in_picture = True

    def _feed(self, dots: int) -> int:
        if dots > 0:
            self._strips.append(Image.new("L", (self._width, dots), 255))
        return max(dots, 0)

    def _raster(self, raster: Raster) -> int:
        black = Image.frombytes("1", (raster.width_bytes * 8, raster.rows), raster.data)
        picture = ImageOps.invert(black.convert("L"))
        size = (picture.width * raster.across, picture.height * raster.down)
        self._count_picture()
        return self._paste(picture.resize(size, Image.Resampling.NEAREST))

    def _code(self, code: Code | Barcode) -> int:
        """A code that cannot be is not printed, as on the real ones: the paper does not move."""
        try:
            picture = draw_code(code) if isinstance(code, Code) else draw_barcode(code)
        except NotDrawable:
            return 0
        self._codes.append(decoded(code.data) if isinstance(code, Code) else code.text)
        return self._paste(picture)

    def _paste(self, picture: Image.Image) -> int:
        strip = Image.new("L", (self._width, picture.height), 255)
        strip.paste(picture, (self._line.left_of(picture.width), 0))
        self._strips.append(strip)
        return strip.height
