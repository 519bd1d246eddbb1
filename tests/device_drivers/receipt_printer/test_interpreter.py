import pytest

from device_drivers.receipt_printer.emulator.interpreter import Interpreter
from device_drivers.receipt_printer.emulator.steps import (
    AutomaticStatus,
    Characters,
    Code,
    Cut,
    LineFeed,
    Raster,
    Reset,
    Set,
    StatusRequest,
    Step,
    Unknown,
)


def _steps(data: bytes) -> list[Step]:
    interpreter = Interpreter()
    return [*interpreter.feed(data), *interpreter.finish()]


@pytest.mark.parametrize(
    ("data", "steps"),
    [
        ("1b40", [Reset()]),
        ("cadc41 0a", [Characters("受A"), LineFeed()]),
        ("1b6101", [Set("align", 1)]),
        ("1d2111", [Set("ascii_size", 22), Set("chinese_size", 22)]),
        ("1c5701", [Set("chinese_size", 22)]),
        ("1d564228", [Cut(to_cutter=True, dots=40)]),
        ("1d5600", [Cut(to_cutter=False, dots=0)]),
        ("1d7201", [StatusRequest(1)]),
        ("1d6100 1d610f", [AutomaticStatus(0), AutomaticStatus(15)]),
        ("1d763000 0100 0200 80 01", [Raster(1, 2, b"\x80\x01", 1, 1)]),
        ("1d286b0400 315030 41 1d286b0300 315130", [Code(b"A", 3, "L")]),
        ("100401 100414 00", []),
    ],
)
def test_each_command_is_read(data: str, steps: list[Step]) -> None:
    assert _steps(bytes.fromhex(data)) == steps


@pytest.mark.parametrize(
    ("data", "offset", "unknown"),
    [
        ("41 07 42", 1, "07"),
        ("41 1b5a 42", 1, "1b5a"),
        ("1b6109", 0, "1b6109"),
        ("41 8230b731 42", 1, "8230b731"),  # U+36C3 as four-byte GB18030
        ("a2e3", 0, "a2e3"),  # € where GB18030 has it and GBK has not
        ("41 ff", 1, "ff"),
        ("1c2e cadc", 2, "ca"),  # a Chinese byte after leaving Chinese mode
        ("1d763000 0100 0200 80", 0, "1d763000010002 0080"),  # a picture cut short
        ("1d286b0300 314320", 0, "1d286b0300314320"),  # a module of 32 dots
        ("100409", 0, "100409"),
    ],
)
def test_whatever_it_cannot_read_is_reported_with_its_offset(
    data: str, offset: int, unknown: str
) -> None:
    found = [step for step in _steps(bytes.fromhex(data)) if isinstance(step, Unknown)]
    assert found[0] == Unknown(offset, bytes.fromhex(unknown))


def test_a_stream_that_arrives_byte_by_byte_means_the_same() -> None:
    data = bytes.fromhex("1b40 cadcc0ed0a 1d763000 0100 0200 8001 1d564228 07 1d7201")
    interpreter = Interpreter()
    by_bytes = [step for byte in data for step in interpreter.feed(bytes([byte]))]
    whole = _steps(data)
    assert [s for s in by_bytes if not isinstance(s, Characters)] == [
        s for s in whole if not isinstance(s, Characters)
    ]
    assert "".join(s.text for s in by_bytes if isinstance(s, Characters)) == "受理"
