"""Newland, old and unified, to the byte (`DEVICES.md` 5.1)."""

import pytest

from device_drivers.qr_scanner.framing.arrival import Answered, CodeArrived, ReplyDue
from device_drivers.qr_scanner.framing.newland import (
    ACK,
    ENTER_SETTING,
    ENTERED,
    LEAVE_SETTING,
    LEFT,
    NAK,
    TRIGGER,
    TRIGGER_OFF,
    NewlandFraming,
    encode_setting,
    is_unified_answer,
)


@pytest.mark.parametrize(
    ("encoded", "golden"),
    [
        (TRIGGER, "1B 31"),
        (TRIGGER_OFF, "7E 01 30 30 30 30 23 53 43 4E 4D 4F 44 30 3B 03"),
        (encode_setting("SCNMOD2"), "7E 01 30 30 30 30 23 53 43 4E 4D 4F 44 32 3B 03"),
        (
            # printed in the HR52 manual, "Programming with Serial Commands", but for its @
            encode_setting("DFMADD069990039999F141"),
            "7E 01 30 30 30 30 23 44 46 4D 41 44 44 30 36 39 39 39 30 30 33 39 39 39 39 46 31 34 31"
            " 3B 03",
        ),
        (ENTER_SETTING, "24 24 24 24"),
        (LEAVE_SETTING, "25 25 25 25"),
        (ACK, "06"),
        (NAK, "15"),
        (ENTERED, "40 40 40 40"),
        (LEFT, "5E 5E 5E 5E"),
    ],
)
def test_commands_and_answers_to_the_byte(encoded: bytes, golden: str) -> None:
    assert encoded == bytes.fromhex(golden)


@pytest.mark.parametrize(
    ("answer", "accepted"),
    [
        (b"\x06", True),
        (b"\x15", False),
        (bytes.fromhex("02 01 30 30 30 30 23 53 43 4E 4D 4F 44 30 06 3B 03"), True),
        (bytes.fromhex("02 01 30 30 30 30 23 58 59 5A 41 42 43 30 15 3B 03"), False),
        (b"@@@@", True),
        (b"^^^^", True),
        (b"?..;", False),
    ],
)
def test_answers_are_no_codes(answer: bytes, accepted: bool) -> None:
    framing = NewlandFraming()
    assert [*framing.take(answer), *framing.pause()][0] == Answered(accepted)


def test_who_entered_the_setting_mode_is_let_out_and_asked_the_old_way_from_then_on() -> None:
    framing = NewlandFraming()
    assert framing.questions[0] == bytes.fromhex("7E 01 30 30 30 30 23 53 43 4E 4D 4F 44 2A 3B 03")
    framing.take(ENTERED)
    assert framing.pause() == [Answered(True), ReplyDue(LEAVE_SETTING)]
    assert framing.questions[0] == ENTER_SETTING


@pytest.mark.parametrize("answers", [b"^^^^\x06", b"\x06^^^^"])
def test_a_code_shown_while_it_is_let_out_does_not_begin_with_the_answer(answers: bytes) -> None:
    framing = NewlandFraming()
    framing.take(ENTERED)
    assert framing.pause() == [Answered(True), ReplyDue(LEAVE_SETTING)]
    assert framing.take(answers + b"SW370321\r") == [Answered(True)]  # it is the ACK
    assert framing.pause() == [CodeArrived(b"SW370321")]
    framing.take(b"^^^^SW370321\r")
    assert framing.pause() == [CodeArrived(b"^^^^SW370321")]  # nobody was let out a second time


def test_the_code_behind_the_acknowledgement_is_read() -> None:
    framing = NewlandFraming()
    assert framing.take(b"\x06SW3703") == [Answered(True)]
    assert framing.take(b"21\r") == []
    assert framing.pause() == [CodeArrived(b"SW370321")]


@pytest.mark.parametrize(
    ("answer", "accepted"),
    [
        (b"\x06", True),
        (b"\x15", False),
        (bytes.fromhex("02 01 30 30 30 30 23 51 06 3B 03"), True),
        (bytes.fromhex("02 01 30 30 30 30 23 51 15 3B 03"), False),
    ],
)
def test_an_answer_that_comes_behind_a_code_is_taken_off(answer: bytes, accepted: bool) -> None:
    framing = NewlandFraming()
    framing.take(b"SW370321\r" + answer)
    assert framing.pause() == [Answered(accepted), CodeArrived(b"SW370321")]


def test_one_that_is_in_its_settings_is_let_out_and_not_told_twice() -> None:
    framing = NewlandFraming()
    framing.take(b"?..;")
    assert framing.pause() == [Answered(False), ReplyDue(LEAVE_SETTING)]
    framing.take(b"?..;")
    assert framing.pause() == [Answered(False)]


def test_a_code_that_only_begins_like_an_old_answer_is_a_code() -> None:
    framing = NewlandFraming()
    framing.take(b"@@@@example\r")
    assert framing.pause() == [CodeArrived(b"@@@@example")]


def test_unified_answers_are_told_from_framed_codes() -> None:
    assert is_unified_answer(bytes.fromhex("02 01 30 30 30 30 23 51 06 3B 03"))
    assert not is_unified_answer(b"\x02code\x03")
    assert not is_unified_answer(b"\x06")
