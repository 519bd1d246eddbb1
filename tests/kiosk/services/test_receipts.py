"""Templates filled with facts; what has no fact is left out rather than printed empty."""

import pytest
from pydantic import JsonValue

from kiosk.services.receipts import fill


def test_words_rows_and_pictures_take_their_places() -> None:
    template: JsonValue = {
        "blocks": [
            {"heading": "{certificate_title}"},
            {"key_values": "{certificate_rows}"},
            {"image": {"png": "{signature_png}", "width_share": 0.4}},
            "rule",
        ]
    }
    rows: JsonValue = [["姓名", "{不是字段}"]]
    filled = fill(
        template, {"certificate_title": "证明", "certificate_rows": rows, "signature_png": "AA=="}
    )
    assert filled["blocks"] == [
        {"heading": "证明"},
        {"key_values": rows},
        {"image": {"png": "AA==", "width_share": 0.4}},
        "rule",
    ]


def test_a_block_and_a_row_without_facts_are_left_out() -> None:
    template: JsonValue = {
        "blocks": [
            {"text": "应于 {decide_by} 前作出决定"},
            {"key_values": [["编号", "{case_number}"], ["时间", "{printed_at}"]]},
        ]
    }
    filled = fill(template, {"decide_by": "", "case_number": "", "printed_at": "今天"})
    assert filled["blocks"] == [{"key_values": [["时间", "今天"]]}]


def test_an_unknown_fact_is_an_error() -> None:
    with pytest.raises(KeyError):
        fill({"blocks": [{"text": "{nothing}"}]}, {})
