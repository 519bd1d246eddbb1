"""What scanners send for one code, as bytes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device_drivers.qr_scanner.payload import (
    decode_text,
    split_burst,
    split_identifier,
    split_lines,
    symbology_of,
)


@pytest.mark.parametrize(
    ("burst", "payloads"),
    [
        (b"abc\r", [b"abc"]),
        (b"abc\n", [b"abc"]),
        (b"abc\r\n", [b"abc"]),
        (b"abc", [b"abc"]),
        (b"abc\rdef\r", [b"abc", b"def"]),
        (b"abc\r\ndef\r\n", [b"abc", b"def"]),
        (b"abc\ndef\n", [b"abc", b"def"]),
        (b"BEGIN:VCARD\nFN:X\nEND:VCARD\r\n", [b"BEGIN:VCARD\nFN:X\nEND:VCARD"]),
        (b"BEGIN:VCARD\r\nEND:VCARD\r", [b"BEGIN:VCARD\r\nEND:VCARD"]),
        (b"BEGIN:VCARD\r\nEND:VCARD\n", [b"BEGIN:VCARD\r\nEND:VCARD"]),
        (b"two\nlines", [b"two\nlines"]),
        (b"\r\n", []),
        (b"", []),
    ],
)
def test_a_burst_is_parted_by_the_suffix_it_ends_with(burst: bytes, payloads: list[bytes]) -> None:
    assert split_burst(burst) == payloads


@pytest.mark.parametrize(
    ("stream", "payloads", "rest"),
    [
        (b"abc\r\ndef\rghi\n", [b"abc", b"def", b"ghi"], b""),
        (b"abc", [], b"abc"),
        (b"abc\r", [b"abc"], b""),
        (b"\ndef", [], b"def"),
        (b"", [], b""),
    ],
)
def test_every_line_end_ends_a_code_and_the_rest_waits(
    stream: bytes, payloads: list[bytes], rest: bytes
) -> None:
    assert split_lines(stream) == (payloads, rest)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.binary(min_size=1).filter(lambda b: not set(b) & set(b"\r\n"))),
    st.sampled_from([b"\r", b"\n", b"\r\n"]),
)
def test_codes_joined_by_any_suffix_come_apart_again(codes: list[bytes], suffix: bytes) -> None:
    assert split_burst(b"".join(code + suffix for code in codes)) == codes


@pytest.mark.parametrize(
    ("payload", "symbology", "rest"),
    [
        (b"]Q1https://example.cn", "qr", b"https://example.cn"),
        (b"]C0ABC-123", "code128", b"ABC-123"),
        (b"]E06901234567892", "ean13", b"6901234567892"),
        (b"]E496385074", "ean8", b"96385074"),
        (b"]d1data", "datamatrix", b"data"),
        (b"plain", "unknown", b"plain"),
        (b"]?1odd", "unknown", b"]?1odd"),
        (b"]Q", "unknown", b"]Q"),
    ],
)
def test_an_aim_identifier_names_the_symbology(payload: bytes, symbology: str, rest: bytes) -> None:
    assert split_identifier(payload) == (symbology, rest)


def test_an_identifier_without_a_word_is_unknown() -> None:
    assert symbology_of("]X0") == "unknown"
    assert symbology_of("") == "unknown"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
def test_chinese_is_read_in_either_encoding(encoding: str) -> None:
    assert decode_text("完税证明 SW370321".encode(encoding)) == "完税证明 SW370321"


@pytest.mark.parametrize("character", ["㐀", "㛃", "𬌗"])
def test_a_rare_character_of_four_bytes_is_read(character: str) -> None:
    raw = f"申请人{character}".encode("gb18030")
    assert len(raw) == 10
    assert decode_text(raw) == f"申请人{character}"


def test_bytes_that_are_no_text_do_not_raise() -> None:
    assert "\ufffd" in decode_text(b"\xff\xff\xff")


def test_utf_8_is_not_taken_for_gb18030() -> None:
    assert decode_text("税".encode()) != "税".encode().decode("gb18030", errors="replace")
