"""Codes on pictures made by another program: segno draws them, zxing-cpp has to read them."""

import io

import cv2
import numpy as np
import pytest
import segno

from device_drivers.qr_scanner.decode import Picture, decode_image


def drawn(content: str | bytes, *, scale: int = 5) -> Picture:
    """A picture of one QR code, as OpenCV would hand it over."""
    buffer = io.BytesIO()
    segno.make(content, micro=False, error="m").save(buffer, kind="png", scale=scale, border=4)
    picture = cv2.imdecode(np.frombuffer(buffer.getvalue(), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture.astype(np.uint8)


def blank(height: int, width: int) -> Picture:
    return np.full((height, width, 3), 255, np.uint8)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_chinese_is_read_whatever_encoding_the_code_keeps_silent_about(encoding: str) -> None:
    payload = "完税通知 SW370321000001".encode(encoding)
    codes = decode_image(drawn(payload))
    assert [(code.format, code.text, code.raw) for code in codes] == [
        ("qr", "完税通知 SW370321000001", payload)
    ]


def test_the_corners_lie_where_the_code_was_drawn() -> None:
    code = drawn("corner", scale=8)
    side = code.shape[0]
    picture = blank(600, 900)
    picture[100 : 100 + side, 300 : 300 + side] = code
    (found,) = decode_image(picture)
    near, far = 4 * 8, side - 4 * 8
    expected = [(near, near), (far, near), (far, far), (near, far)]
    for (x, y), (wanted_x, wanted_y) in zip(found.quad, expected, strict=True):
        assert abs(x - 300 - wanted_x) <= 3
        assert abs(y - 100 - wanted_y) <= 3


def test_two_codes_turned_each_its_own_way_are_both_read() -> None:
    picture = blank(400, 800)
    for left, text, turns in ((50, "first", 1), (450, "second", 2)):
        code = np.rot90(drawn(text), turns)
        picture[50 : 50 + code.shape[0], left : left + code.shape[1]] = code
    assert sorted(code.text for code in decode_image(picture)) == ["first", "second"]


def test_light_on_dark_and_grey_pictures_are_read() -> None:
    assert [code.text for code in decode_image(255 - drawn("inverted"))] == ["inverted"]
    grey = cv2.cvtColor(drawn("grey"), cv2.COLOR_BGR2GRAY).astype(np.uint8)
    assert [code.text for code in decode_image(grey)] == ["grey"]


def test_a_picture_without_a_code_has_none() -> None:
    noise = np.random.default_rng(7).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    assert decode_image(noise) == []
    assert decode_image(blank(300, 300)) == []
    assert decode_image(np.zeros((0, 0, 3), np.uint8)) == []


def test_a_part_of_a_structured_append_code_does_no_harm() -> None:
    first, *_ = segno.make_sequence("a text that needs several symbols " * 4, symbol_count=4)
    buffer = io.BytesIO()
    first.save(buffer, kind="png", scale=5)
    picture = cv2.imdecode(np.frombuffer(buffer.getvalue(), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert len(decode_image(picture.astype(np.uint8))) <= 1
    assert [code.text for code in decode_image(drawn("the next"))] == ["the next"]
