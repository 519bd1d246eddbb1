"""Decoders of the two card readers."""

from collections.abc import Iterator

from device_drivers.id_card_reader import frames, usb_frames
from device_drivers.id_card_reader.card_text import decode_appended_address, decode_card
from device_drivers.id_card_reader.emulated_card import make_card
from device_drivers.id_card_reader.interface import IdCard
from device_drivers.social_security_card import apdu
from device_drivers.social_security_card.interface import SocialSecurityCard
from tests.device_drivers.id_card_reader.people import (
    ELDERLY,
    FOREIGNER_2017,
    FOREIGNER_2023,
    PERMIT,
    RESIDENT,
)
from tests.device_drivers.id_card_reader.test_frames import FOUND, NO_CARD, SELECTED
from tests.fuzz.trial import Decoder

_CARDS = [make_card(each) for each in (RESIDENT, ELDERLY, PERMIT, FOREIGNER_2017, FOREIGNER_2023)]
_READ = [bytes.fromhex("01000400") + card.text + card.photo for card in _CARDS]
_READ_WITH_FINGER = bytes.fromhex("010004000200") + _READ[0][4:] + b"C" * 512
_ID_OF_MODULE = bytes.fromhex("05000300f80233017b000000d2029649")
_OK = b"\x00\x00\x90"
_ANSWERS = (
    NO_CARD,
    FOUND + SELECTED,
    frames.encode(_OK, _ID_OF_MODULE),
    *(frames.encode(_OK, data) for data in [*_READ, _READ_WITH_FINGER]),
)
_COMMANDS = (
    frames.FIND_CARD,
    frames.SELECT_CARD,
    frames.SAM_ID,
    frames.READ_CARD,
    frames.READ_CARD_WITH_FINGERPRINTS,
    frames.READ_APPENDED_ADDRESS,
)


def _frames(data: bytes) -> Iterator[object]:
    """By the pieces of a serial line, to what a card or a module says."""
    decoder = frames.Decoder()
    half = len(data) // 2
    found = [*decoder.feed(data[:half]), *decoder.feed(data[half:]), *decoder.give_up()]
    yield from found
    yield decoder.is_within_frame
    for reply in found:
        if isinstance(reply, frames.Reply):
            yield from (frames.answers(command, reply) for command in _COMMANDS)
            if frames.answers(frames.SAM_ID, reply) and reply.status == frames.Status.OK:
                yield frames.sam_id_text(reply.data)


def _usb_frames(data: bytes) -> Iterator[object]:
    """By the two pipes, a header and a body, joined again."""
    decoder = frames.Decoder()
    for piece in usb_frames.split(data):
        yield from decoder.feed(piece)
    yield from decoder.give_up()


def _read(data: bytes) -> Iterator[object]:
    blocks = frames.split_read(data)
    yield blocks
    yield decode_card(blocks.text, blocks.photo_wlt)


def _text(data: bytes) -> Iterator[object]:
    """At the size the module always sends, so that the fields are looked at."""
    yield decode_card(data.ljust(256, b"\x00")[:256])


def _appended_address(data: bytes) -> Iterator[object]:
    yield decode_appended_address(data)


_RECORDS = (
    bytes.fromhex("0110 370321 00 D15600000500100000000001"),
    bytes.fromhex("0304 322E3030 0504 20190610 0604 20290610 0709 433337303030303031"),
    b"\x08\x12370321198804123523\x09\x1e" + "沈知夏".encode("gb18030").ljust(30, b"\x00"),
    b"\x4e\x14" + "吐尔逊𠮷".encode("gb18030").ljust(20, b"\xff") + b"\x0a\x012\x0b\x01\x01",
    bytes.fromhex("0D04 19880412 0000 FFFF"),
)


def _answer(data: bytes) -> Iterator[object]:
    """An answer to any command of ours, and what it makes us send next."""
    reply = apdu.Reply.parse(data)
    yield reply
    file = apdu.PUBLIC_FILES[0]
    yield apdu.follow_up(apdu.select_environment(), reply)
    for way in apdu.Addressing:
        yield apdu.follow_up(apdu.read_record(file, file.records[0], way), reply)


def _values(data: bytes) -> Iterator[object]:
    """The records of a card, joined."""
    yield apdu.decode_card(apdu.parse_values(data))


def _historical_bytes(data: bytes) -> Iterator[object]:
    yield apdu.historical_bytes(data)


_EITHER = frames.Reply | frames.Garbled

CARD_DECODERS = (
    Decoder("id card: frames", _frames, _EITHER | bool | str, _ANSWERS),
    Decoder("id card: USB frames", _usb_frames, _EITHER, _ANSWERS),
    Decoder(
        "id card: read reply",
        _read,
        frames.CardBlocks | IdCard,
        (*_READ, _READ_WITH_FINGER),
        (ValueError,),
    ),
    Decoder("id card: text", _text, IdCard, tuple(card.text for card in _CARDS), (ValueError,)),
    Decoder(
        "id card: appended address",
        _appended_address,
        str,
        ("山东省淄博市桓台县唐山镇3号".ljust(35).encode("utf-16-le"),),
        (ValueError,),
    ),
    Decoder(
        "social security card: answer",
        _answer,
        apdu.Reply | bytes | None,
        tuple(each + end for each in _RECORDS for end in (b"\x90\x00", b"\x61\x13", b"\x6c\x20")),
        (ValueError,),
    ),
    Decoder(
        "social security card: values",
        _values,
        SocialSecurityCard,
        (*_RECORDS, b"".join(_RECORDS)),
        (ValueError,),
    ),
    Decoder(
        "social security card: answer to reset",
        _historical_bytes,
        bytes,
        (bytes.fromhex("3B6D000000814E43238697159900BF7C7A"),),
    ),
)
