"""Commands pinned by the bytes of DEVICES.md 2.2 and 2.3, and what answers mean."""

import contextlib
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device_drivers.social_security_card import apdu
from device_drivers.social_security_card.apdu import Addressing, Reply
from device_drivers.social_security_card.interface import UnsupportedCard

EF05, EF06 = apdu.PUBLIC_FILES
CARD_NUMBER_RECORD = EF05.records[-1]


def test_selects_the_environment_with_the_documented_bytes() -> None:
    assert apdu.select_environment() == bytes.fromhex("00A404000F 7378312E73682E C9E7BBE1B1A3D5CF")


@pytest.mark.parametrize(("p1", "expected"), [(2, "00A4020002EF05"), (0, "00A4000002EF05")])
def test_selects_a_file_both_ways(p1: int, expected: str) -> None:
    assert apdu.select_file(0xEF05, p1=p1) == bytes.fromhex(expected)


@pytest.mark.parametrize(
    ("addressing", "expected"),
    [
        (Addressing.NUMBER, "00B207040B"),
        (Addressing.NUMBER_AND_SHORT_ID, "00B2072C0B"),
        (Addressing.TAG, "00B207000B"),
    ],
)
def test_asks_for_the_card_number_in_all_three_ways(addressing: Addressing, expected: str) -> None:
    assert apdu.read_record(EF05, CARD_NUMBER_RECORD, addressing) == bytes.fromhex(expected)


def test_asks_for_number_and_name_with_the_documented_lengths() -> None:
    number, name = EF06.records[:2]
    assert apdu.read_record(EF06, number, Addressing.NUMBER) == bytes.fromhex("00B2010414")
    assert apdu.read_record(EF06, name, Addressing.NUMBER) == bytes.fromhex("00B2020420")
    assert apdu.read_record(EF06, name, Addressing.TAG) == bytes.fromhex("00B2090020")
    assert apdu.read_record(EF06, name, Addressing.NUMBER_AND_SHORT_ID)[3] == 0x34


DOCUMENTED = {
    0xEF05: {0x01: (1, 16), 0x03: (3, 4), 0x05: (5, 4), 0x06: (6, 4), 0x07: (7, 9)},
    0xEF06: {0x08: (1, 18), 0x09: (2, 30), 0x4E: (3, 20), 0x0A: (4, 1), 0x0B: (5, 1), 0x0D: (7, 4)},
}
"""DEVICES.md 2.3: file, tag, number of the record and length."""


def test_knows_every_record_as_it_is_documented() -> None:
    assert {
        file.file_id: {record.tag: (record.number, record.length) for record in file.records}
        for file in apdu.PUBLIC_FILES
    } == DOCUMENTED


def test_knows_both_ways_to_select_a_file_and_when_it_worked() -> None:
    assert (apdu.P1_BELOW, apdu.P1_BY_IDENTIFIER, apdu.SW_OK) == (0x02, 0x00, 0x9000)  # 2.2


@pytest.mark.parametrize("filler", [b"\x00", b"\xff"])
def test_what_fills_a_record_behind_its_value_is_no_value(filler: bytes) -> None:
    assert apdu.parse_values(bytes.fromhex("0A0132") + filler * 9) == {0x0A: b"2"}


def test_fetches_what_waits_after_61() -> None:
    assert apdu.follow_up(b"\x00\xa4\x04\x00\x00", Reply(b"", 0x6113)) == bytes.fromhex(
        "00C0000013"
    )


def test_repeats_with_the_length_the_card_names_after_6c() -> None:
    command = bytes.fromhex("00B202041C")
    assert apdu.follow_up(command, Reply(b"", 0x6C20)) == bytes.fromhex("00B2020420")


def test_does_not_repeat_a_select_after_6c() -> None:
    assert apdu.follow_up(apdu.select_environment(), Reply(b"", 0x6C20)) is None


def test_knows_every_way_a_card_says_that_it_was_asked_in_the_wrong_one() -> None:
    """ISO/IEC 7816-4: function, file or record not there, wrong P1 and P2, twice."""
    assert frozenset({0x6A81, 0x6A82, 0x6A83, 0x6A86, 0x6B00}) == apdu.NOT_THIS_WAY


def test_asks_once_for_all_there_is_after_6700() -> None:
    asked, all_there_is = bytes.fromhex("00B202041C"), bytes.fromhex("00B2020400")
    assert apdu.follow_up(asked, Reply(b"", 0x6700)) == all_there_is
    assert apdu.follow_up(all_there_is, Reply(b"", 0x6700)) is None
    assert apdu.follow_up(apdu.select_environment(), Reply(b"", 0x6700)) is None


@pytest.mark.parametrize("status", [0x9000, 0x6A82, 0x6982])
def test_takes_any_other_status_as_final(status: int) -> None:
    assert apdu.follow_up(b"\x00\xb2\x01\x04\x14", Reply(b"", status)) is None


@pytest.mark.parametrize("status", [0x6982, 0x6985])
def test_knows_both_ways_a_card_says_that_it_is_guarded(status: int) -> None:
    assert status in apdu.GUARDED
    assert status not in apdu.NOT_THIS_WAY


def test_refuses_an_answer_without_status() -> None:
    with pytest.raises(ValueError, match="status"):
        Reply.parse(b"\x90")


def test_finds_values_by_tag_wherever_they_stand() -> None:
    record = bytes.fromhex("7F02AABB" + "0703" + "414243" + "0000")
    assert apdu.parse_values(record) == {0x7F: b"\xaa\xbb", 0x07: b"ABC"}


@pytest.mark.parametrize("record", ["07", "0709414243", "07034142430801"])
def test_refuses_a_value_that_overruns_its_record(record: str) -> None:
    with pytest.raises(ValueError, match="overruns"):
        apdu.parse_values(bytes.fromhex(record))


def test_decodes_every_field() -> None:
    card = apdu.decode_card(
        {
            0x01: bytes.fromhex("370321 00 D15600000500100000000001"),
            0x03: b"2.00",
            0x05: bytes.fromhex("20190610"),
            0x06: bytes.fromhex("20290610"),
            0x07: b"C37000001",
            0x08: b"370321198804123523",
            0x09: "沈知夏".encode("gb18030").ljust(30, b"\x00"),
            0x0A: b"2",
            0x0B: b"\x01",
            0x0D: bytes.fromhex("19880412"),
        }
    )
    assert card.card_number == "C37000001"
    assert card.social_security_number == "370321198804123523"
    assert card.name == "沈知夏"
    assert (card.sex, card.ethnicity) == ("2", "01")
    assert card.birth_date == date(1988, 4, 12)
    assert (card.issue_date, card.valid_until) == (date(2019, 6, 10), date(2029, 6, 10))
    assert (card.version, card.area) == ("2.00", "370321")


@pytest.mark.parametrize("padding", [b"\x00", b" ", b"\xff"])
def test_joins_a_name_cut_in_the_middle_of_a_character(padding: bytes) -> None:
    name = "阿卜杜勒买买提艾则孜江·吐尔逊𠮷"
    encoded = name.encode("gb18030")
    halves = {0x09: encoded[:29], 0x4E: encoded[29:].ljust(20, padding)}
    assert apdu.decode_card(halves).name == name


@pytest.mark.parametrize("digits", ["00000000", "FFFFFFFF", "20230230", ""])
def test_has_no_date_where_the_card_holds_none(digits: str) -> None:
    assert apdu.decode_card({0x06: bytes.fromhex(digits)}).valid_until is None


def test_refuses_a_name_that_is_no_text() -> None:
    with pytest.raises(ValueError, match="gb18030"):
        apdu.decode_card({0x09: b"\xc9\x01\x02"})


def test_keeps_the_person_out_of_the_representation() -> None:
    card = apdu.decode_card({0x07: b"C37000001", 0x08: b"370321198804123523"})
    assert "3703" not in repr(card)
    assert "C37" not in repr(card)


def test_keeps_an_unsupported_cards_serial_number_out_of_the_representation() -> None:
    card = UnsupportedCard("3B6D00000081543100866026110100ABCD")
    assert "ABCD" not in repr(card)
    assert card.atr_hex.endswith("ABCD")


def test_a_proof_goes_to_the_card_as_documented() -> None:
    assert bytes.fromhex("0084000008") == apdu.GET_CHALLENGE
    assert apdu.external_authenticate(0x01, bytes(16)) == bytes.fromhex("0082000110" + "00" * 16)


@pytest.mark.parametrize(
    ("atr", "historical"),
    [
        ("3B026546", "6546"),  # TS, T0 and nothing else but them
        ("3B6D000000814E43238697159900BF7C7A", "00814E43238697159900BF7C7A"),
        ("3B16950001020304054F", "000102030405"),  # TA1 alone; a byte too many behind
        # PC/SC part 3, supplement: a contactless storage card, and its check byte
        ("3B8F8001804F0CA000000306030001000000006A", "804F0CA00000030603000100000000"),
        ("3B9F80", ""),
        ("3B6D0000", ""),
        ("3B80", ""),
        ("", ""),
    ],
)
def test_historical_bytes_stand_behind_the_interface_bytes_of_the_answer_to_reset(
    atr: str, historical: str
) -> None:
    assert apdu.historical_bytes(bytes.fromhex(atr)) == bytes.fromhex(historical)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=80))
def test_any_record_is_values_or_a_value_error(record: bytes) -> None:
    with contextlib.suppress(ValueError):
        values = apdu.parse_values(record)
        assert sum(2 + len(value) for value in values.values()) <= len(record)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.integers(0, 255), st.binary(max_size=40)))
def test_any_values_are_a_card_or_a_value_error(values: dict[int, bytes]) -> None:
    with contextlib.suppress(ValueError):
        apdu.decode_card(values)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=12), st.binary(min_size=5, max_size=24))
def test_any_answer_is_final_or_asks_for_one_more_command(answer: bytes, command: bytes) -> None:
    with contextlib.suppress(ValueError):
        following = apdu.follow_up(command, apdu.Reply.parse(answer))
        assert following is None or len(following) == 5
