"""How `auto` finds out which language it hears."""

import pytest

from device_drivers.qr_scanner.framing.arrival import (
    FRAMINGS,
    Answered,
    CodeArrived,
    ReplyDue,
)
from device_drivers.qr_scanner.framing.automatic import (
    MAKERS,
    QUESTIONS,
    AutoFraming,
    recognise,
)
from device_drivers.qr_scanner.framing.newland import TRIGGER
from tests.device_drivers.qr_scanner.framing.test_ssi import from_scanner

UNIFIED = bytes.fromhex("02 01 30 30 30 30 23 53 43 4E 4D 4F 44 30 06 3B 03")


def test_every_language_that_can_be_named_can_be_made() -> None:
    assert {"auto", *MAKERS} == set(FRAMINGS)


def test_the_questions_are_put_in_the_documented_order() -> None:
    assert [question.hex(" ") for question in QUESTIONS] == [
        "04 e9 04 00 ff 0f",
        "7e 01 30 30 30 30 23 53 43 4e 4d 4f 44 2a 3b 03",
        "24 24 24 24",
        "16 4d 0d 32 33 32 42 41 44 3f 21",
    ]


@pytest.mark.parametrize(
    ("burst", "name"),
    [
        (from_scanner(0xD0), "ssi"),
        (from_scanner(0xD1, b"\x06"), "ssi"),
        (from_scanner(0xF3, b"\x1cSW"), "ssi"),
        (UNIFIED, "newland"),
        (b"@@@@", "newland"),
        (b"232BAD9\x06!", "honeywell"),
        (b"\x06", None),  # anybody's
        (b"SW370321\r\n", None),
        (b"@@@@example", None),
        (b"\x02code\x03", None),
        (b"", None),
    ],
)
def test_a_burst_tells_its_language_only_where_it_can_be_nobody_elses(
    burst: bytes, name: str | None
) -> None:
    assert recognise(burst) == name


def test_without_an_answer_it_hears_plain_lines() -> None:
    framing = AutoFraming()
    framing.take(b"\x02framed\x03\r\n")
    assert framing.pause() == [CodeArrived(b"framed")]
    framing.take(b"plain\r")
    assert framing.pause() == [CodeArrived(b"plain")]
    assert not framing.is_decided
    assert framing.begin == ()


def test_an_answer_that_comes_late_still_decides() -> None:
    framing = AutoFraming()
    framing.take(b"plain\r")
    framing.pause()
    framing.take(UNIFIED)
    assert framing.pause() == [Answered(True)]
    assert framing.begin == (TRIGGER,)


def test_an_old_newland_is_let_out_of_its_setting_mode() -> None:
    framing = AutoFraming()
    framing.take(b"@@@@")
    assert framing.pause() == [Answered(True), ReplyDue(b"%%%%")]


def test_the_first_packet_of_an_ssi_scanner_is_not_lost() -> None:
    framing = AutoFraming()
    framing.take(from_scanner(0xF3, b"\x1cSW370321"))
    assert CodeArrived(b"SW370321", "qr") in framing.pause()
    assert framing.is_decided
