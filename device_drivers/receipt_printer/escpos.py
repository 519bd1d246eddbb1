"""Encodes the parts of a receipt as one ESC/POS job (DEVICES.md 4).

Command names and numbers as printed in the Epson ESC/POS reference and the Chinese manuals of
DEVICES.md 4.1 and 4.5. Pure: parts in, bytes out.
"""

from collections.abc import Iterable
from typing import Literal, assert_never

from device_drivers.receipt_printer.layout import (
    LINE_DOTS,
    Bars,
    Gap,
    Line,
    Paper,
    Part,
    Picture,
    QrCode,
    printer_font_holds,
)
from device_drivers.receipt_printer.raster import Dots, draw_line, draw_picture
from device_drivers.receipt_printer.status_bytes import NO_AUTOMATIC_STATUS
from device_drivers.receipt_printer.wrapping import strip_controls

Encoding = Literal["gb18030", "gbk", "utf-8"]
"""What the printer takes as Chinese text; some sold ones want UTF-8 (DEVICES.md 4.1)."""

INITIALISE = b"\x1b@"
"""ESC @: back to the power-on settings."""
CHINESE_ON = b"\x1c&"
"""FS & (DEVICES.md 4.1); the power-on state of Chinese models, said all the same."""
END_OF_JOB = b"\x1dr\x01"
"""GS r 1, transmit paper status: answered in its turn, after what stands before it was executed."""

_ALIGN = {"left": b"\x1ba\x00", "centre": b"\x1ba\x01", "right": b"\x1ba\x02"}
_LINE_PITCH = b"\x1b3"
"""ESC 3 n."""
_FEED = b"\x1bJ"
"""ESC J n, n dots."""
_MOST_FED_DOTS = 255
_BOLD = b"\x1bE"
"""ESC E n."""
_SIZE = b"\x1d!"
"""GS ! n: the size of ASCII glyphs."""
_SIZE_WIDE, _SIZE_TALL = 0x10, 0x01
_CHINESE_SIZE = b"\x1c!"
"""FS ! n: the size of Chinese glyphs."""
_CHINESE_WIDE, _CHINESE_TALL = 0x04, 0x08
_NORMAL = b"\x00"
_LINE_FEED = b"\n"
_CUT = b"\x1dVB\x28"
"""GS V 66 40: feed to the cutter and 40 dots (5 mm) more, then cut."""
_BAR_DOTS = 80
"""10 mm: a hand scanner finds it at any angle a hand holds it."""
_QR_MODEL = b"\x1d(k\x04\x001A2\x00"
"""GS ( k, function 165 (DEVICES.md 4.5, as all of these): model 2."""
_QR_MODULE = b"\x1d(k\x03\x001C"
"""Function 167, with the dots of a module behind it."""
_QR_LEVEL = b"\x1d(k\x03\x001E1"
"""Function 169: level M."""
_QR = b"\x1d(k"
_QR_STORE = b"1P0"
"""Function 180, with the content behind it; the length before it counts both."""
_QR_PRINT = b"\x1d(k\x03\x001Q0"
"""Function 181."""
_QR_DATA_BYTES = 7092 - 3
"""Function 180 counts up to 7092 in pL + 256 pH, and `1P0` is of them (Epson reference). What is
left is as many digits as the largest code holds (ISO/IEC 18004:2015, table 7: version 40-L, 7,089
digits or 2,953 bytes): all that the command can say. At level M, which is asked for here, a code
holds 5,596 digits or 2,331 bytes; `layout` refuses what is more, or wider than the paper."""
_BAR_HEIGHT = b"\x1dh"
"""GS h n (Epson ESC/POS reference, as all of these)."""
_BAR_MODULE = b"\x1dw"
"""GS w n."""
_BAR_WORDS = b"\x1dH\x02\x1df\x00"
"""GS H 2: what they say stands below; GS f 0: in font A."""
_BARS = b"\x1dkI"
"""GS k 73 n: Code 128."""
_RASTER = b"\x1dv0\x00"
"""GS v 0 m, normal size (DEVICES.md 4.5)."""
_REAL_TIME = b"\x10"
_REAL_TIME_KINDS = b"\x04\x05\x14"
"""DLE EOT, DLE ENQ and DLE DC4 (DEVICES.md 4.3)."""
_NO_REAL_TIME = b"\x18"
"""DLE with one dot more."""
_BAND_ROWS = 255
"""A picture goes out in bands of at most this height: small printers hold no more, and yH stays 0.
"""
RETRACT = b"\x1de\x02"
"""GS e 2 (DEVICES.md 4.4), of printers with a presenter."""
EJECT = b"\x1de\x05"
"""GS e 5."""
_PRESENT = b"\x1de\x03"
"""GS e 3 m."""
_WIDEST_BYTES = 72
"""576 dots of 80 mm paper (DEVICES.md 4.5)."""
CUT_OFF = _LINE_FEED + _CUT
"""Sent after a job that broke off and was cleared: what is on paper of one citizen's receipt never
hangs on the next one's."""
RECOVERY = bytes(_BAND_ROWS * _WIDEST_BYTES) + CUT_OFF
"""Sent first after a job that was lost with its line and not cleared: as many NULs as the longest
picture band may still be waiting for (a printer ignores NUL, a picture takes it as white)."""


def encode_job(
    parts: Iterable[Part],
    paper: Paper,
    *,
    encoding: Encoding = "gb18030",
    automatic_status: bytes = NO_AUTOMATIC_STATUS,
) -> bytes:
    """One receipt from reset to cut, without the end-of-job question.

    `automatic_status` is said anew, for ESC @ may have changed it. Raises ValueError for a picture
    that is none.
    """
    job = bytearray(INITIALISE + automatic_status + _LINE_PITCH + bytes([LINE_DOTS]))
    if encoding != "utf-8":
        job += CHINESE_ON
    for part in parts:
        job += _encode_part(part, paper, encoding)
    return bytes(job + _CUT)


def present(steps: int) -> bytes:
    """GS e 3 m (DEVICES.md 4.4): move the cut ticket out by so many of the model's own steps."""
    return _PRESENT + bytes([steps])


def _encode_part(part: Part, paper: Paper, encoding: Encoding) -> bytes:
    match part:
        case Line(as_dots=True):
            return _raster(draw_line(part, paper.dots))
        case Line():
            return _text_line(part, encoding)
        case QrCode(content, module_dots):
            return _qr(content, module_dots)
        case Bars(data, module_dots):
            return _bars(data, module_dots)
        case Picture(png, width_dots):
            return _raster(draw_picture(png, width_dots, paper.dots))
        case Gap(dots):
            return _FEED + bytes([min(max(dots, 0), _MOST_FED_DOTS)])
    assert_never(part)


def _text_line(line: Line, encoding: Encoding) -> bytes:
    clean = strip_controls(line.text).replace("\n", " ")
    if not all(printer_font_holds(character) for character in clean):
        raise ValueError("a line for the printer's font holds a character it lacks")
    text = _ALIGN[line.align] + clean.encode(encoding) + _LINE_FEED
    if line.bold or line.tall or line.wide:
        return _style(line) + text + _STYLE_OFF
    return text


_STYLE_OFF = _BOLD + _NORMAL + _SIZE + _NORMAL + _CHINESE_SIZE + _NORMAL


def _style(line: Line) -> bytes:
    """ESC E, GS ! for ASCII and FS ! for Chinese glyphs.

    Some models let GS ! govern both kinds of glyph, some need FS ! too; saying both is harmless,
    for each sets a size and neither multiplies the other's.
    """
    size = (_SIZE_WIDE if line.wide else 0) | (_SIZE_TALL if line.tall else 0)
    chinese = (_CHINESE_WIDE if line.wide else 0) | (_CHINESE_TALL if line.tall else 0)
    return _BOLD + bytes([line.bold]) + _SIZE + bytes([size]) + _CHINESE_SIZE + bytes([chinese])


def _qr(content: str, module_dots: int) -> bytes:
    """GS ( k: model 2, module size, level M, store, print (DEVICES.md 4.5)."""
    data = content.encode("utf-8")
    if len(data) > _QR_DATA_BYTES:
        raise ValueError("a QR code's content is longer than any code holds")
    length = (len(_QR_STORE) + len(data)).to_bytes(2, "little")
    return (
        _ALIGN["centre"]
        + _QR_MODEL
        + _QR_MODULE
        + bytes([module_dots])
        + _QR_LEVEL
        + (_QR + length + _QR_STORE + data)
        + _QR_PRINT
    )


def _bars(data: bytes, module_dots: int) -> bytes:
    height, module = _BAR_HEIGHT + bytes([_BAR_DOTS]), _BAR_MODULE + bytes([module_dots])
    return _ALIGN["centre"] + height + module + _BAR_WORDS + _BARS + bytes([len(data)]) + data


def _raster(dots: Dots) -> bytes:
    """GS v 0 in bands, at the left edge (some models ignore ESC a for pictures)."""
    job = bytearray(_ALIGN["left"])
    for top in range(0, dots.height, _BAND_ROWS):
        rows = min(_BAND_ROWS, dots.height - top)
        band = dots.data[top * dots.width_bytes : (top + rows) * dots.width_bytes]
        job += _RASTER + dots.width_bytes.to_bytes(2, "little") + bytes([rows, 0])
        job += _clear_of_real_time(band)
    return bytes(job)


def _clear_of_real_time(data: bytes) -> bytes:
    """Dots in which no real-time command can be read by accident, at the price of one dot each.

    A printer looks for DLE EOT, DLE ENQ and DLE DC4 in every byte that arrives, picture or not
    (DEVICES.md 4.3): a chance match would make it answer, or drop its buffer.
    """
    for kind in _REAL_TIME_KINDS:
        second = bytes([kind])
        data = data.replace(_REAL_TIME + second, _NO_REAL_TIME + second)
    return data
