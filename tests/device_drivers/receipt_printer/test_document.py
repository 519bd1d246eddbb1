import base64
import io

import pytest
import yaml
from PIL import Image as Picture

from device_drivers.receipt_printer.document import ReceiptMistake, parse_receipt
from device_drivers.receipt_printer.interface import (
    Barcode,
    Heading,
    Image,
    KeyValues,
    Qr,
    Receipt,
    Rule,
    Table,
    Text,
)


def _png() -> bytes:
    stream = io.BytesIO()
    Picture.new("L", (4, 4)).save(stream, "PNG")
    return stream.getvalue()


def test_every_kind_of_block_is_read() -> None:
    document = f"""
    blocks:
      - heading: 受理凭条
      - text: {{text: 请妥善保管, bold: true, align: centre}}
      - text: 只有文字
      - key_values: [[受理编号, "370321"], [份数, 2]]
      - key_values: {{申请人: 林知夏}}
      - table: {{head: [项目, 金额], rows: [[工本费, "0.00"]]}}
      - rule
      - qr: {{content: "https://example.cn/1", caption: 扫码}}
      - barcode: 370321
      - image: {{png: {base64.b64encode(_png()).decode()}, width_share: 0.4, caption: 签名}}
    """
    assert parse_receipt(yaml.safe_load(document)) == Receipt(
        (
            Heading("受理凭条"),
            Text("请妥善保管", bold=True, align="centre"),
            Text("只有文字"),
            KeyValues((("受理编号", "370321"), ("份数", "2"))),
            KeyValues((("申请人", "林知夏"),)),
            Table(("项目", "金额"), (("工本费", "0.00"),)),
            Rule(),
            Qr("https://example.cn/1", caption="扫码"),
            Barcode("370321"),
            Image(_png(), width_share=0.4, caption="签名"),
        )
    )


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("heading: ''", r"block 1 \(heading\): `text` is missing"),
        ("text: {text: a, colour: red}", r"block 1 \(text\): unknown colour"),
        ("text: {text: a, align: middle}", r"block 1 \(text\): `align`"),
        ("text: {text: a, bold: maybe}", r"block 1 \(text\): `bold`"),
        ("key_values: [[a]]", r"block 1 \(key_values\): every row must be a label and a value"),
        ("table: {head: [a, b], rows: [[c]]}", r"block 1 \(table\): every row must have 2 cells"),
        ("key_values: [[日期, 2026-11-23]]", r"block 1 \(key_values\): date where text"),
        ("key_values: [[金额, 0.10]]", r"block 1 \(key_values\): float where text"),
        ("image: {png: '!!'}", r"block 1 \(image\): `png` is not base64"),
        ("image: {png: aGVsbG8=}", r"block 1 \(image\): `png` must hold a PNG"),
        ("barcodes: '1'", r"block 1 \(barcodes\): unknown"),
        ("barcode: 受理", r"block 1 \(barcode\): `content` must be printable ASCII"),
        ("rule: thick", r"block 1 \(rule\): takes nothing"),
    ],
)
def test_a_mistake_is_named_with_its_block(block: str, message: str) -> None:
    with pytest.raises(ReceiptMistake, match=message):
        parse_receipt(yaml.safe_load(f"blocks:\n  - {block}\n"))


@pytest.mark.parametrize("document", [{}, {"blocks": []}, {"blocks": "heading"}, {"block": [1]}])
def test_what_is_no_receipt_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(ReceiptMistake, match="receipt"):
        parse_receipt(document)
