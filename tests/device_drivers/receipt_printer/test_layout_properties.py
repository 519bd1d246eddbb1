"""Whatever a receipt says: nothing wider than the paper, nothing lost, nothing a command."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from device_drivers.receipt_printer.emulator.interpreter import Interpreter
from device_drivers.receipt_printer.emulator.steps import (
    AutomaticStatus,
    Characters,
    Cut,
    Feed,
    LineFeed,
    Raster,
    Reset,
    Set,
    Step,
    Unknown,
)
from device_drivers.receipt_printer.escpos import Encoding, encode_job
from device_drivers.receipt_printer.interface import Block, Heading, KeyValues, Receipt, Table, Text
from device_drivers.receipt_printer.layout import PAPERS, Line, Paper, lay_out
from device_drivers.receipt_printer.wrapping import columns_of, strip_controls

papers = pytest.mark.parametrize(
    "paper",
    [
        pytest.param(paper, marks=[] if width_mm == 58 else pytest.mark.slow, id=str(width_mm))
        for width_mm, paper in PAPERS.items()
    ],
)
"""The narrower is tried by `make check`: lines are broken there."""
_RARE = "㛃𠮷𬌗—€·“”…\U000e0100é"
_words = some.text(
    some.characters()
    | some.sampled_from("受理编号，。：（）《》ABC 0123.\n\t\x1b\x10\x04\x1d\x00" + _RARE),
    max_size=40,
)
_cells = some.text(some.sampled_from("项目金额12.5 €㛃𠮷"), max_size=12)
_rows = some.lists(some.tuples(_cells, _cells), min_size=1, max_size=4).map(tuple)


def _blocks(words: some.SearchStrategy[str]) -> some.SearchStrategy[Block]:
    return some.one_of(
        some.builds(Heading, words),
        some.builds(Text, words, bold=some.booleans()),
        some.builds(
            KeyValues, some.lists(some.tuples(words, words), min_size=1, max_size=4).map(tuple)
        ),
        some.builds(Table, some.tuples(_cells, _cells), _rows),
    )


_receipts = some.lists(_blocks(_words), min_size=1, max_size=4).map(
    lambda blocks: Receipt(tuple(blocks))
)


def _lines(receipt: Receipt, paper: Paper) -> list[Line]:
    return [part for part in lay_out(receipt, paper) if isinstance(part, Line)]


def _ink(text: str) -> str:
    """What can be seen of it, in one order."""
    seen = "".join(strip_controls(text).split())
    return "".join(sorted(mark for mark in seen if mark not in "：:─"))


def _written(block: Block) -> str:
    match block:
        case Heading(text) | Text(text):
            return text
        case KeyValues(rows):
            return "".join(label + value for label, value in rows)
        case Table(head, rows):
            return "".join((*head, *(cell for row in rows for cell in row)))
    return ""


@papers
@given(receipt=_receipts)
@settings(deadline=None)
def test_no_line_is_wider_than_the_paper(paper: Paper, receipt: Receipt) -> None:
    widths = [columns_of(line.text) * (2 if line.wide else 1) for line in _lines(receipt, paper)]
    assert max(widths, default=0) <= paper.columns


@papers
@given(receipt=_receipts)
@settings(deadline=None)
def test_every_visible_character_is_on_some_line(paper: Paper, receipt: Receipt) -> None:
    printed = "".join(line.text for line in _lines(receipt, paper))
    assert _ink(printed) == _ink("".join(map(_written, receipt.blocks)))


@pytest.mark.slow
@papers
@given(receipt=_receipts, encoding=some.sampled_from(["gb18030", "gbk", "utf-8"]))
@settings(deadline=None)
def test_a_line_is_printed_as_text_or_drawn_and_is_never_a_command(
    paper: Paper, receipt: Receipt, encoding: Encoding
) -> None:
    lines = _lines(receipt, paper)
    steps = _printed(encode_job(lines, paper, encoding=encoding), encoding)
    assert not [step for step in steps if isinstance(step, Unknown)]
    assert {type(step) for step in steps} <= {
        Reset, AutomaticStatus, Set, Characters, LineFeed, Feed, Raster, Cut
    }  # fmt: skip
    assert [step for step in steps if isinstance(step, Cut)] == [Cut(to_cutter=True, dots=40)]
    in_font = "".join(line.text for line in lines if not line.as_dots)
    assert "".join(s.text for s in steps if isinstance(s, Characters)) == in_font
    drawn = [line for line in lines if line.as_dots]
    assert sum(isinstance(step, Raster) for step in steps) == len(drawn)


def _printed(job: bytes, encoding: Encoding) -> list[Step]:
    interpreter = Interpreter(encoding)
    return [*interpreter.feed(job), *interpreter.finish()]


@given(some.characters(categories=["Cc", "Cf", "Cs", "Co"]))
def test_no_character_that_acts_reaches_a_line(character: str) -> None:
    (line, *_) = _lines(Receipt((Text(f"前{character}后"),)), PAPERS[80])
    assert all(unicodedata.category(each) not in ("Cc", "Cf", "Cs") for each in line.text)
