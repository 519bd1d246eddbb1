"""Reads a receipt written as data (RECEIPT.yaml) into blocks; every error names its block.

blocks:
  - heading: 受理凭条
  - text: {text: 请妥善保管, bold: true, align: centre}      # or only the words
  - key_values: [[受理编号, "370321"], [申请人, 王小明]]        # or a mapping
  - table: {head: [项目, 金额], rows: [[工本费, "0.00"]]}
  - rule
  - qr: {content: "https://…", caption: 扫码查询进度}         # or only the content
  - barcode: "370321"                                          # Code 128: printable ASCII
  - image: {png: <base64>, width_share: 0.5, caption: 申请人签名}
"""

import base64
import re
from collections.abc import Callable, Mapping, Sequence

from device_drivers.receipt_printer.interface import (
    Barcode,
    Block,
    Heading,
    Image,
    KeyValues,
    Qr,
    Receipt,
    Rule,
    Table,
    Text,
)

_ALIGNMENTS = ("left", "centre", "right")


class ReceiptMistake(ValueError):
    """The data does not describe a receipt; the message names the block and the field."""


def parse_receipt(mapping: Mapping[str, object]) -> Receipt:
    """The receipt described by `mapping`. Raises ReceiptMistake."""
    _only(mapping, {"blocks"}, "receipt")
    blocks = mapping.get("blocks")
    if not isinstance(blocks, Sequence) or isinstance(blocks, str) or not blocks:
        raise ReceiptMistake("receipt: `blocks` must be a list with at least one block")
    return Receipt(tuple(_block(entry, number) for number, entry in enumerate(blocks, start=1)))


def _block(entry: object, number: int) -> Block:
    if isinstance(entry, str):
        entry = {entry: {}}
    if not isinstance(entry, Mapping) or len(entry) != 1:
        raise ReceiptMistake(f"block {number}: must be one of {', '.join(_MAKERS)}")
    kind, body = next(iter(entry.items()))
    where = f"block {number} ({kind})"
    maker = _MAKERS.get(str(kind))
    if maker is None:
        raise ReceiptMistake(f"{where}: unknown; must be one of {', '.join(_MAKERS)}")
    return maker(body, where)


def _heading(body: object, where: str) -> Heading:
    return Heading(_required(_as_fields(body, "text", {"text"}, where), "text", where))


def _text(body: object, where: str) -> Text:
    fields = _as_fields(body, "text", {"text", "bold", "align"}, where)
    align = fields.get("align", "left")
    if align not in _ALIGNMENTS:
        raise ReceiptMistake(f"{where}: `align` must be one of {', '.join(_ALIGNMENTS)}")
    bold = fields.get("bold", False)
    if not isinstance(bold, bool):
        raise ReceiptMistake(f"{where}: `bold` must be true or false")
    return Text(_required(fields, "text", where), bold=bold, align=str(align))


def _key_values(body: object, where: str) -> KeyValues:
    if isinstance(body, Mapping) and set(body) == {"rows"}:
        body = body["rows"]
    if isinstance(body, Mapping):
        body = list(body.items())
    rows = _rows(body, where)
    if any(len(row) != 2 for row in rows):
        raise ReceiptMistake(f"{where}: every row must be a label and a value")
    return KeyValues(tuple((row[0], row[1]) for row in rows))


def _table(body: object, where: str) -> Table:
    if not isinstance(body, Mapping):
        raise ReceiptMistake(f"{where}: must have `head` and `rows`")
    _only(body, {"head", "rows"}, where)
    (head,) = _rows([body.get("head")], where)
    rows = _rows(body.get("rows"), where)
    if any(len(row) != len(head) for row in rows):
        raise ReceiptMistake(f"{where}: every row must have {len(head)} cells, like the head")
    return Table(head, rows)


def _rule(body: object, where: str) -> Rule:
    if body not in ({}, None):
        raise ReceiptMistake(f"{where}: takes nothing")
    return Rule()


def _qr(body: object, where: str) -> Qr:
    fields = _as_fields(body, "content", {"content", "caption"}, where)
    return Qr(_required(fields, "content", where), caption=_word(fields.get("caption", ""), where))


def _barcode(body: object, where: str) -> Barcode:
    content = _required(_as_fields(body, "content", {"content"}, where), "content", where)
    if not re.fullmatch("[ -~]+", content):
        raise ReceiptMistake(f"{where}: `content` must be printable ASCII")
    return Barcode(content)


def _image(body: object, where: str) -> Image:
    fields = _as_fields(body, "png", {"png", "width_share", "caption"}, where)
    png = fields.get("png")
    if isinstance(png, str):
        try:
            png = base64.b64decode(png, validate=True)
        except ValueError as error:  # binascii.Error is one; so is what is not even ASCII
            raise ReceiptMistake(f"{where}: `png` is not base64") from error
    if not isinstance(png, bytes) or not png.startswith(b"\x89PNG"):
        raise ReceiptMistake(f"{where}: `png` must hold a PNG picture")
    share = fields.get("width_share", 0.5)
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1:
        raise ReceiptMistake(f"{where}: `width_share` must be above 0 and at most 1")
    return Image(png, width_share=float(share), caption=_word(fields.get("caption", ""), where))


def _as_fields(
    body: object, only_field: str, allowed: set[str], where: str
) -> Mapping[object, object]:
    if not isinstance(body, Mapping):
        return {only_field: body}
    _only(body, allowed, where)
    return body


def _only(mapping: Mapping[str, object], allowed: set[str], where: str) -> None:
    unknown = sorted(str(key) for key in mapping if key not in allowed)
    if unknown:
        raise ReceiptMistake(f"{where}: unknown {', '.join(unknown)}")


def _required(fields: Mapping[object, object], name: str, where: str) -> str:
    text = _word(fields.get(name, ""), where)
    if not text.strip():
        raise ReceiptMistake(f"{where}: `{name}` is missing")
    return text


def _rows(body: object, where: str) -> tuple[tuple[str, ...], ...]:
    if not isinstance(body, Sequence) or isinstance(body, str) or not body:
        raise ReceiptMistake(f"{where}: must be a list of rows")
    rows: list[tuple[str, ...]] = []
    for row in body:
        if not isinstance(row, Sequence) or isinstance(row, str) or not row:
            raise ReceiptMistake(f"{where}: a row must be a list")
        rows.append(tuple(_word(cell, where) for cell in row))
    return tuple(rows)


def _word(value: object, where: str) -> str:
    """Text, or a whole number as its digits; a float or a date would print in a foreign form."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise ReceiptMistake(f"{where}: {type(value).__name__} where text is wanted; put it in quotes")


_MAKERS: dict[str, Callable[[object, str], Block]] = {
    "heading": _heading,
    "text": _text,
    "key_values": _key_values,
    "table": _table,
    "rule": _rule,
    "qr": _qr,
    "barcode": _barcode,
    "image": _image,
}
