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
_LINE_PITCH = b"\x1b3" + bytes([LINE_DOTS])
"""ESC 3 n."""
_CUT = b"\x1dVB\x28"
"""GS V 66 40: feed to the cutter and 40 dots (5 mm) more, then cut."""
_BAR_DOTS = 80
"""10 mm: a hand scanner finds it at any angle a hand holds it."""
_QR_DATA_BYTES = 7089 - 3
"""GS ( k <function 180> takes pL + 256 pH up to 7092."""
_BAND_ROWS = 255
"""A picture goes out in bands of at most this height: small printers hold no more, and yH stays 0.
"""
RETRACT = b"\x1de\x02"
"""GS e 2 (DEVICES.md 4.4), of printers with a presenter."""
EJECT = b"\x1de\x05"
"""GS e 5."""
RECOVERY = bytes(_BAND_ROWS * 72) + b"\n\x1dVB\x00"
"""Sent first after a job that broke off: as many NULs as the longest picture band may still be
waiting for (a printer ignores NUL, a picture takes it as white), then a cut, so that what is left
of one citizen's receipt never hangs on the next one's."""


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
    job = bytearray(INITIALISE + automatic_status + _LINE_PITCH)
    if encoding != "utf-8":
        job += CHINESE_ON
    for part in parts:
        job += _encode_part(part, paper, encoding)
    return bytes(job + _CUT)


def present(steps: int) -> bytes:
    """GS e 3 m (DEVICES.md 4.4): move the cut ticket out by so many of the model's own steps."""
    return b"\x1de\x03" + bytes([steps])


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
            return b"\x1bJ" + bytes([min(max(dots, 0), 255)])
    assert_never(part)


def _text_line(line: Line, encoding: Encoding) -> bytes:
    clean = strip_controls(line.text).replace("\n", " ")
    if not all(printer_font_holds(character) for character in clean):
        raise ValueError("a line for the printer's font holds a character it lacks")
    text = _ALIGN[line.align] + clean.encode(encoding) + b"\n"
    if line.bold or line.tall or line.wide:
        return _style(line) + text + _STYLE_OFF
    return text


_STYLE_OFF = b"\x1bE\x00\x1d!\x00\x1c!\x00"


def _style(line: Line) -> bytes:
    """ESC E, GS ! for ASCII and FS ! for Chinese glyphs.

    Some models let GS ! govern both kinds of glyph, some need FS ! too; saying both is harmless,
    for each sets a size and neither multiplies the other's.
    """
    size = (0x10 if line.wide else 0) | (0x01 if line.tall else 0)
    chinese = (0x04 if line.wide else 0) | (0x08 if line.tall else 0)
    return b"\x1bE" + bytes([line.bold]) + b"\x1d!" + bytes([size]) + b"\x1c!" + bytes([chinese])


def _qr(content: str, module_dots: int) -> bytes:
    """GS ( k: model 2, module size, level M, store, print (DEVICES.md 4.5)."""
    data = content.encode("utf-8")
    if len(data) > _QR_DATA_BYTES:
        raise ValueError("a QR code's content is longer than any code holds")
    length = (len(data) + 3).to_bytes(2, "little")
    return (
        _ALIGN["centre"]
        + b"\x1d(k\x04\x001A2\x00"
        + b"\x1d(k\x03\x001C"
        + bytes([module_dots])
        + b"\x1d(k\x03\x001E1"
        + b"\x1d(k"
        + length
        + b"1P0"
        + data
        + b"\x1d(k\x03\x001Q0"
    )


def _bars(data: bytes, module_dots: int) -> bytes:
    """GS h, w, H 2 (words below), f 0, k 73 (Epson ESC/POS reference)."""
    return (
        _ALIGN["centre"]
        + b"\x1dh"
        + bytes([_BAR_DOTS])
        + b"\x1dw"
        + bytes([module_dots])
        + b"\x1dH\x02\x1df\x00\x1dkI"
        + bytes([len(data)])
        + data
    )


def _raster(dots: Dots) -> bytes:
    """GS v 0 in bands, at the left edge (some models ignore ESC a for pictures)."""
    job = bytearray(_ALIGN["left"])
    for top in range(0, dots.height, _BAND_ROWS):
        rows = min(_BAND_ROWS, dots.height - top)
        band = dots.data[top * dots.width_bytes : (top + rows) * dots.width_bytes]
        job += b"\x1dv0\x00" + dots.width_bytes.to_bytes(2, "little") + bytes([rows, 0])
        job += _clear_of_real_time(band)
    return bytes(job)


def _clear_of_real_time(data: bytes) -> bytes:
    """Dots in which no real-time command can be read by accident, at the price of one dot each.

    A printer looks for DLE EOT, DLE ENQ and DLE DC4 in every byte that arrives, picture or not
    (DEVICES.md 4.3): a chance match would make it answer, or drop its buffer.
    """
    for second in b"\x04\x05\x14":
        data = data.replace(bytes([0x10, second]), bytes([0x18, second]))
    return data
