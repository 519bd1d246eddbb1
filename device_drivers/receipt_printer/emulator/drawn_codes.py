"""Draws the codes that a printer makes by itself from their content."""

import numpy as np
import segno
import zxingcpp
from PIL import Image, ImageDraw

from device_drivers.receipt_printer.emulator.steps import Barcode, Code
from device_drivers.typeface import font_for

_FORMATS = {
    "UPC-A": zxingcpp.BarcodeFormat.UPCA,
    "UPC-E": zxingcpp.BarcodeFormat.UPCE,
    "EAN-13": zxingcpp.BarcodeFormat.EAN13,
    "EAN-8": zxingcpp.BarcodeFormat.EAN8,
    "CODE39": zxingcpp.BarcodeFormat.Code39,
    "ITF": zxingcpp.BarcodeFormat.ITF,
    "CODABAR": zxingcpp.BarcodeFormat.Codabar,
    "CODE93": zxingcpp.BarcodeFormat.Code93,
    "CODE128": zxingcpp.BarcodeFormat.Code128,
}
_WORDS_DOTS = 26
_FONTS = ((12, 20), (9, 15))
"""Width of a character of fonts A and B (DEVICES.md 4.5), and the size at which we draw it."""


class NotDrawable(ValueError):
    """No such code exists: a wrong check digit, or more than any code holds."""


def draw_code(code: Code) -> Image.Image:
    """A QR or PDF417 code without its margin. Raises NotDrawable."""
    if code.symbology == "pdf417":
        return _enlarged(_symbol(decoded(code.data), zxingcpp.BarcodeFormat.PDF417), code)
    try:
        symbol = segno.make(
            code.data, mode="byte", error=code.level.lower(), micro=False, boost_error=False
        )
    except ValueError as error:
        raise NotDrawable("a QR code cannot hold it") from error
    modules = int(symbol.symbol_size(border=0)[0])
    picture = Image.new("L", (modules, modules))
    picture.putdata([0 if dark else 255 for row in symbol.matrix for dark in row])
    return _enlarged(picture, code)


def draw_barcode(barcode: Barcode) -> Image.Image:
    """Bars as high as GS h says, with the words GS H wants. Raises NotDrawable."""
    symbol = _symbol(_without_ends(barcode), _FORMATS[barcode.symbology])
    bars = symbol.crop((0, symbol.height // 2, symbol.width, symbol.height // 2 + 1)).resize(
        (symbol.width * barcode.module_dots, barcode.height_dots), Image.Resampling.NEAREST
    )
    above, below = barcode.words & 1, barcode.words >> 1 & 1
    height = bars.height + _WORDS_DOTS * (above + below)
    picture = Image.new("L", (bars.width, height), 255)
    picture.paste(bars, (0, _WORDS_DOTS * above))
    pen = ImageDraw.Draw(picture)
    width, size = _FONTS[barcode.words_font]
    left = (bars.width - width * len(barcode.text)) // 2
    for top in [0] * above + [height - _WORDS_DOTS] * below:
        for place, character in enumerate(barcode.text):
            middle = (left + width * place + width // 2, top + _WORDS_DOTS // 2)
            pen.text(middle, character, font=font_for(character, size), fill=0, anchor="mm")
    return picture.point(lambda grey: 255 if grey > 118 else 0)


def decoded(data: bytes) -> str:
    """The content as words, in whichever of the two encodings it is."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("gb18030", errors="replace")


def _without_ends(barcode: Barcode) -> str:
    """CODE39's asterisks are start and stop; the encoder adds its own."""
    return barcode.text.strip("*") if barcode.symbology == "CODE39" else barcode.text


def _symbol(content: str, code_format: zxingcpp.BarcodeFormat) -> Image.Image:
    """One dot a module."""
    try:
        barcode = zxingcpp.create_barcode(content, code_format)
    except (ValueError, RuntimeError) as error:
        raise NotDrawable("no such code") from error
    image = barcode.to_image(scale=1, add_quiet_zones=False)
    return Image.fromarray(np.asarray(image, np.uint8))


def _enlarged(picture: Image.Image, code: Code) -> Image.Image:
    size = (picture.width * code.module_dots, picture.height * code.module_dots)
    return picture.resize(size, Image.Resampling.NEAREST)
