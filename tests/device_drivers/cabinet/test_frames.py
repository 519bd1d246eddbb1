"""Frames as the two Modbus documents print them, and a finder that no noise deceives."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from device_drivers.cabinet.frames import (
    Answer,
    Question,
    Refusal,
    find_reply,
    read_span,
    write_place,
)
from device_drivers.cabinet.register_map import Place, Span, Table


def with_crc(body: bytes) -> bytes:
    """MODBUS over Serial Line V1.02, section 6.2.2, bit by bit: written apart from the driver."""
    crc = 0xFFFF
    for byte in body:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0xA001 * (crc & 1))
    return body + bytes([crc & 0xFF, crc >> 8])


UNIT = 0x11
COILS = read_span(UNIT, Span(Table.COIL, 0x13, 19))
CONTACTS = read_span(UNIT, Span(Table.DISCRETE, 0xC4, 22))
REGISTERS = read_span(UNIT, Span(Table.HOLDING, 0x6B, 3))
MEASURED = read_span(UNIT, Span(Table.INPUT, 0x08, 1))
SET_COIL = write_place(UNIT, Place(Table.COIL, 0xAC), 1)
SET_REGISTER = write_place(UNIT, Place(Table.HOLDING, 1), 3)


@pytest.mark.parametrize(
    ("question", "printed"),
    [
        (COILS, "01 0013 0013"),
        (CONTACTS, "02 00C4 0016"),
        (REGISTERS, "03 006B 0003"),
        (MEASURED, "04 0008 0001"),
        (SET_COIL, "05 00AC FF00"),
        (SET_REGISTER, "06 0001 0003"),
    ],
    ids=["6.1", "6.2", "6.3", "6.4", "6.5", "6.6"],
)
def test_questions_are_those_the_application_protocol_prints(
    question: Question, printed: str
) -> None:
    assert question.frame == with_crc(bytes([UNIT]) + bytes.fromhex(printed))


def test_a_whole_frame_as_every_tutorial_has_it() -> None:
    assert read_span(1, Span(Table.HOLDING, 0, 1)).frame.hex(" ") == "01 03 00 00 00 01 84 0a"


def bits(data: str, count: int) -> tuple[int, ...]:
    return tuple(byte >> bit & 1 for byte in bytes.fromhex(data) for bit in range(8))[:count]


@pytest.mark.parametrize(
    ("question", "printed", "values"),
    [
        (COILS, "01 03 CD6B05", bits("CD6B05", 19)),
        (CONTACTS, "02 03 ACDB35", bits("ACDB35", 22)),
        (REGISTERS, "03 06 022B 0000 0064", (0x022B, 0, 0x64)),
        (MEASURED, "04 02 000A", (0x0A,)),
        (SET_COIL, "05 00AC FF00", ()),
        (SET_REGISTER, "06 0001 0003", ()),
    ],
    ids=["6.1", "6.2", "6.3", "6.4", "6.5", "6.6"],
)
def test_answers_are_read_as_the_application_protocol_prints_them(
    question: Question, printed: str, values: tuple[int, ...]
) -> None:
    frame = with_crc(bytes([UNIT]) + bytes.fromhex(printed))
    assert find_reply(frame, question) == Answer(values)
    assert find_reply(frame[:-1], question) is None
    assert find_reply(b"\x11\x03\x0c" + frame + b"\x00", question) == Answer(values)


@pytest.mark.parametrize("code", [1, 2, 3, 4, 6, 11])
def test_an_exception_is_a_refusal_with_its_code(code: int) -> None:
    frame = with_crc(bytes([UNIT, 0x83, code]))
    assert find_reply(b"\xff" + frame, REGISTERS) == Refusal(code)


@pytest.mark.parametrize(
    "frame",
    [
        with_crc(bytes([UNIT + 1]) + bytes.fromhex("03 06 022B 0000 0064")),
        with_crc(bytes([UNIT]) + bytes.fromhex("04 06 022B 0000 0064")),
        with_crc(bytes([UNIT]) + bytes.fromhex("03 04 022B 0000")),
        with_crc(bytes([UNIT, 0x84, 2])),
        with_crc(bytes([UNIT]) + bytes.fromhex("03 06 022B 0000 0064"))[:-1] + b"\x00",
        REGISTERS.frame,
    ],
    ids=["another unit", "another function", "too few", "other refusal", "wrong CRC", "our echo"],
)
def test_what_answers_another_question_is_no_answer(frame: bytes) -> None:
    assert find_reply(frame, REGISTERS) is None


def test_the_answer_to_writing_another_place_is_no_answer() -> None:
    other = with_crc(bytes([UNIT]) + bytes.fromhex("06 0002 0003"))
    assert find_reply(other, SET_REGISTER) is None


@settings(max_examples=400, deadline=None)
@given(some.binary(max_size=300), some.sampled_from([COILS, REGISTERS, SET_COIL, MEASURED]))
def test_any_stream_gives_an_answer_a_refusal_or_nothing(stream: bytes, question: Question) -> None:
    assert isinstance(find_reply(stream, question), Answer | Refusal | None)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(some.binary(max_size=40), some.lists(some.integers(0, 0xFFFF), min_size=3, max_size=3))
def test_a_true_answer_behind_noise_is_found(noise: bytes, values: list[int]) -> None:
    data = b"".join(value.to_bytes(2, "big") for value in values)
    frame = with_crc(bytes([UNIT, 3, 6]) + data)
    assert find_reply(noise + frame, REGISTERS) is not None


@settings(max_examples=300, deadline=None)
@given(some.integers(0, 87))
def test_one_toppled_bit_is_never_an_answer(number: int) -> None:
    frame = bytearray(with_crc(bytes([UNIT]) + bytes.fromhex("03 06 022B 0000 0064")))
    frame[number // 8] ^= 1 << number % 8
    assert find_reply(bytes(frame), REGISTERS) is None
