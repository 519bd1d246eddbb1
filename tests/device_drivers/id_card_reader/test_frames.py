"""The frames of DEVICES.md 1.2 to the byte, and a decoder that nothing on a line can upset."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device_drivers.id_card_reader import frames
from device_drivers.id_card_reader.frames import Decoder, Garbled, Reply

NO_CARD = bytes.fromhex("AAAAAA96690004 000080 84")
SELECT_FAILED = bytes.fromhex("AAAAAA96690004 000081 85")
FOUND = bytes.fromhex("AAAAAA96690008 00009F 00000000 97")
SELECTED = bytes.fromhex("AAAAAA9669000C 000090 0000000000000000 9C")


@pytest.mark.parametrize(
    ("command", "golden"),
    [
        (frames.RESET_SAM, "AAAAAA9669 0003 10FF EC"),
        (frames.SAM_STATUS, "AAAAAA9669 0003 11FF ED"),
        (frames.SAM_ID, "AAAAAA9669 0003 12FF EE"),
        (frames.FIND_CARD, "AAAAAA9669 0003 2001 22"),
        (frames.SELECT_CARD, "AAAAAA9669 0003 2002 21"),
        (frames.READ_CARD, "AAAAAA9669 0003 3001 32"),
        (frames.READ_APPENDED_ADDRESS, "AAAAAA9669 0003 3003 30"),
        (frames.READ_CARD_WITH_FINGERPRINTS, "AAAAAA9669 0003 3010 23"),
        (frames.SET_SPEED[115200], "AAAAAA9669 0003 6000 63"),
        (frames.SET_SPEED[57600], "AAAAAA9669 0003 6001 62"),
        (frames.SET_SPEED[38400], "AAAAAA9669 0003 6002 61"),
        (frames.SET_SPEED[19200], "AAAAAA9669 0003 6003 60"),
        (frames.SET_SPEED[9600], "AAAAAA9669 0003 6004 67"),
    ],
)
def test_commands_are_the_documents_own_bytes(command: bytes, golden: str) -> None:
    assert frames.encode(command) == bytes.fromhex(golden)


@pytest.mark.parametrize(
    ("golden", "reply"),
    [
        ("AAAAAA9669 0008 00009F 00000000 97", Reply(0, 0, 0x9F, bytes(4))),
        ("AAAAAA9669 000C 000090 0000000000000000 9C", Reply(0, 0, 0x90, bytes(8))),
        ("AAAAAA9669 0004 000080 84", Reply(0, 0, 0x80)),
        ("AAAAAA9669 0004 000081 85", Reply(0, 0, 0x81)),
        ("AAAAAA9669 0004 000041 45", Reply(0, 0, 0x41)),
        ("AAAAAA9669 0004 000032 36", Reply(0, 0, 0x32)),
    ],
)
def test_replies_of_the_document_are_decoded(golden: str, reply: Reply) -> None:
    assert Decoder().feed(bytes.fromhex(golden)) == [reply]


def test_a_frame_may_come_byte_by_byte_and_several_at_once() -> None:
    decoder = Decoder()
    events = [event for byte in FOUND for event in decoder.feed(bytes([byte]))]
    assert events == [Reply(0, 0, 0x9F, bytes(4))]
    assert decoder.feed(NO_CARD + SELECTED + NO_CARD[:5]) == [
        Reply(0, 0, 0x80),
        Reply(0, 0, 0x90, bytes(8)),
    ]
    assert decoder.feed(NO_CARD[5:]) == [Reply(0, 0, 0x80)]


@pytest.mark.parametrize("garbage", ["00", "AA", "AAAAAA", "AAAAAA96", "FF00AA96AA", "AAAAAAAAAA"])
def test_garbage_before_a_frame_is_passed_over(garbage: str) -> None:
    decoder = Decoder()
    events = decoder.feed(bytes.fromhex(garbage) + NO_CARD)
    assert events == [Garbled("no_preamble"), Reply(0, 0, 0x80)]


@pytest.mark.parametrize(
    ("spoilt", "why"),
    [
        ("AAAAAA9669 0004 000080 85", "checksum"),
        ("AAAAAA9669 0003 000080 84", "length"),
        ("AAAAAA9669 FFFF 000080 84", "length"),
        ("AAAAAA9669 0000", "length"),
    ],
)
def test_a_spoilt_frame_is_told_and_the_next_is_found(spoilt: str, why: str) -> None:
    assert Decoder().feed(bytes.fromhex(spoilt) + NO_CARD) == [Garbled(why), Reply(0, 0, 0x80)]


def test_a_frame_behind_a_false_beginning_is_found_when_no_more_bytes_come() -> None:
    decoder = Decoder()
    assert decoder.feed(frames.PREAMBLE + b"\x05\x08" + NO_CARD) == []
    assert decoder.give_up() == [Garbled("truncated"), Reply(0, 0, 0x80)]
    assert decoder.feed(FOUND) == [Reply(0, 0, 0x9F, bytes(4))]


def test_half_a_frame_is_truncated() -> None:
    decoder = Decoder()
    assert decoder.feed(SELECTED[:-3]) == []
    assert decoder.give_up() == [Garbled("truncated")]
    assert decoder.give_up() == []


def test_a_preamble_inside_the_data_does_not_end_a_frame() -> None:
    data = b"x" + frames.PREAMBLE + b"\x00\x04"
    assert Decoder().feed(frames.encode(b"\x00\x00\x90", data)) == [Reply(0, 0, 0x90, data)]


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.sampled_from([NO_CARD, FOUND, SELECTED]), st.binary(max_size=12))))
def test_any_splitting_of_a_stream_gives_the_same_replies(pieces: list[bytes]) -> None:
    stream = b"".join(pieces)
    whole, split = Decoder(), Decoder()
    at_once = [*whole.feed(stream), *whole.give_up()]
    byte_by_byte = [event for byte in stream for event in split.feed(bytes([byte]))]
    byte_by_byte += split.give_up()
    assert _replies(at_once) == _replies(byte_by_byte)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=40), st.binary(max_size=300), st.integers(0, 255))
def test_a_frame_behind_any_garbage_is_found(garbage: bytes, data: bytes, status: int) -> None:
    decoder = Decoder()
    events = decoder.feed(garbage + frames.encode(bytes([0, 0, status]), data))
    assert Reply(0, 0, status, data) in events + decoder.give_up()


@settings(max_examples=200, deadline=None)
@given(st.binary(min_size=1, max_size=60), st.data())
def test_no_flipped_bit_goes_unnoticed(data: bytes, drawn: st.DataObject) -> None:
    frame = bytearray(frames.encode(b"\x00\x00\x90", data))
    bit = drawn.draw(st.integers(7 * 8, len(frame) * 8 - 1))
    frame[bit // 8] ^= 1 << bit % 8
    decoder = Decoder()
    assert Reply(0, 0, 0x90, data) not in decoder.feed(bytes(frame)) + decoder.give_up()


@pytest.mark.parametrize(
    ("command", "reply", "meant"),
    [
        (frames.FIND_CARD, Reply(0, 0, 0x9F, bytes(4)), True),
        (frames.FIND_CARD, Reply(0, 0, 0x80), True),
        (frames.FIND_CARD, Reply(0, 0, 0x90), False),  # a late answer to "how are you"
        (frames.SELECT_CARD, Reply(0, 0, 0x80), False),
        (frames.SELECT_CARD, Reply(0, 0, 0x9F, bytes(4)), False),
        (frames.SELECT_CARD, Reply(0, 0, 0x81), True),
        (frames.SELECT_CARD, Reply(0, 0, 0x90, bytes(8)), True),
        (frames.SAM_ID, Reply(0, 0, 0x90, bytes(16)), True),
        (frames.READ_APPENDED_ADDRESS, Reply(0, 0, 0x90, bytes(70)), True),
        (frames.READ_CARD, Reply(0, 0, 0x90, bytes(8)), False),
        (frames.READ_CARD, Reply(0, 0, 0x90, bytes(1284)), True),
        (frames.READ_CARD_WITH_FINGERPRINTS, Reply(0, 0, 0x90, bytes(2310)), True),
        (frames.READ_APPENDED_ADDRESS, Reply(0, 0, 0x91), True),
        (frames.SAM_STATUS, Reply(0, 0, 0x41), False),
        (frames.SAM_STATUS, Reply(0, 0, 0x66), True),
    ],
)
def test_a_reply_is_matched_with_the_command_it_can_answer(
    command: bytes, reply: Reply, meant: bool
) -> None:
    assert frames.answers(command, reply) is meant


def test_status_words_are_the_documents_own() -> None:
    assert {status.name: f"{status:02X}" for status in frames.Status} == {
        "OK": "90",
        "FOUND": "9F",
        "CHECKSUM_ERROR": "10",
        "LENGTH_ERROR": "11",
        "COMMAND_ERROR": "21",
        "UNKNOWN_ERROR": "24",
        "CARD_REJECTED_READER": "31",
        "READER_REJECTED_CARD": "32",
        "VERIFICATION_ERROR": "33",
        "UNKNOWN_CARD_TYPE": "40",
        "READ_FAILED": "41",
        "RANDOM_NUMBER_FAILED": "47",
        "SELF_TEST_FAILED": "60",
        "UNLICENSED": "66",
        "FIND_FAILED": "80",
        "SELECT_FAILED": "81",
        "NO_SUCH_ITEM": "91",
    }


@pytest.mark.parametrize("size", [1284, 1286, 1798, 2310])
def test_a_reply_may_be_as_long_as_a_card_with_two_fingers_and_no_longer(size: int) -> None:
    frame = frames.encode(b"\x00\x00\x90", bytes(size))
    assert Decoder().feed(frame) == [Reply(0, 0, 0x90, bytes(size))]
    assert frames.LONGEST == 3 + 2310 + 1
    too_long = frames.encode(b"\x00\x00\x90", bytes(2311))
    assert Decoder().feed(too_long)[0] == Garbled("length")


def _replies(events: list[Reply | Garbled]) -> list[Reply]:
    return [event for event in events if isinstance(event, Reply)]


def test_a_read_reply_is_cut_by_its_own_lengths() -> None:
    plain = bytes.fromhex("01000400") + b"t" * 256 + b"p" * 1024
    assert frames.split_read(plain) == frames.CardBlocks(b"t" * 256, b"p" * 1024)
    with_two_fingers = bytes.fromhex("010004000400") + b"t" * 256 + b"p" * 1024 + b"C" * 1024
    blocks = frames.split_read(with_two_fingers)
    assert (len(blocks.text), len(blocks.photo_wlt), blocks.fingerprints) == (
        256,
        1024,
        b"C" * 1024,
    )
    without_fingers = bytes.fromhex("010004000000") + b"t" * 256 + b"p" * 1024
    assert frames.split_read(without_fingers) == frames.CardBlocks(b"t" * 256, b"p" * 1024)


@pytest.mark.parametrize("data", [b"", b"\x01\x00", bytes.fromhex("01000400") + bytes(1279)])
def test_a_read_reply_whose_lengths_do_not_add_up_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="do not add up"):
        frames.split_read(data)


def test_the_modules_number_is_written_as_on_its_label() -> None:
    data = bytes.fromhex("05000300f80233017b000000d2029649")
    assert frames.sam_id_text(data) == "05.03-20120312-0000000123-1234567890"


def test_a_reply_does_not_show_its_data_when_printed() -> None:
    assert "370321" not in repr(Reply(0, 0, 0x90, "370321".encode("utf-16-le")))
