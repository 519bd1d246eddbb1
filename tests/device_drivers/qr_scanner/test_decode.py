"""Codes on pictures made by another program: segno draws them, ours has to read them."""

import json
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
import segno
import zxingcpp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyzbar import pyzbar

from device_drivers.picture_file import read_picture
from device_drivers.qr_scanner.decode import Code, Picture, decode_image
from tests.device_drivers.qr_scanner.pictures import bars, blank, drawn, picture_of

PHOTOGRAPHS = Path(__file__).resolve().parents[4] / "shared" / "data" / "barcodes"


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


@pytest.fixture
def structured_append() -> Picture:
    first, *_ = segno.make_sequence("a text that needs several symbols " * 4, symbol_count=4)
    return picture_of(first)


def test_a_part_of_a_structured_append_code_does_no_harm(structured_append: Picture) -> None:
    assert len(decode_image(structured_append)) <= 1
    assert [code.text for code in decode_image(drawn("the next"))] == ["the next"]


def test_the_same_picture_makes_pyzbar_itself_raise(structured_append: Picture) -> None:
    """The trap of `DEVICES.md` 5.3 is real: the negative control of the test above."""
    with pytest.raises(ValueError, match="ZBarOrientation"):
        pyzbar.decode(structured_append)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (segno.make("完税通知", mode="kanji", micro=False), "完税通知"),
        (segno.make("缴款人 café", encoding="utf-8", eci=True, micro=False), "缴款人 café"),
        (segno.make("café crème", encoding="iso-8859-1", eci=True, micro=False), "café crème"),
        (segno.make("缴款人", encoding="gb18030", eci=True, micro=False), "缴款人"),
        (segno.make("缴款人".encode("gbk"), micro=False), "缴款人"),
        (segno.make("申请人㛃".encode("gb18030"), micro=False), "申请人㛃"),
        (segno.make("缴款人é", encoding="utf-8", micro=False), "缴款人é"),
    ],
)
def test_each_way_to_write_chinese_is_read(code: segno.QRCode, text: str) -> None:
    assert [found.text for found in decode_image(picture_of(code))] == [text]


def test_bar_codes_are_read_upright_and_lying() -> None:
    for picture in (
        bars("6901234567892", zxingcpp.BarcodeFormat.EAN13),
        np.rot90(bars("6901234567892", zxingcpp.BarcodeFormat.EAN13)),
    ):
        (found,) = decode_image(picture)
        assert (found.format, found.text) == ("ean13", "6901234567892")


@pytest.mark.slow
def test_a_bar_code_that_leans_is_read_though_no_engine_alone_sees_it() -> None:
    code = bars("SW370321202600001", zxingcpp.BarcodeFormat.Code128, scale=2)
    height, width = code.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 45, 1.0)
    turn[:, 2] += (width - width / 2, width - height / 2)
    leaning = cv2.warpAffine(code, turn, (2 * width, 2 * width), borderValue=(255, 255, 255))
    picture = np.asarray(leaning, np.uint8)
    assert zxingcpp.read_barcodes(picture) == []
    assert pyzbar.decode(picture) == []
    (found,) = decode_image(picture, budget_ms=20_000)
    assert found.text == "SW370321202600001"
    assert np.abs(np.mean(found.quad, axis=0) - width).max() < 20


def test_a_picture_with_both_kinds_gives_each_once() -> None:
    picture = blank(700, 900)
    qr, bar = drawn("both"), bars("6901234567892", zxingcpp.BarcodeFormat.EAN13)
    picture[20 : 20 + qr.shape[0], 20 : 20 + qr.shape[1]] = qr
    picture[400 : 400 + bar.shape[0], 300 : 300 + bar.shape[1]] = bar
    assert sorted(code.text for code in decode_image(picture)) == ["6901234567892", "both"]


@pytest.mark.slow
def test_nothing_is_found_in_bounded_time() -> None:
    noise = np.random.default_rng(3).integers(0, 256, (2000, 3000, 3), dtype=np.uint8)
    began = time.thread_time()
    assert decode_image(np.asarray(noise, np.uint8), budget_ms=50) == []
    first_look_s = time.thread_time() - began
    assert first_look_s < 5.0


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.data_too_large])
@given(
    height=st.integers(0, 40),
    width=st.integers(0, 40),
    channels=st.sampled_from([(), (3,)]),
    seed=st.integers(0, 2**32 - 1),
    levels=st.sampled_from([2, 256]),
)
def test_any_picture_ends_in_codes_or_none(
    height: int, width: int, channels: tuple[int, ...], seed: int, levels: int
) -> None:
    chance = np.random.default_rng(seed)
    cells = chance.integers(0, levels, (height, width, *channels)) * (255 // (levels - 1))
    picture = np.asarray(cells, np.uint8).repeat(3, axis=0).repeat(3, axis=1)
    assert all(isinstance(code, Code) for code in decode_image(picture, budget_ms=30))


@settings(max_examples=25, deadline=None)
@given(
    payload=st.binary(min_size=1, max_size=60),
    flips=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), max_size=30),
)
def test_a_strangers_code_is_read_whole_or_not_at_all(
    payload: bytes, flips: list[tuple[int, int]]
) -> None:
    picture = drawn(payload, scale=4)
    for x, y in flips:
        top, left = y % picture.shape[0], x % picture.shape[1]
        picture[top : top + 4, left : left + 4] ^= 255
    assert all(code.raw == payload for code in decode_image(picture, budget_ms=100))


@pytest.mark.slow
@pytest.mark.photographs
@pytest.mark.skipif(not PHOTOGRAPHS.is_dir(), reason="needs ../shared/data beside the project")
def test_photographs_are_read_and_nothing_is_read_that_is_not_there() -> None:
    facts = json.loads((PHOTOGRAPHS / "manifest.json").read_text("utf-8"))["items"]
    right = wrong = 0
    for fact in facts:
        found = decode_image(read_picture(PHOTOGRAPHS / fact["file"]), budget_ms=3000)
        texts = {code.text.removesuffix("\n") for code in found}
        truth = {(fact["expected_text"] or "").removesuffix("\n")} - {""}
        right += bool(truth) and truth <= texts
        wrong += len(texts - truth)
    assert wrong == 0
    assert right >= 44  # of 45; zxing-cpp alone 43, pyzbar 37, OpenCV 25
