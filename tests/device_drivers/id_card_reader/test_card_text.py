"""The four layouts of DEVICES.md 1.5, with both official specimens, laid out here by hand."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device_drivers.id_card_reader.card_text import (
    UnknownCardKind,
    decode_appended_address,
    decode_card,
)
from device_drivers.id_card_reader.interface import CardKind, IdCard, Sex


def block(*fields: tuple[int, str], filler: str = " ") -> bytes:
    """256 bytes with texts at byte offsets."""
    text = bytearray(filler.encode("utf-16-le") * 128)
    for offset, value in fields:
        encoded = value.encode("utf-16-le")
        text[offset : offset + len(encoded)] = encoded
    assert len(text) == 256
    return bytes(text)


RESIDENT = (
    (0, "王秀英"),
    (30, "2"),
    (32, "01"),
    (36, "19530615"),
    (52, "山东省淄博市桓台县索镇渔洋街1号"),
    (122, "370321195306150023"),
    (158, "桓台县公安局"),
    (188, "20150101"),
    (204, "长期"),
    (248, " "),
)


def test_a_resident_card_is_decoded_whole() -> None:
    assert decode_card(block(*RESIDENT), b"wlt") == IdCard(
        kind=CardKind.RESIDENT,
        name="王秀英",
        sex=Sex.FEMALE,
        ethnicity_code="01",
        ethnicity="汉",
        birth_date=date(1953, 6, 15),
        address="山东省淄博市桓台县索镇渔洋街1号",
        number="370321195306150023",
        issuer="桓台县公安局",
        valid_from=date(2015, 1, 1),
        valid_until=None,
        photo_wlt=b"wlt",
    )


def test_padding_with_nul_reads_as_padding_with_spaces() -> None:
    padded = decode_card(block(*RESIDENT, filler="\0"))
    assert padded == decode_card(block(*RESIDENT))


def test_the_official_2017_specimen_is_decoded() -> None:
    card = decode_card(
        block(
            (0, "ZHENGJIAN,YANGBEN"),
            (120, "2"),
            (122, "CAN110081080319"),
            (152, "CAN"),
            (158, "证件样本"),
            (188, "20151025"),
            (204, "20251024"),
            (220, "19810803"),
            (236, "01"),
            (240, "1500"),
            (248, "I"),
        )
    )
    assert card == IdCard(
        kind=CardKind.FOREIGNER_2017,
        name="证件样本",
        english_name="ZHENGJIAN,YANGBEN",
        sex=Sex.FEMALE,
        nationality="CAN",
        birth_date=date(1981, 8, 3),
        number="CAN110081080319",
        issuer="1500",
        valid_from=date(2015, 10, 25),
        valid_until=date(2025, 10, 24),
        card_version="01",
    )


def test_the_official_2023_specimen_is_decoded() -> None:
    card = decode_card(
        block(
            (0, "证件样本"),
            (30, "2"),
            (32, "00"),
            (36, "19800101"),
            (52, "ZHENGJIAN, YANGBEN"),
            (122, "931586198001010028"),
            (188, "20230808"),
            (204, "20330807"),
            (242, "PAK"),
            (248, "Y"),
            (250, "000"),
        )
    )
    assert card == IdCard(
        kind=CardKind.FOREIGNER_2023,
        name="证件样本",
        english_name="ZHENGJIAN, YANGBEN",
        sex=Sex.FEMALE,
        nationality="PAK",
        birth_date=date(1980, 1, 1),
        number="931586198001010028",
        issuer="国家移民管理局",
        valid_from=date(2023, 8, 8),
        valid_until=date(2033, 8, 7),
        times_issued="00",
        former_number_link="000",
    )


def test_a_long_english_name_is_joined_from_its_two_places() -> None:
    name = "MAXIMILIANA ALEXANDRA, KONSTANTINOPOLITANSKAIA"
    assert len(name) == 46
    fields = (
        (0, "证件样本"),
        (122, "931586198001010028"),
        (204, "20330807"),
        (242, "PAK"),
        (248, "Y"),
    )
    card = decode_card(block(*fields, (52, name[:35]), (220, name[35:])))
    assert card.english_name == name


def test_a_residence_permit_is_decoded() -> None:
    card = decode_card(
        block(
            (0, "陈大文"),
            (30, "1"),
            (36, "19850220"),
            (52, "山东省淄博市桓台县少海路2号"),
            (122, "810000198502200035"),
            (158, "桓台县公安局"),
            (188, "20220301"),
            (204, "20270301"),
            (220, "H12345678"),
            (238, "01"),
            (248, "J"),
        )
    )
    assert card.kind is CardKind.HK_MACAU_TAIWAN
    assert (card.pass_number, card.times_issued) == ("H12345678", "01")
    assert (card.ethnicity, card.ethnicity_code, card.sex) == ("", "", Sex.MALE)
    assert card.valid_until == date(2027, 3, 1)


def test_a_foreigner_without_a_chinese_name_is_named_in_english() -> None:
    card = decode_card(
        block((0, "DOE, JANE"), (122, "CAN110081080319"), (204, "20251024"), (248, "I"))
    )
    assert card.name == "DOE, JANE"


def test_an_ethnicity_not_in_the_table_is_shown_as_its_code() -> None:
    card = decode_card(block(*RESIDENT, (32, "99")))
    assert (card.ethnicity, card.ethnicity_code) == ("99", "99")


def test_a_name_with_a_character_beyond_the_bmp_keeps_every_field_in_place() -> None:
    card = decode_card(block(*RESIDENT, (0, "王𠮷𬭸")))
    assert (card.name, card.sex, card.number) == ("王𠮷𬭸", Sex.FEMALE, "370321195306150023")


@pytest.mark.parametrize(
    ("code", "sex"),
    [("0", Sex.UNKNOWN), ("1", Sex.MALE), ("9", Sex.NOT_STATED), ("3", Sex.UNKNOWN)],
)
def test_sex_codes_other_than_one_are_not_all_women(code: str, sex: Sex) -> None:
    assert decode_card(block(*RESIDENT, (30, code))).sex is sex


def test_a_last_day_that_is_no_day_is_never_taken_for_long_term() -> None:
    assert decode_card(block(*RESIDENT)).valid_until is None
    for wrong in ("20240230", "2024    ", "        ", "长长      "):
        with pytest.raises(ValueError, match="last day"):
            decode_card(block(*RESIDENT, (204, wrong)))


def test_a_birth_date_that_is_no_day_is_unknown() -> None:
    assert decode_card(block(*RESIDENT, (36, "19530231"))).birth_date is None


def test_an_unknown_flag_is_an_unknown_kind() -> None:
    with pytest.raises(UnknownCardKind):
        decode_card(block(*RESIDENT, (248, "Z")))


@pytest.mark.parametrize("size", [0, 255, 257])
def test_a_block_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="bytes instead of 256"):
        decode_card(bytes(size))


def test_a_blank_block_is_refused() -> None:
    with pytest.raises(ValueError, match="."):
        decode_card(block())


@settings(max_examples=200, deadline=None)
@given(st.binary(min_size=256, max_size=256))
def test_any_block_is_a_card_or_a_value_error(text: bytes) -> None:
    try:
        card = decode_card(text)
    except ValueError:
        return
    assert card.number


def test_an_appended_address_loses_its_padding() -> None:
    address = "山东省淄博市桓台县唐山镇3号"
    assert decode_appended_address(address.ljust(35).encode("utf-16-le")) == address


def test_a_card_shows_nothing_of_its_holder_when_printed() -> None:
    shown = repr(decode_card(block(*RESIDENT)))
    assert "RESIDENT" in shown
    for secret in ("王秀英", "370321", "1953", "索镇"):
        assert secret not in shown
