"""What a receipt template may be made of: the same blocks the kiosk's printer takes. Pure.

`device_drivers.receipt_printer.document` reads the filled-in receipt; a test holds both equal.
A template differs by its `{fields}`: a block field stands for whole rows, a table or a picture.
"""

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from pydantic import JsonValue

PAPER_COLUMNS: Final = 48
"""Of 80 mm paper: 576 dots, 12 a column (`DEVICES.md` 4.5); a Chinese character takes two."""

ROW_FIELDS: Final = frozenset({"answer_rows", "certificate_rows"})
TABLE_FIELD: Final = "certificate_table"
PICTURE_FIELD: Final = "signature_png"

_ALIGNMENTS: Final = ("left", "centre", "right")
_KINDS: Final = ("heading", "text", "key_values", "table", "rule", "qr", "barcode", "image")
_COLUMN_GAP: Final = 2
_PNG: Final = b"\x89PNG"
_FIELD: Final = re.compile(r"\{[^{}]*\}")


class BlockMistake(ValueError):
    """A block nobody can print; the message names the field."""


class TooWide(ValueError):
    """Words that fit on no line of the paper; the message quotes them."""


def check_block(block: JsonValue) -> None:
    """Raises BlockMistake where the printer would refuse the block."""
    if isinstance(block, str):
        block = {block: {}}
    if not isinstance(block, dict) or len(block) != 1:
        raise BlockMistake(f"must be one of {', '.join(_KINDS)}")
    kind, body = next(iter(block.items()))
    match kind:
        case "heading":
            _words(_fields(body, "text", {"text"}), "text")
        case "text":
            _check_text(_fields(body, "text", {"text", "bold", "align"}))
        case "key_values":
            _check_key_values(body)
        case "table":
            _check_table(body)
        case "rule" if body not in ({}, None):
            raise BlockMistake("rule: takes nothing")
        case "rule":
            pass
        case "qr":
            fields = _fields(body, "content", {"content", "caption"})
            _words(fields, "content")
            _word(fields.get("caption", ""))
        case "barcode":
            _check_barcode(_fields(body, "content", {"content"}))
        case "image":
            _check_image(_fields(body, "png", {"png", "width_share", "caption"}))
        case _:
            raise BlockMistake(f"{kind}: unknown; must be one of {', '.join(_KINDS)}")


def check_width(block: JsonValue, columns: int) -> None:
    """Raises TooWide where fixed words of a good block cannot stand on paper of so many columns.

    A heading is one line; a table's head stands side by side; any other text wraps, but a Latin
    word wider than the paper would be broken in two. What `{fields}` bring is not judged.
    """
    if not isinstance(block, dict):
        return
    kind, body = next(iter(block.items()))
    if kind == "heading":
        text = _words(_fields(body, "text", {"text"}), "text")
        if columns_of(_FIELD.sub("", text)) > columns:
            raise TooWide(text)
    if kind == "table" and isinstance(body, dict) and isinstance(body.get("head"), list):
        head = [_FIELD.sub("", str(cell)) for cell in _list(body["head"])]
        gaps = _COLUMN_GAP * (len(head) - 1)
        if sum(max(2, columns_of(cell)) for cell in head) + gaps > columns:
            raise TooWide(" | ".join(head))
    if kind != "image":
        for text in _texts(body):
            for word in re.findall(r"[!-~]+", _FIELD.sub(" ", text)):
                if kind not in ("qr", "barcode") and len(word) > columns:
                    raise TooWide(word)


def columns_of(text: str) -> int:
    """How many columns of 12 dots the text takes, as the printer counts them."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if character.isascii():
        return 1
    if unicodedata.combining(character) or unicodedata.category(character) in ("Cf", "Mn"):
        return 0
    if unicodedata.east_asian_width(character) in "WF":
        return 2
    try:
        return len(character.encode("gbk"))
    except UnicodeEncodeError:
        return 1


def _check_text(fields: dict[str, JsonValue]) -> None:
    if fields.get("align", "left") not in _ALIGNMENTS:
        raise BlockMistake(f"text: `align` must be one of {', '.join(_ALIGNMENTS)}")
    if not isinstance(fields.get("bold", False), bool):
        raise BlockMistake("text: `bold` must be true or false")
    _words(fields, "text")


def _check_key_values(body: JsonValue) -> None:
    if isinstance(body, dict) and set(body) == {"rows"}:
        body = body["rows"]
    if isinstance(body, dict):
        body = [[label, value] for label, value in body.items()]
    if _field_of(body) in ROW_FIELDS:
        return
    if any(len(row) != 2 for row in _rows(body)):
        raise BlockMistake("key_values: every row must be a label and a value")


def _check_table(body: JsonValue) -> None:
    if _field_of(body) == TABLE_FIELD:
        return
    if not isinstance(body, dict):
        raise BlockMistake("table: must have `head` and `rows`")
    _only(body, {"head", "rows"})
    (head,) = _rows([body.get("head")])
    if any(len(row) != len(head) for row in _rows(body.get("rows"))):
        raise BlockMistake(f"table: every row must have {len(head)} cells, like the head")


def _check_barcode(fields: dict[str, JsonValue]) -> None:
    content = _words(fields, "content")
    if not re.fullmatch("[ -~]*", _FIELD.sub("", content)):
        raise BlockMistake("barcode: `content` must be printable ASCII")


def _check_image(fields: dict[str, JsonValue]) -> None:
    png = fields.get("png")
    if _field_of(png) != PICTURE_FIELD:
        try:
            content = base64.b64decode(png, validate=True) if isinstance(png, str) else b""
        except (binascii.Error, ValueError) as error:
            raise BlockMistake("image: `png` is not base64") from error
        if not content.startswith(_PNG):
            raise BlockMistake("image: `png` must hold a PNG picture")
    share = fields.get("width_share", 0.5)
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1:
        raise BlockMistake("image: `width_share` must be above 0 and at most 1")
    _word(fields.get("caption", ""))


def _field_of(value: JsonValue) -> str:
    """The block field a value stands for; empty for anything else."""
    if isinstance(value, str) and value[:1] == "{" and value[-1:] == "}":
        return value[1:-1]
    return ""


def _fields(body: JsonValue, only_field: str, allowed: set[str]) -> dict[str, JsonValue]:
    if not isinstance(body, dict):
        return {only_field: body}
    _only(body, allowed)
    return body


def _only(mapping: dict[str, JsonValue], allowed: set[str]) -> None:
    unknown = sorted(mapping.keys() - allowed)
    if unknown:
        raise BlockMistake(f"unknown {', '.join(unknown)}")


def _words(fields: dict[str, JsonValue], name: str) -> str:
    text = _word(fields.get(name, ""))
    if not text.strip():
        raise BlockMistake(f"`{name}` is missing")
    return text


def _rows(body: JsonValue) -> list[list[str]]:
    if not isinstance(body, list) or not body:
        raise BlockMistake("must be a list of rows")
    rows: list[list[str]] = []
    for row in body:
        if not isinstance(row, list) or not row:
            raise BlockMistake("a row must be a list")
        rows.append([_word(cell) for cell in row])
    return rows


def _word(value: JsonValue) -> str:
    """Text, or a whole number as its digits."""
    if isinstance(value, str):
        if _field_of(value) in {*ROW_FIELDS, TABLE_FIELD, PICTURE_FIELD}:
            raise BlockMistake(f"{value} does not stand for words")
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise BlockMistake(f"{type(value).__name__} where text is wanted; put it in quotes")


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []


def _texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
