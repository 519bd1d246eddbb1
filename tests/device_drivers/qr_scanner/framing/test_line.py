"""Plain lines: CR, LF, CR LF, nothing, STX and ETX."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device_drivers.qr_scanner.framing.arrival import LONGEST_CODE, CodeArrived, Noise
from device_drivers.qr_scanner.framing.line import BurstFraming, LineFraming, split_burst


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
        (b"\x02two\r\nlines\x03", [b"two\r\nlines"]),
        (b"\x02one\x03\r\n\x02two\x03\r\n", [b"one", b"two"]),
        (b"\x02one\x03two\r", [b"one", b"two"]),
        (b"\x02no end", [b"\x02no end"]),
        (b"\r\n", []),
        (b"\x02\x03", []),
        (b"", []),
    ],
)
def test_a_burst_is_parted_by_the_suffix_it_ends_with(burst: bytes, payloads: list[bytes]) -> None:
    assert split_burst(burst) == payloads


@pytest.mark.parametrize(
    ("stream", "payloads", "is_waiting"),
    [
        (b"abc\r\ndef\rghi\n", [b"abc", b"def", b"ghi"], False),
        (b"abc", [], True),
        (b"abc\r", [b"abc"], False),
        (b"\ndef", [], True),
        (b"\x02two\nlines\x03", [b"two\nlines"], False),
        (b"\x02one\x03\r\n\x02two", [b"one"], True),
        (b"", [], False),
    ],
)
def test_every_line_end_ends_a_code_and_the_rest_waits(
    stream: bytes, payloads: list[bytes], is_waiting: bool
) -> None:
    framing = LineFraming()
    assert framing.take(stream) == [CodeArrived(payload) for payload in payloads]
    assert framing.is_waiting is is_waiting


def test_a_line_whose_end_stays_away_is_noise() -> None:
    framing = LineFraming()
    framing.take(b"abc")
    assert framing.pause() == [Noise(3)]
    assert framing.take(b"def\r") == [CodeArrived(b"def")]


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.binary(min_size=1).filter(
            lambda code: code[:1] not in {b"\0", b"\xff"} and not set(code) & set(b"\r\n\2")
        )
    ),
    st.sampled_from([b"\r", b"\n", b"\r\n"]),
)
def test_codes_joined_by_any_suffix_come_apart_again(codes: list[bytes], suffix: bytes) -> None:
    stream = b"".join(code + suffix for code in codes)
    assert split_burst(stream) == codes
    assert LineFraming().take(stream) == [CodeArrived(code) for code in codes]


def test_what_goes_on_without_end_is_dropped_to_its_end_and_no_tail_is_taken_for_a_code() -> None:
    burst, line = BurstFraming(), LineFraming()
    for _ in range(40):
        assert all(
            isinstance(each, Noise) for each in [*burst.take(b"x" * 999), *line.take(b"x" * 999)]
        )
    assert burst.take(b"tail") == [Noise(4)]
    assert burst.pause() == []
    assert line.take(b"tail\rnext\r")[-1] == CodeArrived(b"next")
    burst.take(b"next\r")
    assert burst.pause() == [CodeArrived(b"next")]


def test_the_longest_code_there_is_is_read() -> None:
    code = b"7" * 7089
    assert len(code) < LONGEST_CODE
    assert LineFraming().take(code + b"\r") == [CodeArrived(code)]


def test_what_is_longer_than_8192_bytes_is_no_code() -> None:
    longest = b"7" * 8192
    assert len(longest) == LONGEST_CODE
    assert LineFraming().take(longest + b"\r") == [CodeArrived(longest)]
    assert LineFraming().take(longest + b"7\r") == [Noise(8193)]


def test_a_cable_being_plugged_in_sends_no_code() -> None:
    framing = BurstFraming()
    framing.take(b"\x00\xff\x00")
    assert framing.pause() == [Noise(3)]


def test_what_a_bad_contact_sent_before_a_line_is_none_of_it() -> None:
    framing = LineFraming()
    assert framing.take(b"\x00\xff\x00") == [Noise(3)]
    assert framing.take(b"SW370321\r\xff\n") == [CodeArrived(b"SW370321"), Noise(1)]
    assert framing.take(b"\x00\x02framed\x03") == [Noise(1), CodeArrived(b"framed")]


@pytest.mark.parametrize("code", [b"SW370321\r", b"\x02SW370321\x03"])
def test_what_a_bad_contact_sent_before_a_burst_is_none_of_it(code: bytes) -> None:
    framing = BurstFraming()
    framing.take(b"\x00\xff" + code)
    assert framing.pause() == [Noise(2), CodeArrived(b"SW370321")]
