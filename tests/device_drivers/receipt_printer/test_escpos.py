"""Golden bytes, written by hand from DEVICES.md 4."""

import io
import re

import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from device_drivers.receipt_printer.emulator.interpreter import Interpreter
from device_drivers.receipt_printer.emulator.steps import (
    AutomaticStatus,
    Characters,
    Code,
    Cut,
    Feed,
    LineFeed,
    Raster,
    Reset,
    Set,
    Unknown,
)
from device_drivers.receipt_printer.escpos import (
    CUT_OFF,
    EJECT,
    END_OF_JOB,
    RECOVERY,
    RETRACT,
    encode_job,
    present,
)
from device_drivers.receipt_printer.interface import Image as ImageBlock
from device_drivers.receipt_printer.interface import Qr, Receipt, Text
from device_drivers.receipt_printer.layout import (
    PAPERS,
    Bars,
    Gap,
    Line,
    Part,
    Picture,
    QrCode,
    lay_out,
)

_START = b"\x1b@" + b"\x1da\x00" + b"\x1b3\x22" + b"\x1c&"
_CUT = b"\x1dVB\x28"


def _job(*parts: Part) -> bytes:
    return encode_job(parts, PAPERS[80])


def test_a_plain_line_is_two_byte_text_and_a_line_feed() -> None:
    assert _job(Line("受理A")) == _START + b"\x1ba\x00\xca\xdc\xc0\xedA\n" + _CUT


def test_a_heading_sets_both_sizes_and_takes_them_back() -> None:
    assert _job(Line("受", "centre", tall=True, wide=True)) == (
        _START
        + b"\x1bE\x00\x1d!\x11\x1c!\x0c"
        + b"\x1ba\x01\xca\xdc\n"
        + b"\x1bE\x00\x1d!\x00\x1c!\x00"
        + _CUT
    )


def test_a_bold_line_and_a_gap() -> None:
    assert _job(Line("A", "right", bold=True), Gap(16)) == (
        _START
        + b"\x1bE\x01\x1d!\x00\x1c!\x00\x1ba\x02A\n\x1bE\x00\x1d!\x00\x1c!\x00"
        + b"\x1bJ\x10"
        + _CUT
    )


def test_a_gap_is_as_high_as_one_command_can_feed_and_no_higher() -> None:
    assert _job(Gap(255)) == _job(Gap(300)) == _START + b"\x1bJ\xff" + _CUT


def test_a_line_may_be_wide_without_being_tall() -> None:
    assert _job(Line("A", wide=True)).startswith(_START + b"\x1bE\x00\x1d!\x10\x1c!\x04")


def test_a_code_is_sent_as_its_content_in_utf_8() -> None:
    assert _job(QrCode("码1", 6)) == (
        _START
        + b"\x1ba\x01"
        + bytes.fromhex("1d286b0400 3141 3200")
        + bytes.fromhex("1d286b0300 3143 06")
        + bytes.fromhex("1d286b0300 3145 31")
        + bytes.fromhex("1d286b0700 315030 e7a081 31")
        + bytes.fromhex("1d286b0300 315130")
        + _CUT
    )


def test_bars_are_sent_with_their_height_module_and_words() -> None:
    assert _job(Bars(b"{BA1", 2)) == (
        _START
        + b"\x1ba\x01"
        + bytes.fromhex("1d6850 1d7702 1d4802 1d6600")
        + bytes.fromhex("1d6b4904 7b424131")
        + _CUT
    )


def test_a_picture_goes_out_in_bands_as_wide_as_the_paper() -> None:
    stream = io.BytesIO()
    Image.new("L", (10, 300), 0).save(stream, "PNG")
    job = _job(Picture(stream.getvalue(), 10))
    first = _START + b"\x1ba\x00" + b"\x1dv0\x00\x48\x00\xff\x00"
    assert job.startswith(first)
    second = len(first) + 255 * 72
    assert job[second : second + 8] == b"\x1dv0\x00\x48\x00\x2d\x00"
    assert len(job) == second + 8 + 45 * 72 + len(_CUT)
    row = job[len(first) : len(first) + 72]
    assert sum(byte.bit_count() for byte in row) == 10


def test_a_printer_that_wants_utf_8_gets_it_without_the_chinese_mode() -> None:
    job = encode_job([Line("受")], PAPERS[80], encoding="utf-8")
    assert job == b"\x1b@\x1da\x00\x1b3\x22\x1ba\x00\xe5\x8f\x97\n" + _CUT


def test_what_frames_a_job_is_the_references_own_bytes() -> None:
    assert bytes.fromhex("1d7201") == END_OF_JOB
    assert bytes.fromhex("1d6502") == RETRACT
    assert bytes.fromhex("1d6505") == EJECT
    assert present(12) == bytes.fromhex("1d65030c")
    assert bytes.fromhex("0a1d564228") == CUT_OFF
    assert bytes(255 * 72) + CUT_OFF == RECOVERY


def test_a_code_holds_what_its_command_can_count_and_no_byte_more() -> None:
    assert bytes.fromhex("1d286b b41b 315030") + b"7" * 7089 in _job(QrCode("7" * 7089, 4))
    with pytest.raises(ValueError, match="longer"):
        _job(QrCode("7" * 7090, 4))


@pytest.mark.parametrize(
    ("content", "mode", "level", "most"),
    [
        ("7", "numeric", "L", 7089),
        ("x", "byte", "L", 2953),
        ("7", "numeric", "M", 5596),
        ("x", "byte", "M", 2331),
    ],
)
def test_the_largest_code_holds_what_its_command_can_count_and_less_at_our_level(
    content: str, mode: str, level: str, most: int
) -> None:
    """`segno` knows the capacities of ISO/IEC 18004 and nothing of printers."""
    code = segno.make(content * most, mode=mode, error=level, boost_error=False)
    assert code.designator == f"40-{level}"
    with pytest.raises(segno.DataOverflowError):
        segno.make(content * (most + 1), mode=mode, error=level, boost_error=False)


def test_a_picture_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="not a readable PNG"):
        _job(Picture(b"\x89PNG\r\n\x1a\nrubbish", 10))


def test_a_line_the_font_lacks_is_never_sent_as_text() -> None:
    with pytest.raises(ValueError, match="lacks"):
        _job(Line("㛃"))


@pytest.mark.slow
@settings(deadline=None)  # the first example loads a font
@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_a_citizen_types_becomes_text_and_never_a_command(typed: str, code: str) -> None:
    receipt = Receipt((Text(typed), Qr("码" + code)))
    steps = list(Interpreter().feed(encode_job(lay_out(receipt, PAPERS[80]), PAPERS[80])))
    assert not [step for step in steps if isinstance(step, Unknown)]
    assert {type(step) for step in steps} <= {
        Reset, AutomaticStatus, Set, Characters, LineFeed, Feed, Raster, Code, Cut
    }  # fmt: skip
    assert [step for step in steps if isinstance(step, Cut)] == [Cut(to_cutter=True, dots=40)]
    assert len([step for step in steps if isinstance(step, Code)]) == 1


def test_command_bytes_in_text_do_reach_the_printer_when_nobody_strips_them() -> None:
    """The negative control of the test above: the interpreter sees an injected cut."""
    steps = list(Interpreter().feed(_START + b"A\x1dV\x00\x07"))
    assert Cut(to_cutter=False, dots=0) in steps
    assert Unknown(len(_START) + 4, b"\x07") in steps


def test_what_would_be_obeyed_at_once_gets_one_dot_more() -> None:
    spelt = b"\x10\x04\x10\x05\x10\x14".ljust(72, b"\x00")
    stream = io.BytesIO()
    Image.frombytes("1", (576, 1), bytes(255 - byte for byte in spelt)).save(stream, "PNG")
    job = _job(Picture(stream.getvalue(), 576))
    assert b"\x18\x04\x18\x05\x18\x14".ljust(72, b"\x00") + _CUT in job


def test_no_picture_holds_bytes_a_printer_would_answer_while_receiving() -> None:
    rows = Image.frombytes("1", (576, 24), bytes([0xEF, 0xFB, 0xFE, 0xEB] * 18) * 24)
    stream = io.BytesIO()
    rows.save(stream, "PNG")
    block = ImageBlock(stream.getvalue(), width_share=1.0)
    real_time = re.compile(rb"\x10[\x04\x05\x14]")
    assert real_time.search(bytes(255 - byte for byte in rows.tobytes()))
    assert not real_time.search(encode_job(lay_out(Receipt((block,)), PAPERS[80]), PAPERS[80]))
