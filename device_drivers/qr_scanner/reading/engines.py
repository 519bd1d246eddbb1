"""The three engines that look for codes: zxing-cpp, zbar and OpenCV, each with bytes first."""

import ctypes
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Final

import cv2
import numpy as np
import zxingcpp
from numpy.typing import NDArray
from pyzbar import wrapper as zbar

from device_drivers.qr_scanner.payload import symbology_of
from device_drivers.qr_scanner.reading.contents import linear_text_of, text_of

Grey = NDArray[np.uint8]
"""Height × width."""
Quad = NDArray[np.float32]
"""Four corners, x and y."""

MATRIX_FORMATS: Final = frozenset({"qr", "datamatrix", "aztec", "pdf417", "maxicode", "rmqr"})


class Engine(StrEnum):
    """Who read it."""

    ZXING = "zxing"
    ZBAR = "zbar"
    OPENCV = "opencv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one engine read once."""

    engine: Engine
    format: str
    """The same words as `Scan.symbology`, but for what needs more care: `microqr`, `upce`."""
    raw: bytes = field(repr=False)
    text: str = field(repr=False)
    quad: Quad = field(repr=False)


@cache
def _zxing_formats() -> zxingcpp.BarcodeFormats:
    """All but film edges, telephone cards and the like, which are seen in any texture."""
    names = (
        "QRCode|MicroQRCode|RMQRCode|DataMatrix|Aztec|PDF417|MaxiCode"
        "|EAN13|EAN8|UPCA|UPCE|Code128|Code39|Code93|ITF|Codabar|DataBar|DataBarExp"
    )
    return zxingcpp.barcode_formats_from_str(names)


_CAREFUL: Final[Mapping[zxingcpp.BarcodeFormat, str]] = {
    zxingcpp.BarcodeFormat.MicroQRCode: "microqr",
    zxingcpp.BarcodeFormat.UPCE: "upce",
    zxingcpp.BarcodeFormat.EAN8: "ean8",
}


def read_with_zxing(picture: Grey) -> list[Reading]:
    """Every code zxing-cpp finds."""
    found = zxingcpp.read_barcodes(
        picture, formats=_zxing_formats(), text_mode=zxingcpp.TextMode.HexECI
    )
    return [_from_zxing(barcode) for barcode in found if barcode.bytes]


def _from_zxing(barcode: zxingcpp.Barcode) -> Reading:
    name = _CAREFUL.get(barcode.format) or symbology_of(barcode.symbology_identifier)
    raw = barcode.bytes
    is_matrix = name in MATRIX_FORMATS or name == "microqr"
    position = barcode.position
    corners = (
        position.top_left,
        position.top_right,
        position.bottom_right,
        position.bottom_left,
    )
    return Reading(
        engine=Engine.ZXING,
        format=name,
        raw=raw,
        text=text_of(raw, bytes.fromhex(barcode.text)) if is_matrix else linear_text_of(raw),
        quad=np.array([(corner.x, corner.y) for corner in corners], np.float32),
    )


_ZBAR_FORMATS: Final[Mapping[int, str]] = {
    # zbar's weak ones (Interleaved 2 of 5, DataBar, Codabar, Code 93, add-ons) are left out
    zbar.ZBarSymbol.QRCODE: "qr",
    zbar.ZBarSymbol.EAN13: "ean13",
    zbar.ZBarSymbol.EAN8: "ean8",
    zbar.ZBarSymbol.CODE128: "code128",
    zbar.ZBarSymbol.CODE39: "code39",
}
_CFG_BINARY: Final = 4
"""zbar.h, ZBAR_CFG_BINARY, since zbar 0.23.1: the bytes of a QR code as they are, unguessed."""
_L800: Final = int.from_bytes(b"Y800", "little")
"""zbar.h, format of eight-bit grey."""


def read_with_zbar(picture: Grey) -> list[Reading]:
    """Every code zbar finds.

    Asked through pyzbar's functions but not its `decode`, which raises ValueError at any part of a
    structured-append QR code and loses the bytes of GBK ones (`DEVICES.md` section 5.3).
    """
    picture = np.ascontiguousarray(picture)
    height, width = picture.shape
    scanner = zbar.zbar_image_scanner_create()
    image = zbar.zbar_image_create()
    try:
        zbar.zbar_image_scanner_set_config(scanner, 0, zbar.ZBarConfig.CFG_ENABLE, 0)
        for symbol in _ZBAR_FORMATS:
            zbar.zbar_image_scanner_set_config(scanner, symbol, zbar.ZBarConfig.CFG_ENABLE, 1)
        zbar.zbar_image_scanner_set_config(scanner, zbar.ZBarSymbol.QRCODE, _CFG_BINARY, 1)
        zbar.zbar_image_set_format(image, _L800)
        zbar.zbar_image_set_size(image, width, height)
        pixels = picture.ctypes.data_as(ctypes.c_void_p)
        zbar.zbar_image_set_data(image, pixels, picture.size, None)
        if zbar.zbar_scan_image(scanner, image) < 1:
            return []
        return [reading for reading in _symbols(image) if reading.raw]
    finally:
        zbar.zbar_image_destroy(image)
        zbar.zbar_image_scanner_destroy(scanner)


def _symbols(image: object) -> Iterator[Reading]:
    symbol = zbar.zbar_image_first_symbol(image)
    while symbol:
        name = _ZBAR_FORMATS.get(symbol.contents.type)
        if name is not None:
            size = zbar.zbar_symbol_get_data_length(symbol)
            raw = ctypes.string_at(zbar.zbar_symbol_get_data(symbol), size)
            places = range(zbar.zbar_symbol_get_loc_size(symbol))
            corners = [
                (zbar.zbar_symbol_get_loc_x(symbol, at), zbar.zbar_symbol_get_loc_y(symbol, at))
                for at in places
            ]
            yield Reading(
                engine=Engine.ZBAR,
                format=name,
                raw=raw,
                text=text_of(raw) if name in MATRIX_FORMATS else linear_text_of(raw),
                quad=_quad_around(np.array(corners, np.float32)),
            )
        symbol = zbar.zbar_symbol_next(symbol)


def _quad_around(places: Quad) -> Quad:
    """Four corners as zbar gives them for a QR code, else the box around its scan lines."""
    if len(places) == 4:
        return places
    if len(places) == 0:
        return np.zeros((4, 2), np.float32)
    (left, top), (right, bottom) = places.min(axis=0), places.max(axis=0)
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)


_LEAST_PX: Final = 21
"""A QR code has 21 modules a side at least; smaller pictures make OpenCV raise."""


def read_with_opencv(picture: Grey) -> list[Reading]:
    """Every QR and EAN code OpenCV finds that says ASCII: other bytes it does not hand over."""
    if min(picture.shape) < _LEAST_PX:
        return []
    try:
        return [*_opencv_qr(picture), *_opencv_bars(picture)]
    except (cv2.error, UnicodeDecodeError):
        # its detectors fail on degenerate shapes they found themselves, its Python binding on
        # every picture with a code in it that is no UTF-8
        return []


def _opencv_qr(picture: Grey) -> Iterator[Reading]:
    _, texts, places, _ = cv2.QRCodeDetectorAruco().detectAndDecodeMulti(picture)
    for text, quad in zip(texts, places if places is not None else (), strict=False):
        if text and text.isascii():
            yield Reading(
                engine=Engine.OPENCV,
                format="qr",
                raw=text.encode("ascii"),
                text=text,
                quad=np.asarray(quad, np.float32),
            )


def _opencv_bars(picture: Grey) -> Iterator[Reading]:
    _, texts, kinds, places = cv2.barcode.BarcodeDetector().detectAndDecodeWithType(picture)
    for text, kind, quad in zip(texts, kinds, places if places is not None else (), strict=False):
        if text and kind == "EAN_13":
            yield Reading(
                engine=Engine.OPENCV,
                format="ean13",
                raw=text.encode("ascii"),
                text=text,
                quad=np.asarray(quad, np.float32)[[1, 2, 3, 0]],
            )
