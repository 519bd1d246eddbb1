"""Official numbers: the standards' own specimens, and what is wrong with the others."""

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as some

from kiosk.contract.identifiers import (
    NumberCheck,
    NumberKind,
    Reason,
    check_number,
    credit_code_sign,
    mask_name,
    mask_number,
    mask_phone,
    mod_11_2_sign,
    organisation_code_sign,
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("11010519491231002X", NumberKind.RESIDENT_ID),  # GB 11643, the standard's example
        ("440524188001010014", NumberKind.RESIDENT_ID),  # GB 11643, the other one
        ("11010519491231002x", NumberKind.RESIDENT_ID),
        ("1101 0519 4912 3100 2X", NumberKind.RESIDENT_ID),
        ("１１０１０５１９４９１２３１００２Ｘ", NumberKind.RESIDENT_ID),  # noqa: RUF001
        ("91350100M000100Y43", NumberKind.SOCIAL_CREDIT_CODE),  # GB 32100, the standard's example
        ("370321001001GB00001F00010001", NumberKind.REAL_ESTATE_UNIT),
    ],
)
def test_known_specimens_are_valid(text: str, kind: NumberKind) -> None:
    assert check_number(text).kind is kind
    assert check_number(text).valid


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("110105194912310021", Reason.WRONG_CHECK_DIGIT),
        ("11010519490231002X", Reason.WRONG_DATE),
        ("99010519491231002X", Reason.WRONG_AREA),
        ("01010519491231002X", Reason.WRONG_AREA),
        ("1101051949123100", Reason.WRONG_SHAPE),
        ("91350100M000100Y44", Reason.WRONG_CHECK_DIGIT),
        ("91350100M000100YI3", Reason.WRONG_SHAPE),
        ("370321001001GB00001X00010001", Reason.WRONG_SHAPE),
        ("370321001001GB0000100001F00010001", Reason.WRONG_SHAPE),
        ("", Reason.WRONG_SHAPE),
    ],
)
def test_the_reason_is_told(text: str, reason: Reason) -> None:
    assert not check_number(text).valid
    assert check_number(text).reason is reason


def test_the_check_signs_of_the_standards_are_computed() -> None:
    assert mod_11_2_sign("11010519491231002") == "X"
    assert credit_code_sign("91350100M000100Y4") == "3"
    assert organisation_code_sign("M000100Y") == "4"  # within the same example


def test_a_credit_code_around_no_organisation_code_is_none() -> None:
    first = "91350100M000100Y5"
    forged = first + credit_code_sign(first)
    assert check_number(forged) == NumberCheck(
        NumberKind.SOCIAL_CREDIT_CODE, False, Reason.WRONG_CHECK_DIGIT
    )


@pytest.mark.parametrize("area", ["370321", "810000", "937032"])
def test_nobody_is_born_after_today(area: str) -> None:
    first = f"{area}20261124001"
    number = first + mod_11_2_sign(first)
    assert check_number(number, today=date(2026, 11, 24)).valid
    assert check_number(number, today=date(2026, 11, 23)).reason is Reason.WRONG_DATE


def test_today_is_chinas_unless_another_is_given() -> None:
    tomorrow = datetime.now(timezone(timedelta(hours=8))).date() + timedelta(days=2)
    first = f"370321{tomorrow:%Y%m%d}001"
    assert check_number(first + mod_11_2_sign(first)).reason is Reason.WRONG_DATE


def test_a_residence_permit_is_told_from_a_resident_card_by_its_area() -> None:
    first = "81000019850312001"
    assert check_number(first + mod_11_2_sign(first)).kind is NumberKind.RESIDENCE_PERMIT


@given(some.integers(min_value=0, max_value=16), some.integers(min_value=1, max_value=9))
def test_any_single_wrong_digit_is_noticed(place: int, added: int) -> None:
    number = "370321198503120011"
    digit = str((int(number[place]) + added) % 10)
    assert check_number(number).valid
    assert not check_number(number[:place] + digit + number[place + 1 :]).valid


@given(some.text(max_size=40))
def test_no_text_whatever_breaks_the_check(text: str) -> None:
    assert isinstance(check_number(text).valid, bool)


def test_masks_keep_what_a_person_recognises_and_no_more() -> None:
    assert mask_number("370321198503120011") == "370***********0011"
    assert mask_number("1234567") == "*******"
    assert mask_phone("13805330042") == "138****0042"
    assert mask_phone("0533-8213111") == "0533-8213111", "a hall's number is nobody's secret"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("张明远", "张*远"),
        ("张明", "张*"),
        ("王㛃𠮷", "王*𠮷"),
        ("欧阳娜娜", "欧**娜"),
        ("阿依古丽·买买提", "阿******提"),
        ("李", "李"),
        ("", ""),
    ],
)
def test_a_masked_name_is_known_to_its_own_person_only(name: str, shown: str) -> None:
    assert mask_name(name) == shown
