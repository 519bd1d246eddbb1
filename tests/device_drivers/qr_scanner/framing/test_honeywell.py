"""Honeywell to the byte (`DEVICES.md` 5.1)."""

import pytest

from device_drivers.qr_scanner.framing.arrival import Answered, CodeArrived
from device_drivers.qr_scanner.framing.honeywell import (
    TRIGGER,
    TRIGGER_OFF,
    HoneywellFraming,
    encode_setting,
    is_answer_to_question,
)


@pytest.mark.parametrize(
    ("encoded", "golden"),
    [
        (TRIGGER, "16 54 0D"),
        (TRIGGER_OFF, "16 55 0D"),
        (encode_setting("232BAD9"), "16 4D 0D 32 33 32 42 41 44 39 21"),
        (encode_setting("232BAD?"), "16 4D 0D 32 33 32 42 41 44 3F 21"),
    ],
)
def test_commands_to_the_byte(encoded: bytes, golden: str) -> None:
    assert encoded == bytes.fromhex(golden)


@pytest.mark.parametrize(
    ("answer", "accepted"),
    [
        (b"232BAD9\x06!", True),
        (b"CBRENA1\x06.", True),
        (b"XYZABC\x05!", False),
        (b"CBRMIN100\x15.", False),
    ],
)
def test_answers_are_no_codes(answer: bytes, accepted: bool) -> None:
    framing = HoneywellFraming()
    framing.take(answer)
    assert framing.pause() == [Answered(accepted)]


def test_a_code_is_told_by_silence() -> None:
    framing = HoneywellFraming()
    assert framing.take(b"6901234") == []
    assert framing.take(b"567892\r") == []
    assert framing.is_waiting
    assert framing.pause() == [CodeArrived(b"6901234567892")]


def test_only_the_answer_to_our_question_tells_a_honeywell() -> None:
    assert is_answer_to_question(b"232BAD9\x06!")
    assert not is_answer_to_question(b"CBRENA1\x06.")
    assert not is_answer_to_question(b"232BAD9")
