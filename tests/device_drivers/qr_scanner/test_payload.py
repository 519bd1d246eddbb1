"""What scanners send for one code, as bytes."""

import pytest

from device_drivers.qr_scanner.payload import decode_text, split_identifier, symbology_of


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


@pytest.mark.parametrize(
    ("letter", "word"),
    [
        ("A", "code39"),
        ("C", "code128"),
        ("E", "ean13"),
        ("F", "codabar"),
        ("G", "code93"),
        ("I", "itf"),
        ("L", "pdf417"),
        ("Q", "qr"),
        ("U", "maxicode"),
        ("d", "datamatrix"),
        ("e", "databar"),
        ("j", "rmqr"),
        ("z", "aztec"),
    ],
)
def test_each_letter_of_iso_15424_has_its_word(letter: str, word: str) -> None:
    assert split_identifier(f"]{letter}0SW".encode()) == (word, b"SW")


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
