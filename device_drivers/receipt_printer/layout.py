"""Decides what stands on each line of a receipt, in columns and dots, for a paper width.

Pure: blocks in, printable parts out. Lines are made of the printer's own font where it holds every
character; a line with one it lacks (a rare character in a name) is marked to be drawn as dots.
"""

from dataclasses import dataclass, field
from typing import Literal, assert_never

import segno

from device_drivers.receipt_printer import code_128
from device_drivers.receipt_printer.interface import (
    Barcode,
    Block,
    Heading,
    Image,
    KeyValues,
    Qr,
    Receipt,
    Rule,
    Table,
    Text,
)
from device_drivers.receipt_printer.wrapping import (
    columns_of,
    strip_controls,
    widest_piece,
    wrap,
)

Align = Literal["left", "centre", "right"]

LINE_DOTS = 34
"""From one line to the next: 24 dots of glyph and 10 of air."""
_QR_SIDE_DOTS = 232
"""29 mm at 8 dots/mm: read by a phone from 30 cm, and leaves both papers a margin."""
_QR_MODULE_DOTS = range(4, 9)
"""Half a millimetre a module is the least that survives cheap heads; 8 is coarse enough."""
_BAR_MODULE_DOTS = range(2, 4)
"""GS w takes 2 at least; a hand scanner wants no more than 3 on paper of this width."""
_QR_QUIET_MODULES = 4
"""ISO/IEC 18004, 5.3.8: the margin of a QR code."""


@dataclass(frozen=True, slots=True)
class Paper:
    """What fits on one width of paper at 8 dots a millimetre (DEVICES.md 4.5)."""

    width_mm: int
    dots: int
    columns: int
    """Of 12 dots; a Chinese character takes two."""


PAPERS = {80: Paper(80, 576, 48), 58: Paper(58, 384, 32)}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text; `wide` and `tall` double it."""

    text: str = field(repr=False)
    align: Align = "left"
    bold: bool = False
    tall: bool = False
    wide: bool = False
    as_dots: bool = False
    """The printer's font lacks a character of it: it must be drawn."""


@dataclass(frozen=True, slots=True)
class QrCode:
    """A centred code; the printer draws it from its content."""

    content: str = field(repr=False)
    module_dots: int


@dataclass(frozen=True, slots=True)
class Bars:
    """Centred Code 128 bars with their characters; `data` is that of GS k 73."""

    data: bytes = field(repr=False)
    module_dots: int


@dataclass(frozen=True, slots=True)
class Picture:
    """A centred picture scaled to this width."""

    png: bytes = field(repr=False)
    width_dots: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Empty paper."""

    dots: int


Part = Line | QrCode | Bars | Picture | Gap


def printer_font_holds(character: str) -> bool:
    """Printable ASCII, or a two-byte character on which GBK and GB18030 agree.

    Four-byte GB18030 (Ext A, B and on) is in no receipt printer's font (DEVICES.md 4.1); where the
    two standards differ (€), printers do too.
    """
    if character.isascii():
        return character.isprintable()
    try:
        gbk = character.encode("gbk")
    except UnicodeEncodeError:
        return False
    return len(gbk) == 2 and gbk == character.encode("gb18030")


def lay_out(receipt: Receipt, paper: Paper) -> tuple[Part, ...]:
    """The parts of the receipt from top to bottom.

    Raises ValueError when a code's content does not fit the paper.
    """
    parts: list[Part] = []
    for block in receipt.blocks:
        parts.extend(_parts(block, paper))
    return tuple(parts)


def _parts(block: Block, paper: Paper) -> list[Part]:
    match block:
        case Heading(text):
            return _heading(text, paper)
        case Text(text, bold, align):
            return [_line(line, _align(align), bold) for line in wrap(text, paper.columns)]
        case KeyValues(rows):
            return _key_values(rows, paper)
        case Table(head, rows):
            return _table(head, rows, paper)
        case Rule():
            return [_line("─" * (paper.columns // 2))]
        case Qr(content, caption):
            return _qr(content, caption, paper)
        case Barcode(content):
            return _bars(content, paper)
        case Image(png, width_share, caption):
            width = round(paper.dots * min(max(width_share, 0.05), 1.0))
            return [Gap(8), Picture(png, width), *_caption(caption, paper)]
    assert_never(block)


def _line(text: str, align: Align = "left", bold: bool = False) -> Line:
    as_dots = not all(printer_font_holds(character) for character in text)
    return Line(text, align, bold, as_dots=as_dots)


def _align(word: str) -> Align:
    match word:
        case "left" | "centre" | "right":
            return word
    raise ValueError("align must be left, centre or right")


def _heading(text: str, paper: Paper) -> list[Part]:
    """Double height; doubled in width too where the whole heading then fits on one line."""
    wide = columns_of(strip_controls(text)) * 2 <= paper.columns and "\n" not in text
    lines = wrap(text, paper.columns // 2 if wide else paper.columns)
    parts: list[Part] = []
    for line in lines:
        as_dots = not all(printer_font_holds(character) for character in line)
        parts += [Line(line, "centre", tall=True, wide=wide, as_dots=as_dots), Gap(8)]
    return parts


def _key_values(rows: tuple[tuple[str, str], ...], paper: Paper) -> list[Part]:
    """Labels end at one column, so that the colons stand under each other.

    A label wider than half the paper takes a line of its own.
    """
    clean = [(strip_controls(label).strip().rstrip("：:"), value) for label, value in rows]
    short = [columns_of(label) for label, _ in clean if columns_of(label) <= paper.columns // 2 - 2]
    indent = max(short, default=2) + 2
    parts: list[Part] = []
    for label, value in clean:
        values = wrap(value, paper.columns - indent)
        room = indent - 2 - columns_of(label)
        if room < 0:
            parts += [_line(line) for line in wrap(label + "：", paper.columns)]
            first = []
        else:
            first = [" " * room + label + "：" + values.pop(0)]
        parts += [_line(line) for line in first + [" " * indent + line for line in values]]
    return parts


def _table(head: tuple[str, ...], rows: tuple[tuple[str, ...], ...], paper: Paper) -> list[Part]:
    """Columns side by side, or where a number would be broken in two, row by row under labels."""
    widths = _column_widths([head, *rows], paper.columns)
    if widths is None:
        return _stacked(head, rows, paper)
    to_right = [
        all(_is_amount(row[index]) for row in rows) and bool(rows) for index in range(len(head))
    ]
    parts: list[Part] = [Gap(8)]
    parts += [_line(line, bold=True) for line in _table_lines(head, widths, to_right)]
    parts.append(_line("─" * (paper.columns // 2)))
    for row in rows:
        parts += [_line(line) for line in _table_lines(row, widths, to_right)]
    return parts


def _stacked(head: tuple[str, ...], rows: tuple[tuple[str, ...], ...], paper: Paper) -> list[Part]:
    parts: list[Part] = []
    for row in rows:
        parts += [Gap(8), *_key_values(tuple(zip(head, row, strict=True)), paper)]
    return parts


_COLUMN_GAP = 2


def _column_widths(rows: list[tuple[str, ...]], columns: int) -> list[int] | None:
    """As wide as the text; what is too much is taken from the widest, what is left goes to it.

    No column gets narrower than its widest number or word; None where the paper is too narrow then.
    """
    each = [[row[index] for row in rows] for index in range(len(rows[0]))]
    widths = [max(2, *map(columns_of, cells)) for cells in each]
    least = [max(2, *map(widest_piece, cells)) for cells in each]
    room = columns - _COLUMN_GAP * (len(widths) - 1)
    if room < 2 * len(widths):
        raise ValueError("a table has more columns than the paper")
    if sum(least) > room:
        return None
    while sum(widths) > room:
        shrinkable = [n for n, width in enumerate(widths) if width > least[n]]
        widths[max(shrinkable, key=lambda n: widths[n])] -= 1
    widths[widths.index(max(widths))] += room - sum(widths)
    return widths


def _is_amount(cell: str) -> bool:
    return bool(cell) and cell.isascii() and any(c.isdigit() for c in cell) and not cell.isalpha()


def _table_lines(row: tuple[str, ...], widths: list[int], to_right: list[bool]) -> list[str]:
    cells = [wrap(cell, width) for cell, width in zip(row, widths, strict=True)]
    lines: list[str] = []
    for number in range(max(len(cell) for cell in cells)):
        line = ""
        for cell, width, right in zip(cells, widths, to_right, strict=True):
            text = cell[number] if number < len(cell) else ""
            space = " " * (width - columns_of(text))
            line += (space + text if right else text + space) + " " * _COLUMN_GAP
        lines.append(line.rstrip(" "))
    return lines


def _qr(content: str, caption: str, paper: Paper) -> list[Part]:
    clean = strip_controls(content).replace("\n", "")
    try:
        code = segno.make(clean, mode="byte", encoding="utf-8", error="m", micro=False)
    except segno.DataOverflowError as error:
        raise ValueError("a QR code's content is longer than any code holds") from error
    modules = int(code.symbol_size(border=0)[0])
    if (modules + 2 * _QR_QUIET_MODULES) * _QR_MODULE_DOTS[0] > paper.dots:
        raise ValueError("a QR code's content does not fit the paper")
    size = min(max(_QR_SIDE_DOTS // modules, _QR_MODULE_DOTS[0]), _QR_MODULE_DOTS[-1])
    return [Gap(16), QrCode(clean, size), *_caption(caption, paper)]


def _bars(content: str, paper: Paper) -> list[Part]:
    data = code_128.encode(content)
    width = code_128.modules(data) + 2 * code_128.QUIET_MODULES
    size = min(paper.dots // width, _BAR_MODULE_DOTS[-1])
    if size < _BAR_MODULE_DOTS[0]:
        raise ValueError("a bar code's content does not fit the paper")
    return [Gap(16), Bars(data, size), Gap(8)]


def _caption(caption: str, paper: Paper) -> list[Part]:
    if not caption:
        return [Gap(8)]
    lines: list[Part] = [_line(line, "centre") for line in wrap(caption, paper.columns)]
    return [Gap(8), *lines, Gap(8)]
