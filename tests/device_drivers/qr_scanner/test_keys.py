"""Key presses become codes: layouts, shift, keypad, ALT numbers, and what a hand types does not."""

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device_drivers.qr_scanner.framing.arrival import LONGEST_CODE, Arrival, CodeArrived, Noise
from device_drivers.qr_scanner.keys import AltCodes, InputEvent, KeyDecoder, LayoutName

# linux/input-event-codes.h
ENTER, SHIFT, RIGHT_SHIFT, ALT, CONTROL, PAD_ENTER = 28, 42, 54, 56, 29, 96
RIGHT_CONTROL, RIGHT_ALT = 97, 100
PAD = dict(zip("7894561230", (71, 72, 73, 75, 76, 77, 79, 80, 81, 82), strict=True))


def strokes(*keys: int, gap_s: float = 0.004, at_s: float = 100.0) -> list[InputEvent]:
    """Each key pressed and released; a negative one only pressed, released at the end of `keys`."""
    events = []
    held: list[int] = []
    for key in keys:
        at_s += gap_s
        events.append(InputEvent(at_s, 1, abs(key), 1))
        if key < 0:
            held.append(-key)
            continue
        events.append(InputEvent(at_s + gap_s / 2, 1, key, 0))
        events += [InputEvent(at_s + gap_s / 2, 1, each, 0) for each in held]
        held = []
    return events


def alt(number: int | str) -> tuple[int, ...]:
    """ALT held while the digits are typed on the keypad."""
    *most, last = [PAD[digit] for digit in str(number)]
    return (-ALT, *[-key for key in most], last)


def arrivals(decoder: KeyDecoder, events: Iterable[InputEvent]) -> list[Arrival]:
    return [arrival for event in events for arrival in decoder.take(event)]


def alt_events(numbers: Iterable[int], at_s: float = 100.0) -> list[InputEvent]:
    events = []
    for number in numbers:
        at_s += 0.004
        events.append(InputEvent(at_s, 1, ALT, 1))
        for digit in str(number):
            at_s += 0.004
            events.append(InputEvent(at_s, 1, PAD[digit], 1))
            events.append(InputEvent(at_s + 0.002, 1, PAD[digit], 0))
        at_s += 0.004
        events.append(InputEvent(at_s, 1, ALT, 0))
    return [*events, *strokes(ENTER, at_s=at_s)]


@pytest.mark.parametrize(
    ("layout", "keys", "text"),
    [
        ("us", (31, 17, 4), "sw3"),
        ("us", (-SHIFT, 31, -RIGHT_SHIFT, 17), "SW"),
        ("us", (-SHIFT, 3, -SHIFT, 53, 12, 51), "@?-,"),
        ("us", (PAD["4"], 83, PAD["2"], 98, 55, 74, 78), "4.2/*-+"),
        ("us", (-CONTROL, 27, 30), "\x1da"),
        ("us", (-RIGHT_CONTROL, 27, 30), "\x1da"),
        ("us", (58, 69, 125, 30), "a"),  # Caps Lock, Num Lock, Meta
        ("us", (-RIGHT_ALT, -PAD["6"], PAD["5"]), "A"),
        ("de", (21, 44, -SHIFT, 8, 26), "zy/ü"),
        ("de", (-RIGHT_ALT, 16, -RIGHT_ALT, 8, -RIGHT_ALT, 27), "@{~"),
        ("de", (-CONTROL, -ALT, 16), "@"),  # as Windows has AltGr as well
        ("de", (41, 57, 13, 18, 13, 2, 41), "^é´1^"),  # accents: alone, on an e, before a 1, last
        ("de", (13, 82), "´0"),
    ],
)
def test_keys_are_characters_of_the_layout(
    layout: LayoutName, keys: tuple[int, ...], text: str
) -> None:
    found = arrivals(KeyDecoder(layout=layout), strokes(*keys, ENTER))
    assert found == [CodeArrived(text.encode())]


@pytest.mark.parametrize("enter", [ENTER, PAD_ENTER])
def test_either_enter_ends_a_code(enter: int) -> None:
    assert arrivals(KeyDecoder(), strokes(30, enter)) == [CodeArrived(b"a")]


@pytest.mark.parametrize(
    ("alt_codes", "numbers", "text"),
    [
        ("bytes", [0xCDEA, 0xCBB0], "完税"),
        ("bytes", [0xCBB0, 0xCBB0], "税税"),  # as bytes together they would be valid UTF-8
        ("bytes", [int.from_bytes("㐀".encode("gb18030"), "big")], "㐀"),
        ("bytes", list("税".encode()), "税"),
        ("bytes", list("税收".encode("gb18030")), "税收"),
        ("unicode", [0x5B8C, 0x7A0E, 0x2CC56], "完税𬱖"),
    ],
)
def test_numbers_typed_with_alt_are_characters(
    alt_codes: AltCodes, numbers: list[int], text: str
) -> None:
    (code,) = arrivals(KeyDecoder(alt_codes=alt_codes), alt_events(numbers))
    assert isinstance(code, CodeArrived)
    assert text in {code.raw.decode("utf-8", "replace"), code.raw.decode("gb18030", "replace")}


def test_a_number_up_to_255_is_a_byte_whether_that_is_a_character_or_not() -> None:
    assert arrivals(KeyDecoder(), alt_events([1, 128, 255])) == [CodeArrived(b"\x01\x80\xff")]


@pytest.mark.parametrize(
    ("alt_codes", "number"),
    [
        *(("bytes", number) for number in (0, 0xFFFF, 0x6162, 9999999999, 99999999999)),
        *(("unicode", number) for number in (0, 0xD800, 0xDFFF, 0x110000, 9999999999)),
    ],
)
def test_a_number_that_is_no_character_spoils_the_code(alt_codes: AltCodes, number: int) -> None:
    found = arrivals(KeyDecoder(alt_codes=alt_codes), alt_events([number]))
    assert not any(isinstance(each, CodeArrived) for each in found)


def test_what_a_hand_types_is_no_code() -> None:
    decoder = KeyDecoder()
    assert arrivals(decoder, strokes(30, 31, 32, ENTER, gap_s=0.12)) == [Noise(1)] * 3
    assert arrivals(decoder, strokes(30, ENTER, at_s=200)) == [CodeArrived(b"a")]


def test_a_pause_in_the_middle_drops_the_first_half() -> None:
    decoder = KeyDecoder()
    arrivals(decoder, strokes(30, 31))
    assert arrivals(decoder, strokes(32, ENTER, at_s=100.5)) == [Noise(2), CodeArrived(b"d")]


def test_a_key_no_code_is_written_with_spoils_it_and_not_the_next() -> None:
    decoder = KeyDecoder()
    assert arrivals(decoder, strokes(30, 59, ENTER)) == [Noise(3)]  # F1
    assert arrivals(decoder, strokes(30, ENTER, at_s=101)) == [CodeArrived(b"a")]


@pytest.mark.parametrize(("layout", "held"), [("us", RIGHT_ALT), ("us", ALT), ("de", ALT)])
def test_keys_that_mean_nothing_together_spoil_the_code(layout: LayoutName, held: int) -> None:
    decoder = KeyDecoder(layout=layout)
    assert arrivals(decoder, strokes(30, -held, 16, ENTER)) == [Noise(4)]


def test_the_end_of_a_code_is_no_code_however_long_the_kernel_was_losing_keys() -> None:
    decoder = KeyDecoder()
    arrivals(decoder, strokes(30))
    decoder.take(InputEvent(100.2, 0, 3, 0))
    assert arrivals(decoder, strokes(48, ENTER, at_s=100.2)) == [Noise(3)]


def test_keys_the_kernel_lost_spoil_the_code_they_belonged_to() -> None:
    decoder = KeyDecoder()
    arrivals(decoder, strokes(30))
    decoder.take(InputEvent(100.01, 0, 3, 0))
    assert CodeArrived(b"ab") not in arrivals(decoder, strokes(48, ENTER, at_s=100.01))
    assert arrivals(decoder, strokes(30, ENTER, at_s=101)) == [CodeArrived(b"a")]


def test_a_key_that_repeats_because_it_is_held_counts_once() -> None:
    decoder = KeyDecoder()
    events = strokes(30, ENTER)
    events.insert(1, InputEvent(100.005, 1, 30, 2))
    assert arrivals(decoder, events) == [CodeArrived(b"a")]


def test_keys_without_end_keep_memory_bounded() -> None:
    decoder = KeyDecoder()
    found = arrivals(decoder, strokes(*[30] * (3 * LONGEST_CODE), ENTER))
    assert not any(isinstance(each, CodeArrived) for each in found)


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(
    st.lists(
        st.builds(
            InputEvent,
            st.floats(0, 2, allow_nan=False),
            st.sampled_from([0, 1, 1, 1, 4]),
            st.one_of(st.integers(0, 127), st.sampled_from([ENTER, SHIFT, ALT, CONTROL, 82, 79])),
            st.integers(-1, 3),
        ),
        max_size=60,
    )
)
def test_any_events_give_codes_or_noise(events: list[InputEvent]) -> None:
    at_s = 0.0
    decoder = KeyDecoder()
    for event in events:
        at_s += event.at_s * 0.03
        found = decoder.take(InputEvent(at_s, event.type, event.code, event.value))
        assert all(isinstance(each, CodeArrived | Noise) for each in found)
