"""Zebra SSI to the byte (`DEVICES.md` 5.1)."""

import pytest

from device_drivers.qr_scanner.framing.arrival import Answered, CodeArrived, Noise, ReplyDue
from device_drivers.qr_scanner.framing.ssi import (
    CMD_ACK,
    CMD_NAK,
    DECODE_DATA,
    FLUSH_QUEUE,
    SCAN_ENABLE,
    START_SESSION,
    STOP_SESSION,
    SYMBOLOGIES,
    Packet,
    SsiFraming,
    checksum,
    decode,
    encode,
)

ACKNOWLEDGEMENT = ReplyDue(bytes.fromhex("04 D0 04 00 FF 28"))
REFUSAL = ReplyDue(bytes.fromhex("05 D1 04 00 01 FF 25"))


def from_scanner(opcode: int, data: bytes = b"", *, status: int = 0) -> bytes:
    counted = bytes([4 + len(data), opcode, 0, status]) + data
    return counted + checksum(counted)


def codes(arrivals: object) -> list[CodeArrived]:
    assert isinstance(arrivals, list)
    return [arrival for arrival in arrivals if isinstance(arrival, CodeArrived)]


@pytest.mark.parametrize(
    ("opcode", "data", "golden"),
    [
        (START_SESSION, b"", "04 E4 04 00 FF 14"),  # printed in DEVICES.md 5.1
        (STOP_SESSION, b"", "04 E5 04 00 FF 13"),
        (CMD_ACK, b"", "04 D0 04 00 FF 28"),
        (CMD_NAK, b"\x01", "05 D1 04 00 01 FF 25"),
        (SCAN_ENABLE, b"", "04 E9 04 00 FF 0F"),
        (FLUSH_QUEUE, b"", "04 D2 04 00 FF 26"),
    ],
)
def test_commands_to_the_byte(opcode: int, data: bytes, golden: str) -> None:
    assert encode(opcode, data) == bytes.fromhex(golden)


def test_a_command_sent_again_is_marked_so() -> None:
    assert SsiFraming().again(encode(START_SESSION)) == bytes.fromhex("04 E4 04 01 FF 13")


def test_code_types_are_those_of_the_guides_table() -> None:
    """SSI Programmer's Guide 72E-40451, code types of DECODE_DATA."""
    assert {f"{number:02X}": word for number, word in SYMBOLOGIES.items()} == {
        "01": "code39",
        "02": "codabar",
        "03": "code128",
        "06": "itf",
        "07": "code93",
        "08": "ean13",  # UPC-A
        "0A": "ean8",
        "0B": "ean13",
        "0F": "code128",  # GS1-128
        "11": "pdf417",
        "1B": "datamatrix",
        "1C": "qr",
        "25": "maxicode",
        "2D": "aztec",
        "30": "databar",
        "31": "databar",
        "32": "databar",
    }


def test_a_packet_is_decoded_only_with_its_length_and_checksum() -> None:
    frame = from_scanner(DECODE_DATA, b"\x1cSW")
    assert decode(frame) == Packet(DECODE_DATA, 0, 0, b"\x1cSW")
    assert decode(frame[:-1]) is None
    assert decode(frame[:-1] + bytes([frame[-1] ^ 1])) is None
    assert decode(b"") is None


def test_a_code_is_named_and_acknowledged() -> None:
    arrivals = SsiFraming().take(from_scanner(DECODE_DATA, b"\x1cSW370321"))
    assert arrivals == [ACKNOWLEDGEMENT, CodeArrived(b"SW370321", "qr")]


@pytest.mark.parametrize(("opcode", "accepted"), [(CMD_ACK, True), (CMD_NAK, False)])
def test_answers_are_told(opcode: int, accepted: bool) -> None:
    assert SsiFraming().take(from_scanner(opcode, b"\x02")) == [Answered(accepted)]


def test_events_are_acknowledged_and_no_codes() -> None:
    assert SsiFraming().take(from_scanner(0xF6, b"\x01")) == [ACKNOWLEDGEMENT]


def test_a_message_over_several_packets_is_one_code() -> None:
    framing = SsiFraming()
    assert codes(framing.take(from_scanner(DECODE_DATA, b"\x1cfirst ", status=2))) == []
    framing.pause()
    last = framing.take(from_scanner(DECODE_DATA, b"\x1clast"))
    assert codes(last) == [CodeArrived(b"first last", "qr")]


def test_half_a_message_is_forgotten_with_whoever_showed_it() -> None:
    framing = SsiFraming()
    framing.take(from_scanner(DECODE_DATA, b"\x1cof the citizen before ", status=2))
    framing.forget()
    arrivals = framing.take(from_scanner(DECODE_DATA, b"\x1cmine"))
    assert codes(arrivals) == [CodeArrived(b"mine", "qr")]


def test_what_is_sent_again_because_our_acknowledgement_was_lost_counts_once() -> None:
    framing = SsiFraming()
    assert len(codes(framing.take(from_scanner(DECODE_DATA, b"\x1ctwice")))) == 1
    assert framing.take(from_scanner(DECODE_DATA, b"\x1ctwice", status=1)) == [ACKNOWLEDGEMENT]


def test_the_same_code_shown_again_counts_again() -> None:
    framing = SsiFraming()
    frame = from_scanner(DECODE_DATA, b"\x1ctwice")
    assert len(codes(framing.take(frame + frame))) == 2


def test_a_spoilt_packet_is_asked_for_again_once_the_line_is_quiet_and_read() -> None:
    framing = SsiFraming()
    frame = bytearray(from_scanner(DECODE_DATA, b"\x1cSW370321"))
    frame[6] ^= 0x20
    assert codes(framing.take(bytes(frame))) == []
    assert framing.pause().count(REFUSAL) == 1
    again = framing.take(from_scanner(DECODE_DATA, b"\x1cSW370321", status=1))
    assert codes(again) == [CodeArrived(b"SW370321", "qr")]
    assert framing.pause() == []


def test_a_packet_behind_noise_is_found() -> None:
    frame = from_scanner(DECODE_DATA, b"\x1cSW")
    framing = SsiFraming()
    arrivals = [*framing.take(b"\x01\x02\xff" + frame), *framing.pause()]
    assert codes(arrivals) == [CodeArrived(b"SW", "qr")]
    assert sum(each.count for each in arrivals if isinstance(each, Noise)) == 3


def test_a_packet_behind_half_of_another_is_found_when_the_line_is_quiet() -> None:
    whole = from_scanner(DECODE_DATA, b"\x1cSW")
    framing = SsiFraming()
    arrivals = [
        *framing.take(from_scanner(DECODE_DATA, b"\x1c" + b"x" * 90)[:20] + whole),
        *framing.pause(),
    ]
    assert codes(arrivals) == [CodeArrived(b"SW", "qr")]


def test_a_message_without_end_is_dropped() -> None:
    framing = SsiFraming()
    found = [
        framing.take(from_scanner(DECODE_DATA, b"\x1c" + b"x" * 250, status=2)) for _ in range(90)
    ]
    assert [each for arrivals in found for each in codes(arrivals)] == []
