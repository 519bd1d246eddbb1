"""Pictures of codes for the tests, drawn by another program than those that read them."""

import io

import cv2
import numpy as np
import segno
import zxingcpp

from device_drivers.qr_scanner.decode import Picture


def in_colour(png: bytes) -> Picture:
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture.astype(np.uint8)


def picture_of(code: segno.QRCode, *, scale: int = 5) -> Picture:
    """As OpenCV would hand it over."""
    buffer = io.BytesIO()
    code.save(buffer, kind="png", scale=scale, border=4)
    return in_colour(buffer.getvalue())


def drawn(content: str | bytes, *, scale: int = 5) -> Picture:
    # segno takes some bytes that are no Shift JIS for kanji, so bytes are drawn as bytes
    mode = "byte" if isinstance(content, bytes) else None
    return picture_of(segno.make(content, micro=False, error="m", mode=mode), scale=scale)


def bars(content: str, kind: zxingcpp.BarcodeFormat, *, scale: int = 3) -> Picture:
    """A bar code on white paper."""
    code = np.asarray(zxingcpp.create_barcode(content, kind).to_image(scale=scale), np.uint8)
    framed = cv2.copyMakeBorder(code, 30, 30, 40, 40, cv2.BORDER_CONSTANT, value=(255,))
    return np.asarray(cv2.cvtColor(framed, cv2.COLOR_GRAY2BGR), np.uint8)


def blank(height: int, width: int) -> Picture:
    return np.full((height, width, 3), 255, np.uint8)
