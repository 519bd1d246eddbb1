"""Codes in pictures: whatever two-dimensional or bar code stands on one."""

from dataclasses import dataclass, field

import numpy as np
import zxingcpp
from numpy.typing import NDArray

from device_drivers.qr_scanner.payload import decode_text, symbology_of

Picture = NDArray[np.uint8]
"""Height × width, grey, or height × width × 3, blue-green-red, as OpenCV hands it over."""

Corners = tuple[tuple[int, int], tuple[int, int], tuple[int, int], tuple[int, int]]
"""In pixels: the code's own top-left corner, then clockwise as the code is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """One code on a picture."""

    format: str
    """Lower-case name, the same words as `Scan.symbology`."""
    text: str = field(repr=False)
    raw: bytes = field(repr=False)
    quad: Corners


def decode_image(picture: Picture) -> list[Code]:
    """Find and read every code on a picture; a few milliseconds, up to a hundred on a large one.

    The text is made from the bytes of the code, for Chinese codes are often GBK without saying so
    and a reader's own guess is then wrong (`DEVICES.md` section 5.3).
    """
    if picture.size == 0:
        return []
    found = zxingcpp.read_barcodes(np.ascontiguousarray(picture))
    return [_code(barcode) for barcode in found]


def _code(barcode: zxingcpp.Barcode) -> Code:
    position = barcode.position
    corners = (
        position.top_left,
        position.top_right,
        position.bottom_right,
        position.bottom_left,
    )
    first, second, third, fourth = ((corner.x, corner.y) for corner in corners)
    return Code(
        format=symbology_of(barcode.symbology_identifier),
        text=decode_text(barcode.bytes),
        raw=barcode.bytes,
        quad=(first, second, third, fourth),
    )
