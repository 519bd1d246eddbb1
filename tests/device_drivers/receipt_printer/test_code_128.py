"""Code 128 for GS k 73: short, and free of what a printer would take for a real-time command."""

import re

import numpy as np
import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as some
from PIL import Image

from device_drivers.receipt_printer.code_128 import QUIET_MODULES, encode, modules
from device_drivers.receipt_printer.emulator.drawn_codes import draw_barcode
from device_drivers.receipt_printer.emulator.interpreter import Interpreter
from device_drivers.receipt_printer.emulator.steps import Barcode
from device_drivers.receipt_printer.escpos import encode_job
from device_drivers.receipt_printer.interface import Barcode as BarcodeBlock
from device_drivers.receipt_printer.interface import Receipt
from device_drivers.receipt_printer.layout import PAPERS, Bars, lay_out

_REAL_TIME = re.compile(rb"\x10[\x04\x05\x14]")


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("A1", "7b42 4131"),
        ("3703", "7b43 2503"),
        ("37032", "7b43 2503 7b42 32"),
        ("AB3703", "7b42 4142 7b43 2503"),
        ("{", "7b42 7b7b"),
        ("1604", "7b42 31363034"),
        ("371604", "7b42 33 7b43 473c 7b42 34"),
    ],
)
def test_digits_go_in_pairs_where_no_command_comes_of_it(text: str, data: str) -> None:
    assert encode(text) == bytes.fromhex(data)


def test_in_pairs_that_number_would_be_a_command() -> None:
    """The negative control: the plain way of writing 16 04."""
    assert _REAL_TIME.search(b"{C" + bytes([16, 4]))


@pytest.mark.parametrize("text", ["", "受理", "a\x1b", "x" * 300])
def test_what_no_bar_code_holds_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="bar code"):
        encode(text)


def test_the_longest_that_a_byte_counts_is_written_and_one_more_is_refused() -> None:
    assert encode("x" * 253) == b"{B" + b"x" * 253
    with pytest.raises(ValueError, match="longer"):
        encode("x" * 254)


def test_its_margin_is_the_standards() -> None:
    """ISO/IEC 15417, 4.4."""
    assert QUIET_MODULES == 10


def test_its_width_is_that_of_the_printed_one() -> None:
    (bars,) = [p for p in lay_out(_receipt("37032120261123000417"), PAPERS[58]) if type(p) is Bars]
    drawn = draw_barcode(Barcode("CODE128", "37032120261123000417", 1, 10, 0))
    assert modules(bars.data) == drawn.width
    assert bars.module_dots == 2


@given(some.text(some.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=40))
def test_whatever_is_encoded_the_strict_interpreter_reads_back(text: str) -> None:
    data = encode(text)
    assert not _REAL_TIME.search(data)
    (bars,) = Interpreter().feed(b"\x1dkI" + bytes([len(data)]) + data)
    assert isinstance(bars, Barcode)
    assert bars.text == text


@given(some.text("0123456789", min_size=1, max_size=30))
def test_no_number_is_a_command(text: str) -> None:
    assert not _REAL_TIME.search(encode(text))


def test_the_printed_bars_are_read_by_a_reader() -> None:
    drawn = draw_barcode(Barcode("CODE128", "KF-37032120261123", 2, 80, 2))
    margin = Image.new("L", (drawn.width + 80, drawn.height + 40), 255)
    margin.paste(drawn, (40, 20))
    (found,) = zxingcpp.read_barcodes(np.asarray(margin))
    assert found.text == "KF-37032120261123"


@pytest.mark.parametrize("width_mm", [80, 58])
def test_a_bar_code_wider_than_the_paper_is_refused(width_mm: int) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        lay_out(_receipt("x" * 26), PAPERS[width_mm])


def test_its_bytes_are_those_of_the_reference() -> None:
    job = encode_job([Bars(b"{BA", 2)], PAPERS[80])
    assert b"\x1ba\x01\x1dh\x50\x1dw\x02\x1dH\x02\x1df\x00\x1dk\x49\x03{BA" in job


def _receipt(content: str) -> Receipt:
    return Receipt((BarcodeBlock(content),))
