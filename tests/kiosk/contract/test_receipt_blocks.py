"""The gate takes just the receipts the printer takes, and none with words wider than its paper."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import JsonValue

from device_drivers.receipt_printer import wrapping
from device_drivers.receipt_printer.document import ReceiptMistake, parse_receipt
from device_drivers.receipt_printer.layout import PAPERS
from kiosk.contract.receipt_blocks import (
    PAPER_COLUMNS,
    PICTURE_FIELD,
    ROW_FIELDS,
    TABLE_FIELD,
    BlockMistake,
    TooWide,
    check_block,
    check_width,
    columns_of,
)
from kiosk.contract.receipt_fields import BLOCK_FIELDS
from kiosk.services.receipts import fill

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()

GOOD: list[JsonValue] = [
    "rule",
    {"rule": None},
    {"rule": {}},
    {"heading": "受理回执"},
    {"heading": {"text": "受理回执"}},
    {"heading": 2026},
    {"text": "a"},
    {"text": {"text": "a", "bold": True, "align": "right"}},
    {"key_values": [["a", "b"], ["c", 1]]},
    {"key_values": {"a": "b"}},
    {"key_values": {"rows": [["a", "b"]]}},
    {"key_values": {"rows": "b", "more": "c"}},
    {"table": {"head": ["a", "b"], "rows": [["1", "2"]]}},
    {"qr": "https://x"},
    {"qr": {"content": "https://x", "caption": "扫码"}},
    {"barcode": "370321-A"},
    {"barcode": {"content": 370321}},
    {"image": PNG},
    {"image": {"png": PNG, "width_share": 1, "caption": "签名"}},
]

BAD: list[JsonValue] = [
    "headng",
    {"headng": "受理回执"},
    {"heading": "a", "text": "b"},
    {},
    7,
    None,
    ["text"],
    "text",
    "table",
    "image",
    {"heading": " "},
    {"heading": {"text": "a", "size": "b"}},
    {"heading": 1.5},
    {"heading": True},
    {"heading": ["a"]},
    {"text": None},
    {"text": {"text": "a", "align": "middle"}},
    {"text": {"text": "a", "bold": "yes"}},
    {"text": {"txt": "a"}},
    {"key_values": "a"},
    {"key_values": []},
    {"key_values": {}},
    {"key_values": [["a"]]},
    {"key_values": [["a", "b", "c"]]},
    {"key_values": [["a", 1.5]]},
    {"key_values": [[]]},
    {"key_values": ["ab"]},
    {"key_values": {"rows": "a"}},
    {"table": "a"},
    {"table": {"rows": [["1"]]}},
    {"table": {"head": ["a"]}},
    {"table": {"head": ["a"], "rows": []}},
    {"table": {"head": ["a", "b"], "rows": [["1"]]}},
    {"table": {"head": ["a"], "rows": [["1"]], "foot": ["x"]}},
    {"rule": "a"},
    {"qr": ""},
    {"qr": {"content": "a", "size": 3}},
    {"qr": {"content": "a", "caption": 1.5}},
    {"barcode": ""},
    {"barcode": "受理"},
    {"barcode": "a\x1b"},
    {"barcode": {"content": "a", "caption": "b"}},
    {"image": "not base64!"},
    {"image": "签名"},
    {"image": base64.b64encode(b"GIF89a").decode()},
    {"image": {"png": PNG, "width_share": 0}},
    {"image": {"png": PNG, "width_share": 1.1}},
    {"image": {"png": PNG, "width_share": True}},
    {"image": {"png": PNG, "width_share": "half"}},
    {"image": {"caption": "a"}},
]


def _printer_takes(block: JsonValue) -> bool:
    try:
        parse_receipt({"blocks": [block]})
    except ReceiptMistake:
        return False
    return True


def _gate_takes(block: JsonValue) -> bool:
    try:
        check_block(block)
    except BlockMistake:
        return False
    return True


@pytest.mark.parametrize("block", GOOD, ids=str)
def test_what_the_printer_takes_the_gate_takes(block: JsonValue) -> None:
    assert _printer_takes(block)
    assert _gate_takes(block)


@pytest.mark.parametrize("block", BAD, ids=str)
def test_what_the_printer_refuses_the_gate_refuses(block: JsonValue) -> None:
    assert not _printer_takes(block)
    assert not _gate_takes(block)


@given(
    some.recursive(
        some.none() | some.booleans() | some.integers(0, 9) | some.sampled_from(["a", "", "rule"]),
        lambda inner: (
            some.lists(inner, max_size=3)
            | some.dictionaries(
                some.sampled_from(
                    [
                        "text",
                        "heading",
                        "rule",
                        "table",
                        "head",
                        "rows",
                        "qr",
                        "barcode",
                        "content",
                        "image",
                    ]
                ),
                inner,
                max_size=3,
            )
        ),
        max_leaves=8,
    )
)
def test_gate_and_printer_agree_about_anything(block: JsonValue) -> None:
    assert _gate_takes(block) == _printer_takes(block)


FACTS: dict[str, JsonValue] = {
    "answer_rows": [["用途", "就业"]],
    "certificate_rows": [["姓名", "张明远"]],
    "certificate_table": {"head": ["税种"], "rows": [["契税"]]},
    "signature_png": PNG,
}


@pytest.mark.parametrize("field", sorted(BLOCK_FIELDS))
@pytest.mark.parametrize(
    "kind", ["heading", "text", "key_values", "table", "qr", "barcode", "image"]
)
def test_a_block_field_may_stand_just_where_the_printer_can_take_it(kind: str, field: str) -> None:
    block: JsonValue = {kind: f"{{{field}}}"}
    filled = fill({"blocks": [block]}, FACTS)["blocks"]
    assert isinstance(filled, list)
    # a picture printed as words would be no mistake to the printer, only to the citizen
    is_for_words = kind in {"heading", "text", "qr", "barcode"}
    assert _gate_takes(block) == (_printer_takes(filled[0]) and not is_for_words)


def test_there_is_a_place_for_every_block_field() -> None:
    assert {*ROW_FIELDS, TABLE_FIELD, PICTURE_FIELD} == BLOCK_FIELDS


@pytest.mark.parametrize(
    "block",
    [
        {"heading": "受" * 25},
        {"heading": "{county}" + "受" * 25},
        {"table": {"head": ["受" * 12, "理" * 12], "rows": [["1", "2"]]}},
        {"table": {"head": ["a"] * 13, "rows": [["1"] * 13]}},
        {"text": "call " + "x" * 49},
        {"key_values": [["网址", "x" * 49]]},
    ],
    ids=str,
)
def test_words_wider_than_the_paper_are_found(block: JsonValue) -> None:
    check_block(block)
    with pytest.raises(TooWide):
        check_width(block, PAPER_COLUMNS)


@pytest.mark.parametrize(
    "block",
    [
        "rule",
        {"heading": "受" * 24},
        {"heading": "{certificate_title}" * 9},
        {"table": {"head": ["受" * 11, "理" * 12], "rows": [["1", "2"]]}},
        {"table": "{certificate_table}"},
        {"text": "受" * 200},
        {"text": "x" * 48},
        {"text": "{verify_url}" * 10},
        {"qr": "https://" + "x" * 100},
        {"image": base64.b64encode(b"\x89PNG" + bytes(200)).decode()},
    ],
    ids=str,
)
def test_what_fits_or_wraps_is_left_alone(block: JsonValue) -> None:
    check_block(block)
    check_width(block, PAPER_COLUMNS)


@given(some.text(max_size=30))
def test_columns_are_counted_as_the_printer_counts_them(text: str) -> None:
    assert columns_of(text) == wrapping.columns_of(text)


def test_the_paper_is_the_printers_own() -> None:
    assert PAPERS[80].columns == PAPER_COLUMNS
