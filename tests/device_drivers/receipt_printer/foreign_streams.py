"""Streams as other programs send them, written out by hand from the documented commands.

Each with what a printer makes of it. The orders of commands are those that DEVICES.md 4.1, 4.2 and
4.6 describe of python-escpos and receiptline, and of the tills before them.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stream:
    """A job, and what is on the paper."""

    name: str
    data: bytes
    lines: tuple[str, ...]
    codes: tuple[str, ...] = ()
    images: int = 0
    cuts: int = 1


def _qr(content: bytes, *, module: int = 3, level: int = 0x30) -> bytes:
    length = (len(content) + 3).to_bytes(2, "little")
    return (
        b"\x1d(k\x04\x00\x31\x41\x32\x00"
        + b"\x1d(k\x03\x00\x31\x43"
        + bytes([module])
        + b"\x1d(k\x03\x00\x31\x45"
        + bytes([level])
        + b"\x1d(k"
        + length
        + b"\x31\x50\x30"
        + content
        + b"\x1d(k\x03\x00\x31\x51\x30"
    )


_ESCPOS_LIBRARY = Stream(
    "a library that sets everything before each text, and cuts with GS V 66 0",
    b"\x1b@"
    + b"\x1bt\x00"  # a code page although Chinese follows
    + b"\x1ba\x01\x1bM\x00\x1bE\x01\x1b-\x00\x1dB\x00\x1d!\x11"
    + "不动产".encode("gb18030")
    + b"\n"
    + b"\x1ba\x00\x1bM\x00\x1bE\x00\x1b-\x00\x1dB\x00\x1d!\x00"
    + b"Line one\n"
    + b"\x1dv0\x00\x02\x00\x10\x00"
    + b"\xaa\x55" * 16
    + _qr(b"https://example.cn/q/1")
    + b"\x1dh\x40\x1dw\x02\x1df\x00\x1dH\x02\x1dk\x49\x06{B\x41\x42\x43\x31"
    + b"\x1bd\x06\x1dVB\x00",
    ("不动产", "Line one"),
    ("https://example.cn/q/1", "ABC1"),
    images=1,
)

_COLUMN_IMAGES = Stream(
    "a picture in bands of ESC * 33, with the pitch set to the band",
    b"\x1b@\x1b3\x18"
    + (b"\x1b*\x21\x30\x00" + b"\xff\x00\x81" * 48 + b"\n") * 3
    + b"\x1b2Text after\n\x1b*\x00\x10\x00"
    + b"\x0f" * 16
    + b"\n\x1bi",
    ("Text after",),
    images=2,
)

_RECEIPT_LANGUAGE = Stream(
    "a generator that leaves Chinese mode to draw boxes from the code page, and places by dots",
    b"\x1b@\x1da\x00\x1bM0\x1b \x00\x1cS\x00\x00\x1b2\x1b{\x00"
    + b"\x1dL\x0c\x00\x1dW\x28\x02\x1ba\x00"
    + b"\x1b3\x1e\x1c.\x1bt\x00\xda\xc4\xc4\xbf\n"
    + b"\x1b$\x00\x00\x1c&"
    + "名称".encode("gb18030")
    + b"\x1b$\xa0\x00"
    + b"12.00\n"
    + b"\x1b\\\x18\x00\x1bt\x00\x1c&"
    + "右".encode("gb18030")
    + b"\n\x1ba\x01\x1b!\x00\x1b-\x31\x1d!\x22\x1bE1"
    + b"BIG\n\x1b!\x00\x1d!\x00\x1bE0"
    + b"\x1d(L\x0e\x00\x30\x70\x30\x01\x01\x31\x08\x00\x04\x00\x0f\xf0\x0f\xf0"
    + b"\x1d(L\x02\x00\x30\x32"
    + b"\x1dr1\x1dVA\x00",
    ("┌──┐", "名称         12.00", "  右", "BIG"),
    images=1,
)

_TILL = Stream(
    "an old till: ESC !, tabs, ESC D, double strike, NUL-ended bars, a stored logo, a drawer",
    b"\x1b=\x01\x1b@\x1bR\x0f\x1cp\x01\x00\x1b!\x38SHOP\r\n\x1b!\x00"
    + b"\x1bD\x0c\x18\x00A\tB\tC\n\x1bG\x01bold\x1bG\x00\n\x1bJ\x10"
    + b"\x1dH0\x1dh\x32\x1dw\x03\x1dk\x02690123456789\x00"
    + b"\x1dk\x04*ORDER-7*\x00\x1dk\x05123456\x00\x1bp\x00\x19\xfa\x1bd\x03\x1bm",
    ("SHOP", "A           B           C", "bold"),
    ("690123456789", "*ORDER-7*", "123456"),
)

_CHINESE_STYLES = Stream(
    "a Chinese maker's sample: FS !, FS W, FS -, FS S, FS C, PDF417",
    b"\x1b@\x1c&\x1cC\x00\x1c!\x0c"
    + "大字".encode("gbk")
    + b"\n\x1c!\x00\x1cW\x01"
    + "倍宽".encode("gbk")
    + b"\n\x1cW\x00\x1c-\x02"
    + "下划线".encode("gbk")
    + b"\n\x1c-\x00\x1cS\x02\x02"
    + "字距".encode("gbk")
    + b"\n\x1cS\x00\x00\x1d(k\x03\x000A\x04\x1d(k\x03\x000B\x00\x1d(k\x03\x000C\x02"
    + b"\x1d(k\x03\x000D\x03\x1d(k\x04\x000E00\x1d(k\x03\x000F\x00"
    + b"\x1d(k\x07\x000P0TEST\x1d(k\x03\x000Q0\x1dV1",
    ("大字", "倍宽", "下划线", "字距"),
    ("TEST",),
)

_KIOSK = Stream(
    "a kiosk's printer with a presenter: cut, present, ask, eject, and its resets",
    b"\x1b@\x1d\xe0\x05ticket\n\x1dVB\x00\x1de\x03\x0c\x1de\x06\x1dr\x01\x1de\x02\x1de\x05"
    + b"\x1c\xc1\x01\x10\x04\x14\x1c\xc0\x18\x10\x14\x1a",
    ("ticket",),
)

STREAMS = (
    _ESCPOS_LIBRARY,
    _COLUMN_IMAGES,
    _RECEIPT_LANGUAGE,
    _TILL,
    _CHINESE_STYLES,
    _KIOSK,
)
