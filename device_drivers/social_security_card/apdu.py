"""Commands to a social security card and the meaning of its answers; pure.

Sources: `DEVICES.md` section 2 (ISO/IEC 7816-4 for the status words).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum

from device_drivers.social_security_card.interface import SocialSecurityCard

ENVIRONMENT = b"sx1.sh." + "社会保障".encode("gbk")
"""Name of the social security environment (SSSE), `DEVICES.md` 2.2."""

_SELECT_BY_NAME = bytes.fromhex("00A40400")
"""CLA, INS, P1 and P2, as of all commands here; the length of the name follows (2.2)."""
_SELECT_FILE, _ANY_FILE = bytes.fromhex("00A4"), bytes.fromhex("0002")
"""Before and behind P1; two bytes of file identifier follow (2.2)."""
P1_BELOW, P1_BY_IDENTIFIER = 0x02, 0x00
"""Below the present environment, or anywhere: cards want the one or the other (2.2)."""
_READ_RECORD = bytes.fromhex("00B2")
_BY_NUMBER, _BY_TAG = 0x04, 0x00
"""P2 of READ RECORD (2.3): P1 is a record's number, or its identifier."""
_SHORT_ID_SHIFT = 3
"""P2 of READ RECORD begins with five bits of short file identifier (2.3)."""
_TAG_AND_LENGTH_BYTES = 2
"""What stands before each value, and Le counts too (2.3)."""
_EXTERNAL_AUTHENTICATE = bytes.fromhex("008200")
"""CLA, INS and P1 (2.4); the key's number, a length and the proof follow."""
_GET_RESPONSE = bytes.fromhex("00C00000")
_SW1_MORE, _SW1_WRONG_LENGTH = 0x61, 0x6C
"""SW2 bytes wait to be fetched; SW2 is the Le to ask with (2.2, 2.3)."""
_WRONG_LENGTH = 0x6700
"""The same, by a card that does not say which Le is right (ISO/IEC 7816-4)."""
_ALL_THERE_IS = 0x00
"""An Le that suits whatever comes; it usually works (2.3)."""
_CASE_2_BYTES = 5
"""A command with an Le and no data (ISO/IEC 7816-4)."""
_HISTORICAL_COUNT = 0x0F
"""Of T0, the second byte of an answer to reset (ISO/IEC 7816-3, 8.2)."""
_FOLLOW_SHIFT, _ANOTHER_ROUND = 4, 0x08
"""The high half of T0 and of each TD says which of TA, TB, TC and TD follow; TD is the last."""
_ATR_HEAD_BYTES = 2
"""TS and T0."""
_FILLERS = frozenset({0x00, 0xFF})
"""No tag: what is left of a record behind its last value."""
_PADDING = b"\x00\x20\xff"
_AREA_BYTES = 3
"""The identification code begins with the issuing area (2.3)."""

SW_OK = 0x9000
GUARDED = frozenset({0x6982, 0x6985})
"""Security status or conditions of use not satisfied, `DEVICES.md` 2.4."""
NOT_THIS_WAY = frozenset({0x6A81, 0x6A82, 0x6A83, 0x6A86, 0x6B00})
"""Parameters, file or record refused: another way of asking may do, `DEVICES.md` 2.2 and 2.3."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of the card."""

    data: bytes
    status: int
    """SW1 and SW2 as one number, such as 0x9000."""

    @classmethod
    def parse(cls, answer: bytes) -> "Reply":
        """Split data from status. Raises ValueError below two bytes."""
        if len(answer) < 2:
            raise ValueError("an answer without status bytes")
        return cls(answer[:-2], int.from_bytes(answer[-2:], "big"))


@dataclass(frozen=True, slots=True)
class Record:
    """Where one value lies: its number in the file, its tag, its length without tag and length."""

    number: int
    tag: int
    length: int


@dataclass(frozen=True, slots=True)
class File:
    """One elementary file with the records a kiosk reads."""

    file_id: int
    short_id: int
    records: tuple[Record, ...]


IDENTIFICATION, VERSION, ISSUE_DATE, VALID_UNTIL, CARD_NUMBER = 0x01, 0x03, 0x05, 0x06, 0x07
NUMBER, NAME, NAME_EXTENSION, SEX, ETHNICITY, BIRTH_DATE = 0x08, 0x09, 0x4E, 0x0A, 0x0B, 0x0D

PUBLIC_FILES = (
    File(
        0xEF05,
        5,
        (
            Record(1, IDENTIFICATION, 16),
            Record(3, VERSION, 4),
            Record(5, ISSUE_DATE, 4),
            Record(6, VALID_UNTIL, 4),
            Record(7, CARD_NUMBER, 9),
        ),
    ),
    File(
        0xEF06,
        6,
        (
            Record(1, NUMBER, 18),
            Record(2, NAME, 30),
            Record(3, NAME_EXTENSION, 20),
            Record(4, SEX, 1),
            Record(5, ETHNICITY, 1),
            Record(7, BIRTH_DATE, 4),
        ),
    ),
)
"""The records of `DEVICES.md` 2.3 that the interface speaks of."""


class Addressing(Enum):
    """The ways of READ RECORD that cards in use understand, in the order worth trying (2.3)."""

    NUMBER = "number in the selected file"
    NUMBER_AND_SHORT_ID = "number and short file identifier"
    TAG = "tag as record identifier"


def select_environment() -> bytes:
    """SELECT by name of the social security environment (2.2)."""
    return _SELECT_BY_NAME + bytes([len(ENVIRONMENT)]) + ENVIRONMENT


def select_file(file_id: int, *, p1: int) -> bytes:
    """SELECT of a file; cards want P1 02 (below the present environment) or 00 (2.2)."""
    return _SELECT_FILE + bytes([p1]) + _ANY_FILE + file_id.to_bytes(2, "big")


def read_record(file: File, record: Record, addressing: Addressing) -> bytes:
    """READ RECORD of one value; Le counts tag and length too (2.3)."""
    expected = record.length + _TAG_AND_LENGTH_BYTES
    match addressing:
        case Addressing.NUMBER:
            which = (record.number, _BY_NUMBER)
        case Addressing.NUMBER_AND_SHORT_ID:
            which = (record.number, file.short_id << _SHORT_ID_SHIFT | _BY_NUMBER)
        case Addressing.TAG:
            which = (record.tag, _BY_TAG)
    return _READ_RECORD + bytes([*which, expected])


GET_CHALLENGE = bytes.fromhex("0084000008")
"""Eight random bytes from the card, `DEVICES.md` 2.4."""


def external_authenticate(key: int, cryptogram: bytes) -> bytes:
    """Prove to the card that the keys are known (`DEVICES.md` 2.4)."""
    return _EXTERNAL_AUTHENTICATE + bytes([key, len(cryptogram)]) + cryptogram


def historical_bytes(atr: bytes) -> bytes:
    """What stands behind the interface bytes of an answer to reset (ISO/IEC 7816-3, 8.2).

    Cards on contacts end with them; what a contactless reader makes up (`DEVICES.md` 2.1) has a
    check byte behind. Empty where the answer is shorter than it says.
    """
    if len(atr) < _ATR_HEAD_BYTES:
        return b""
    count, follow, begin = atr[1] & _HISTORICAL_COUNT, atr[1] >> _FOLLOW_SHIFT, _ATR_HEAD_BYTES
    while follow:
        begin += follow.bit_count()
        if not follow & _ANOTHER_ROUND or begin > len(atr):
            break
        follow = atr[begin - 1] >> _FOLLOW_SHIFT
    historical = atr[begin : begin + count]
    return historical if len(historical) == count else b""


def follow_up(command: bytes, reply: Reply) -> bytes | None:
    """What T=0 asks to be sent next: GET RESPONSE after 61xx, the same with Le xx after 6Cxx.

    pcscd and pyscard do neither by themselves (2.3). After 6700, the same with an Le that suits
    all, once. None when `reply` is final.
    """
    sw1, sw2 = reply.status.to_bytes(2, "big")
    if sw1 == _SW1_MORE:
        return _GET_RESPONSE + bytes([sw2])
    if len(command) != _CASE_2_BYTES:
        return None
    if sw1 == _SW1_WRONG_LENGTH:
        return command[:-1] + bytes([sw2])
    if reply.status == _WRONG_LENGTH and command[-1] != _ALL_THERE_IS:
        return command[:-1] + bytes([_ALL_THERE_IS])
    return None


def parse_values(data: bytes) -> dict[int, bytes]:
    """The tag-length-value triples in one record. Raises ValueError where a length overruns.

    Padding of 00 or FF after the last value is ignored.
    """
    values: dict[int, bytes] = {}
    at = 0
    while at < len(data) and data[at] not in _FILLERS:
        begin = at + _TAG_AND_LENGTH_BYTES
        if begin > len(data) or begin + data[at + 1] > len(data):
            raise ValueError(f"value of tag {data[at]:02X} overruns its record")
        end = begin + data[at + 1]
        values[data[at]] = data[begin:end]
        at = end
    return values


def decode_card(values: Mapping[int, bytes]) -> SocialSecurityCard:
    """The card's fields; empty or None where a value is absent. Raises ValueError on bad text.

    A long name goes on in its extension, possibly in the middle of a character.
    """
    name = _unpadded(values.get(NAME, b"")) + _unpadded(values.get(NAME_EXTENSION, b""))
    return SocialSecurityCard(
        card_number=_ascii(values.get(CARD_NUMBER, b"")),
        social_security_number=_ascii(values.get(NUMBER, b"")),
        name=name.decode("gb18030").strip(),
        sex=_ascii(values.get(SEX, b"")),
        ethnicity=values.get(ETHNICITY, b"").hex(),
        birth_date=_date(values.get(BIRTH_DATE, b"")),
        issue_date=_date(values.get(ISSUE_DATE, b"")),
        valid_until=_date(values.get(VALID_UNTIL, b"")),
        version=_ascii(values.get(VERSION, b"")),
        area=values.get(IDENTIFICATION, b"")[:_AREA_BYTES].hex(),
    )


def _unpadded(value: bytes) -> bytes:
    # none of these is ever the second byte of a GB18030 character
    return value.rstrip(_PADDING)


def _ascii(value: bytes) -> str:
    return _unpadded(value).decode("ascii").strip()


def _date(value: bytes) -> date | None:
    digits = value.hex()
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:  # 00000000 and FFFFFFFF stand for "none" on cards
        return None
