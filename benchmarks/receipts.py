"""What a receipt costs: from its blocks to the bytes of the printer, and drawn by the emulator."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Final

import yaml
from PIL import Image, ImageDraw

from benchmarks.figure import Figure
from device_drivers.receipt_printer.document import parse_receipt
from device_drivers.receipt_printer.emulator.drawing import draw
from device_drivers.receipt_printer.emulator.interpreter import Interpreter
from device_drivers.receipt_printer.emulator.paper import PrintedReceipt
from device_drivers.receipt_printer.escpos import encode_job
from device_drivers.receipt_printer.interface import Block, KeyValues, Receipt, Text
from device_drivers.receipt_printer.layout import PAPERS, lay_out
from device_drivers.typeface import font_for

SAMPLE: Final = Path(__file__).resolve().parents[1] / "docs" / "receipts" / "guide.yaml"
"""Heading, table, rule, rows, a code, and lines of characters that no printer's font holds."""
ROUNDS: Final = 30
PAPER: Final = PAPERS[80]


def measure() -> list[Figure]:
    """Medians of this thread's processor time: neighbours on the machine do not count."""
    receipt = parse_receipt(yaml.safe_load(SAMPLE.read_text(encoding="utf-8")))
    job = _job(receipt)
    plain = _without_rare_characters(receipt)
    sys.stderr.write(f"a receipt of {len(receipt.blocks)} blocks, {len(job)} bytes\n")
    picture_ms = _median_ms(lambda: _as_one_picture(receipt))
    return [
        Figure(
            name="bytes of a receipt, two lines drawn",
            value=len(job) / 1000,
            unit="kB",
            against="peer: the same text drawn as one picture",
            limit=len(_as_one_picture(receipt)) / 1000,
            is_target=False,
        ),
        _beside(
            "receipt to ESC/POS bytes, two lines drawn",
            _median_ms(lambda: _job(receipt)),
            "the same text drawn as one picture",
            picture_ms,
        ),
        _beside(
            "receipt to ESC/POS bytes, all in the printer's font",
            _median_ms(lambda: _job(plain)),
            "the same text drawn as one picture",
            picture_ms,
        ),
        _beside(
            "stream understood by the emulator",
            _median_ms(lambda: list(Interpreter().feed(job))),
            "its encoding",
            _median_ms(lambda: _job(receipt)),
        ),
        _beside(
            "stream drawn by the emulator as PNG",
            _median_ms(lambda: _drawn(job)),
            "the same text drawn as one picture",
            picture_ms,
        ),
    ]


def _beside(name: str, value: float, peer: str, limit: float) -> Figure:
    return Figure(
        name=name, value=value, unit="ms", against=f"peer: {peer}", limit=limit, is_target=False
    )


def _job(receipt: Receipt) -> bytes:
    return encode_job(lay_out(receipt, PAPER), PAPER)


def _drawn(job: bytes) -> PrintedReceipt:
    (piece,) = [each for each in draw(job, PAPER.width_mm) if isinstance(each, PrintedReceipt)]
    return piece


def _without_rare_characters(receipt: Receipt) -> Receipt:
    """The same, as a printer's font can print all of it."""
    return Receipt(tuple(map(_in_font, receipt.blocks)))


def _in_font(block: Block) -> Block:
    if isinstance(block, Text):
        return Text(block.text.replace("€", "$").replace("—", "-"), block.bold, block.align)
    return block


def _as_one_picture(receipt: Receipt) -> bytes:
    """What programs do that trust no printer's font: every line drawn, one raster sent."""
    words: list[str] = []
    for block in receipt.blocks:
        if isinstance(block, KeyValues):
            words += [f"{label}：{value}" for label, value in block.rows]
        elif isinstance(block, Text):
            words.append(block.text)
    strip = Image.new("1", (PAPER.dots, 34 * max(1, len(words))), 1)
    pen = ImageDraw.Draw(strip)
    for row, text in enumerate(words):
        pen.text((0, 34 * row), text, font=font_for("受", 24), fill=0)
    return strip.tobytes()


def _median_ms(work: Callable[[], object]) -> float:
    work()  # the first one also opens the typefaces
    taken = []
    for _ in range(ROUNDS):
        began = time.thread_time()
        work()
        taken.append((time.thread_time() - began) * 1000)
    return median(taken)
