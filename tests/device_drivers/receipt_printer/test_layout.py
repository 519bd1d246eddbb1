import pytest
from hypothesis import given
from hypothesis import strategies as some

from device_drivers.receipt_printer.interface import (
    Heading,
    KeyValues,
    Qr,
    Receipt,
    Rule,
    Table,
    Text,
)
from device_drivers.receipt_printer.layout import (
    PAPERS,
    Line,
    Paper,
    QrCode,
    lay_out,
    printer_font_holds,
)
from device_drivers.receipt_printer.wrapping import columns_of
from tests.device_drivers.receipt_printer.sample import ACCEPTANCE, RARE_NAME

_numbers = some.from_regex(r"[1-9][0-9]{0,2}(,[0-9]{3}){0,3}\.[0-9]{2}", fullmatch=True)
papers = pytest.mark.parametrize("paper", PAPERS.values(), ids=lambda paper: str(paper.width_mm))


def _lines(receipt: Receipt, paper: Paper) -> list[Line]:
    return [part for part in lay_out(receipt, paper) if isinstance(part, Line)]


@papers
def test_no_line_is_wider_than_the_paper(paper: Paper) -> None:
    lines = _lines(ACCEPTANCE, paper)
    assert len(lines) > 8
    assert all(columns_of(line.text) * (2 if line.wide else 1) <= paper.columns for line in lines)


@papers
def test_colons_stand_under_each_other_and_long_values_under_themselves(paper: Paper) -> None:
    rows = KeyValues((("受理编号", "1"), ("申请人", "2"), ("申请用途", "应聘，" * 20)))
    lines = [line.text for line in _lines(Receipt((rows,)), paper)]
    assert lines[0] == "受理编号：1"
    assert lines[1] == "  申请人：2"
    assert lines[2].startswith("申请用途：应聘")
    assert all(line[:10] == " " * 10 and line[10] in "应聘" for line in lines[3:])
    assert len(lines) > 3


def test_a_label_wider_than_half_the_paper_gets_a_line_of_its_own() -> None:
    rows = KeyValues((("申请人", "甲"), ("办理本事项所依据的法律条款", "第六条")))
    assert [line.text for line in _lines(Receipt((rows,)), PAPERS[58])] == [
        "申请人：甲",
        "办理本事项所依据的法律条款：",
        "        第六条",
    ]


def test_a_heading_is_doubled_both_ways_only_where_it_fits_on_one_line() -> None:
    (short,) = _lines(Receipt((Heading("受理凭条"),)), PAPERS[58])
    (long,) = _lines(Receipt((Heading("无犯罪记录证明受理凭条"),)), PAPERS[58])
    assert (short.tall, short.wide, short.align) == (True, True, "centre")
    assert (long.tall, long.wide, long.align) == (True, False, "centre")


def test_only_the_line_with_a_rare_character_is_drawn_as_dots() -> None:
    lines = _lines(Receipt((Text(f"申请人{RARE_NAME}\n普通文字"),)), PAPERS[80])
    assert [line.as_dots for line in lines] == [True, False]


@pytest.mark.parametrize("character", "A，。：—“”·…×㎡囍镕")
def test_the_printers_font_holds_what_gbk_holds_in_two_bytes(character: str) -> None:
    assert printer_font_holds(character)


@pytest.mark.parametrize("character", "㛃𬌗€ñ☎😀\x1b")
def test_the_printers_font_lacks_four_byte_characters_and_disputed_ones(character: str) -> None:
    assert not printer_font_holds(character)


def test_amounts_stand_at_the_right_and_words_at_the_left() -> None:
    table = Table(("项目", "金额"), (("工本费", "0.00"), ("邮寄费", "12.00")))
    lines = [line.text for line in _lines(Receipt((table,)), PAPERS[58])]
    assert [columns_of(line) for line in lines] == [32, 32, 32, 32]
    assert lines[2].startswith("工本费")
    assert lines[2].endswith(" 0.00")
    assert lines[3].endswith("12.00")


def test_a_long_cell_wraps_inside_its_column() -> None:
    table = Table(("项目", "数量"), (("邮寄服务由申请人自愿选择并到付邮资费用", "1"),))
    lines = [line.text for line in _lines(Receipt((table,)), PAPERS[58])][2:]
    assert len(lines) == 2
    assert lines[0].endswith("1")
    assert all(columns_of(line) <= 32 for line in lines)


def test_a_table_wider_than_the_paper_is_refused() -> None:
    with pytest.raises(ValueError, match="more columns than the paper"):
        lay_out(Receipt((Table(("列",) * 12, ()),)), PAPERS[58])


def test_where_a_number_would_be_broken_in_two_the_rows_stand_under_each_other() -> None:
    table = Table(
        ("税种", "税款所属期", "入库日期", "实缴金额"),
        (
            ("契税", "2026-11-01", "2026-11-20", "18,750.00"),
            ("印花税", "2026-11-01", "2026-11-20", "625.00"),
        ),
    )
    lines = [line.text for line in _lines(Receipt((table,)), PAPERS[58])]
    assert lines == [
        "      税种：契税",
        "税款所属期：2026-11-01",
        "  入库日期：2026-11-20",
        "  实缴金额：18,750.00",
        "      税种：印花税",
        "税款所属期：2026-11-01",
        "  入库日期：2026-11-20",
        "  实缴金额：625.00",
    ]
    wide = [line.text for line in _lines(Receipt((table,)), PAPERS[80])]
    assert wide[2].endswith("2026-11-01  2026-11-20  18,750.00")


@pytest.mark.slow
@given(some.lists(some.tuples(_numbers, _numbers, _numbers), min_size=1, max_size=3))
def test_no_table_breaks_a_number(rows: list[tuple[str, str, str]]) -> None:
    table = Table(("甲", "乙", "丙"), tuple(rows))
    words = " ".join(line.text for line in _lines(Receipt((table,)), PAPERS[58])).replace("：", " ")
    assert {number for row in rows for number in row} <= set(words.split())


@papers
def test_a_rule_goes_across_the_paper(paper: Paper) -> None:
    (rule,) = _lines(Receipt((Rule(),)), paper)
    assert columns_of(rule.text) == paper.columns


@pytest.mark.parametrize(("content", "module_dots"), [("1", 8), ("x" * 120, 5), ("x" * 400, 4)])
def test_a_code_is_as_large_as_it_needs_to_be_read(content: str, module_dots: int) -> None:
    codes = [p for p in lay_out(Receipt((Qr(content),)), PAPERS[58]) if isinstance(p, QrCode)]
    assert codes == [QrCode(content, module_dots)]


@pytest.mark.parametrize("length", [1500, 4000])
def test_a_code_too_large_for_the_paper_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="QR code"):
        lay_out(Receipt((Qr("x" * length),)), PAPERS[58])
