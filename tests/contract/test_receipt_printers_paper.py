"""What stands on the paper is what the receipt says: read, scanned and measured, never compared.

The other half of the printer's contract, which only a printer whose paper can be looked at keeps.
"""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import zxingcpp
from PIL import Image, ImageChops, ImageOps

from device_drivers.ports import Port
from device_drivers.receipt_printer.driver import EscposReceiptPrinter
from device_drivers.receipt_printer.emulator import PrintedReceipt, ReceiptPrinterEmulator
from device_drivers.receipt_printer.interface import (
    Barcode,
    Block,
    Heading,
    Printed,
    Qr,
    Receipt,
    Text,
    TicketEnd,
)
from device_drivers.receipt_printer.interface import Image as Picture

LINE_PITCH_DOTS = 34
GLYPH_DOTS = 24
BAR_DOTS = 80
"""DEVICES.md 4.5 and the layout's own promise: 24 dots of glyph and 10 of air, 10 mm of bars."""
COLUMN_DOTS = 12
BELOW_DOTS = 40
"""5 mm at 8 dots/mm, for a thumb."""
HEAD_TO_KNIFE_DOTS = 88
"""Of the emulated printer: the empty strip every receipt begins with."""
PAPER_DOTS = 576
QUIET_MODULES = 10
"""ISO/IEC 15417, 4.4: the margin of Code 128."""
COARSEST_DOTS = 3
ROUGHLY_DOTS = 4
"""A printer's big glyphs are drawn anew, not its small ones doubled dot by dot."""


@asynccontextmanager
async def paper_of(emulator: ReceiptPrinterEmulator, **settings: object) -> AsyncIterator["Desk"]:
    await emulator.start()
    driver = EscposReceiptPrinter(Port.parse(emulator.port), **settings)  # type: ignore[arg-type]
    yield Desk(driver, emulator)
    await driver.close()
    await emulator.stop()


class Desk:
    """Prints and looks at what came out."""

    def __init__(self, driver: EscposReceiptPrinter, emulator: ReceiptPrinterEmulator) -> None:
        self.driver = driver
        self.emulator = emulator

    async def print(self, *blocks: Block) -> PrintedReceipt:
        outcome = await self.driver.print_receipt(Receipt(blocks), on_progress=lambda _: None)
        assert isinstance(outcome, Printed)
        assert self.emulator.unknown == []
        return self.emulator.receipts[-1]

    async def ink(self, *blocks: Block) -> Image.Image:
        """The printed dots alone, white on black, without the empty paper around them."""
        return await self.dots(*blocks, is_cropped=True)

    async def dots(self, *blocks: Block, is_cropped: bool = False) -> Image.Image:
        receipt = await self.print(*blocks)
        with Image.open(io.BytesIO(receipt.png)) as png:
            ink = ImageOps.invert(png.convert("L"))
        return ink.crop(ink.getbbox()) if is_cropped else ink


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with paper_of(ReceiptPrinterEmulator(mm_per_s=None, look="dots")) as made:
        yield made


def sum_of(ink: Image.Image) -> int:
    return sum(value * count for value, count in enumerate(ink.histogram()))


def left_of(ink: Image.Image) -> int:
    box = ink.getbbox()
    assert box is not None
    return box[0]


def right_of(ink: Image.Image) -> int:
    box = ink.getbbox()
    assert box is not None
    return ink.width - box[2]


@pytest.mark.parametrize("encoding", ["gb18030", "gbk", "utf-8"])
async def test_chinese_is_read_back_in_every_encoding(encoding: str) -> None:
    emulator = ReceiptPrinterEmulator(mm_per_s=None, encoding=encoding)
    async with paper_of(emulator, encoding=encoding) as desk:
        assert (await desk.print(Text("受理 A-1"), Text("税"))).lines == ("受理 A-1", "税")


@pytest.mark.parametrize("word", ["受", "A"])
async def test_a_heading_is_twice_as_wide_and_as_high_and_what_follows_is_not(
    desk: Desk, word: str
) -> None:
    plain, heading = await desk.ink(Text(word)), await desk.ink(Heading(word))
    assert abs(heading.width - 2 * plain.width) <= ROUGHLY_DOTS
    assert abs(heading.height - 2 * plain.height) <= ROUGHLY_DOTS
    both = await desk.ink(Heading(word), Text(word))
    below = both.crop((0, both.height - plain.height, both.width, both.height))
    assert ImageChops.difference(below.crop(below.getbbox()), plain).getbbox() is None


async def test_a_bold_line_has_more_ink_and_the_next_one_has_not(desk: Desk) -> None:
    plain, bold = await desk.ink(Text("受")), await desk.ink(Text("受", bold=True))
    assert sum_of(bold) > 1.05 * sum_of(plain)
    both = await desk.ink(Text("受", bold=True), Text("受"))
    assert sum_of(both) == sum_of(bold) + sum_of(plain)


async def test_a_line_stands_left_in_the_middle_or_right(desk: Desk) -> None:
    left, centre, right = [
        await desk.dots(Text("口", align=align)) for align in ("left", "centre", "right")
    ]
    assert left_of(left) < GLYPH_DOTS
    assert abs(left_of(centre) - right_of(centre)) < GLYPH_DOTS
    assert right_of(right) < GLYPH_DOTS


async def test_one_line_stands_below_the_other_with_a_little_air(desk: Desk) -> None:
    one, two = await desk.ink(Text("口")), await desk.ink(Text("口"), Text("口"))
    assert two.height - one.height == LINE_PITCH_DOTS


async def test_a_receipt_ends_five_millimetres_below_its_last_line(desk: Desk) -> None:
    paper = await desk.dots(Text("口"))
    assert paper.height == HEAD_TO_KNIFE_DOTS + LINE_PITCH_DOTS + BELOW_DOTS


async def test_a_qr_code_is_scanned_from_the_paper(desk: Desk) -> None:
    content = "https://zwfw.example.cn/q/37032120261123000417?项=无犯罪"
    receipt = await desk.print(Qr(content))
    with Image.open(io.BytesIO(receipt.png)) as png:
        (code,) = zxingcpp.read_barcodes(png.convert("L"))
    assert (code.text, code.format, code.ec_level) == (content, zxingcpp.BarcodeFormat.QRCode, "M")
    ink = await desk.dots(Qr(content))
    assert abs(left_of(ink) - right_of(ink)) <= GLYPH_DOTS
    assert 160 <= ink.width - left_of(ink) - right_of(ink) <= 240  # a phone reads 20 to 30 mm


@pytest.mark.parametrize("number", ["3703212026112300", "HT-2026/0117"])
async def test_a_bar_code_is_scanned_from_the_paper_and_read_below_it(
    desk: Desk, number: str
) -> None:
    ink = await desk.dots(Barcode(number))
    (code,) = zxingcpp.read_barcodes(ImageOps.invert(ink))
    assert (code.text, code.format) == (number, zxingcpp.BarcodeFormat.Code128)
    left = left_of(ink)
    bar = ink.crop((left, 0, left + 2, ink.height)).getbbox()
    assert bar is not None
    assert bar[3] - bar[1] == BAR_DOTS
    box = ink.getbbox()
    assert box is not None
    assert box[3] - bar[3] >= GLYPH_DOTS // 2  # the words
    words = ink.crop((0, bar[3], ink.width, ink.height)).getbbox()
    assert words is not None
    assert abs(words[2] - words[0] - COLUMN_DOTS * len(number)) <= COLUMN_DOTS


@pytest.mark.parametrize("length", [1, 11, 12, 13, 14, 20, 21])
async def test_a_bar_code_is_as_coarse_as_the_paper_lets_it_be_and_keeps_its_margins(
    desk: Desk, length: int
) -> None:
    ink = await desk.dots(Barcode("A" * length))
    (code,) = zxingcpp.read_barcodes(ImageOps.invert(ink))
    assert code.text == "A" * length
    left, top, right, _ = ink.getbbox() or (0, 0, 0, 0)
    bars = ink.crop((left, top, right, top + 1)).tobytes()
    module_dots = bars.index(0) // 2  # Code 128 begins with a bar of two modules
    modules = len(bars) // module_dots
    assert min(left, PAPER_DOTS - right) >= QUIET_MODULES * module_dots
    coarser = (modules + 2 * QUIET_MODULES) * (module_dots + 1)
    assert module_dots == COARSEST_DOTS or coarser > PAPER_DOTS


async def test_a_bar_code_that_is_too_wide_for_the_paper_is_refused(desk: Desk) -> None:
    with pytest.raises(ValueError, match="fit"):
        await desk.print(Barcode("A" * 22))
    assert desk.emulator.receipts == []


async def test_a_picture_comes_out_dot_for_dot_whatever_its_dots_would_mean(desk: Desk) -> None:
    """576 dots wide and of two bands; no dot of it is a word of the printer's (DLE EOT 4)."""
    picture = Image.frombytes("1", (576, 300), (b"\xa5\x0f\xf0\x81" * 18) * 300)
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    ink = await desk.ink(Picture(stream.getvalue(), width_share=1))
    wanted = ImageOps.invert(picture.convert("L"))
    assert ink.size == wanted.crop(wanted.getbbox()).size
    assert ImageChops.difference(ink, wanted.crop(wanted.getbbox())).getbbox() is None


@pytest.mark.parametrize(
    "command", [b"\x10\x04\x14", b"\x10\x05", b"\x10\x14"], ids=["DLE EOT", "DLE ENQ", "DLE DC4"]
)
async def test_no_picture_spells_a_command_that_is_obeyed_at_once(
    desk: Desk, command: bytes
) -> None:
    row = bytes(byte ^ 0xFF for byte in command.ljust(72, b"\x00"))  # a 1 is white in a picture
    stream = io.BytesIO()
    Image.frombytes("1", (576, 40), row * 40).save(stream, "PNG")
    receipt = await desk.print(Picture(stream.getvalue(), width_share=1), Text("受"))
    assert receipt.lines == ("受",)
    assert command not in desk.emulator.overheard
    assert b"\x10\x04\x01" in desk.emulator.overheard  # what is asked on purpose is heard


async def test_a_command_a_picture_must_not_spell_costs_it_one_dot(desk: Desk) -> None:
    rows = 40
    wanted = Image.frombytes("1", (576, rows), b"\x10\x04\x14".ljust(72, b"\x00") * rows)
    stream = io.BytesIO()
    ImageOps.invert(wanted.convert("L")).save(stream, "PNG")
    ink = await desk.ink(Picture(stream.getvalue(), width_share=1))
    spoilt = ImageChops.difference(ink, wanted.convert("L").crop(wanted.getbbox()))
    assert ink.height == rows
    assert spoilt.histogram()[255] == rows


@pytest.mark.parametrize("status_by", ["real_time", "automatic"])
async def test_a_printer_is_not_asked_about_a_drawer_nobody_has(status_by: str) -> None:
    emulator = ReceiptPrinterEmulator(mm_per_s=None, answers_real_time=status_by == "real_time")
    async with paper_of(emulator, status_by=status_by) as desk:
        await desk.print(Text("受"))
        emulator.set_drawer(is_open=True)
        await desk.print(Text("理"))
    assert emulator.drawer_reports == 0


@pytest.mark.parametrize(
    ("not_taken", "end", "drawn_back"),
    [("retract", TicketEnd.RETRACTED, 1), ("eject", TicketEnd.EJECTED, 0)],
)
async def test_a_ticket_nobody_takes_goes_where_it_shall(
    not_taken: str, end: TicketEnd, drawn_back: int
) -> None:
    emulator = ReceiptPrinterEmulator(mm_per_s=None, presenter="custom")
    settings = {"presenter": "custom", "not_taken": not_taken, "taken_within_s": 0.2}
    async with paper_of(emulator, **settings) as desk:
        outcome = await desk.driver.print_receipt(
            Receipt((Text("受"),)), on_progress=lambda _: None
        )
        assert outcome == Printed(end)
        assert (len(emulator.retracted), emulator.mouth, emulator.unknown) == (drawn_back, None, [])
