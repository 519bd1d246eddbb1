"""A social security card on the wire of the virtual reader vpcd, written from the documents.

Wire: `DEVICES.md` section 3.1. Card: section 2 and ISO/IEC 7816-4. Knows nothing of the driver.
"""

import asyncio
import hashlib
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from device_drivers.emulation.wire_fault import Disturber, WireFault

VPCD_PORT = 0x8C7B
"""Where slot 0 of vpcd listens; slot n is n above (3.1)."""
_HANGING_LOOK_S = 0.05
POWER_OFF, POWER_ON, RESET, GIVE_ATR = 0x00, 0x01, 0x02, 0x04
"""Control bytes: reader to card, a message of length 1 (3.1)."""

SSSE_ATR = bytes.fromhex("3B6D0000" + "0081" + "543100" + "8660" + "261101000001")
"""T=0; chip maker 0081, system 543100, card maker 8660, an invented serial number (2.1)."""
FOREIGN_ATR = bytes.fromhex("3B6800008073C84013009000")
"""A bank card of no particular issuer: eight historical bytes."""

ENVIRONMENT_NAME = bytes.fromhex("7378312E73682EC9E7BBE1B1A3D5CF")
"""`sx1.sh.` and GBK 社会保障, as `DEVICES.md` 2.2 gives it."""

OK = b"\x90\x00"
WRONG_LENGTH = b"\x67\x00"
NO_CURRENT_FILE = b"\x69\x86"
FILE_NOT_FOUND = b"\x6a\x82"
RECORD_NOT_FOUND = b"\x6a\x83"
WRONG_PARAMETERS = b"\x6a\x86"
UNKNOWN_INSTRUCTION = b"\x6d\x00"
UNKNOWN_CLASS = b"\x6e\x00"

BLOCKED = b"\x69\x83"
NO_CHALLENGE = b"\x69\x85"
"""ISO/IEC 7816-4: authentication method blocked; conditions of use not satisfied."""
FILLED_BYTES = 64
"""How long all records of a card are that fills them."""
PROOFS = 3
"""How many wrong proofs a card takes."""

_WITH_DATA = frozenset({0xA4, 0x82})
_PARAMETERS = {0xA4: b"\x00", 0x84: b"\x00\x00", 0xC0: b"\x00\x00"}
"""SELECT wants P2 00, GET CHALLENGE and GET RESPONSE both P1 and P2 (2.2 to 2.4)."""

Value = tuple[int, int, bytes]
"""Record number, tag, value."""


class VirtualCard(Protocol):
    """What can lie in the virtual slot."""

    @property
    def atr(self) -> bytes:
        """What the card says at reset."""

    def reset(self) -> None:
        """Forget what was selected: power came, or the reset line was pulled."""

    def answer(self, command: bytes) -> bytes:
        """Data and status bytes for one command."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFields:
    """What is personalised into a card. Invented persons only."""

    card_number: str
    social_security_number: str
    name: str
    sex: str
    ethnicity: str
    birth_date: str
    """YYYYMMDD, as the next two."""
    issue_date: str
    valid_until: str
    area: str
    """Six digits of the issuing area."""
    version: str = "2.00"
    """`3.00` guards the card number and all of EF06 (2.4)."""
    addressing: str = "number"
    """Which READ RECORD the card understands: `number`, `short_id` or `tag` (2.3)."""
    select_p1: int = 0x02
    """Which P1 the SELECT of a file wants: 2 or 0 (2.2)."""
    guards_person: bool = False
    """Some cities ask for a PIN before EF06 (2.4)."""
    refuses_with: str = "6982"
    """Status of what is guarded: 6982 or 6985 (2.4)."""
    secret: str = ""
    """Hexadecimal. A card with one opens to a proof made with it (`proof_for`); the real cards'
    SM4 and keys are the department's, so this stands for them."""
    wrong_length: str = "6C"
    """What READ RECORD says to another Le than the record's: `6C` names the right one, `6700` does
    not (ISO/IEC 7816-4), `00` as well, but that it takes an Le of 00 for all there is (2.3)."""
    refuses_ways_with: str = "6A86"
    """Status of a P1 of SELECT, or a READ RECORD, that it does not understand: cards say 6A81,
    6A82, 6A83, 6A86 or 6B00 (ISO/IEC 7816-4)."""
    padding: str = "00"
    """Hexadecimal: what stands behind a name, 00, 20 or, as on erased memory, FF (2.3)."""
    filler: str = ""
    """Hexadecimal; a card with one fills its records with it behind the value."""
    extension_bytes: int = 20
    """Length of the name's extension; one source says 20 (2.3), so others may have another."""
    atr: str = ""
    """Hexadecimal; another answer to reset, such as a contactless reader makes one up (2.1)."""
    select_answers: str = "61"
    """How SELECT of the environment ends: `61` (fetch it), `9000` bare, or `fci` at once (2.2)."""

    @classmethod
    def from_mapping(cls, fields: Mapping[str, object]) -> "CardFields":
        """Fields by name. Raises TypeError for an unknown or missing one."""
        return cls(**fields)  # type: ignore[arg-type]  # a wrong type shows when it is encoded


def _padded_name(fields: CardFields) -> tuple[bytes, bytes]:
    encoded, padding = fields.name.encode("gb18030"), bytes.fromhex(fields.padding)
    size = fields.extension_bytes
    return encoded[:30].ljust(30, padding), encoded[30:][:size].ljust(size, padding)


def proof_for(secret: str, challenge: bytes) -> bytes:
    """What an emulated card takes for a proof; nothing like the real cards' SM4."""
    return hashlib.sha256(bytes.fromhex(secret) + challenge).digest()[:16]


class SocialSecurityCardEmulator:
    """A contact card with the files EF05 and EF06 (2.3), speaking as T=0 does (61xx, 6Cxx)."""

    def __init__(self, fields: CardFields) -> None:
        self.atr = bytes.fromhex(fields.atr) if fields.atr else SSSE_ATR
        self._fields = fields
        self._proofs_left = PROOFS
        self._not_this_way = bytes.fromhex(fields.refuses_ways_with)
        name, extension = _padded_name(fields)
        identification = bytes.fromhex(fields.area + "00" + "D15600000500" + "100000000001")
        self._files: dict[int, list[Value]] = {
            0xEF05: [
                (1, 0x01, identification),
                (2, 0x02, fields.version[:1].encode("ascii")),
                (3, 0x03, fields.version.encode("ascii")),
                (4, 0x04, bytes.fromhex("370321" + "00" * 9)),
                (5, 0x05, bytes.fromhex(fields.issue_date)),
                (6, 0x06, bytes.fromhex(fields.valid_until)),
                (7, 0x07, fields.card_number.encode("ascii")),
            ],
            0xEF06: [
                (1, 0x08, fields.social_security_number.encode("ascii")),
                (2, 0x09, name),
                (3, 0x4E, extension),
                (4, 0x0A, fields.sex.encode("ascii")),
                (5, 0x0B, bytes.fromhex(fields.ethnicity)),
                (6, 0x0C, bytes.fromhex(fields.area)),
                (7, 0x0D, bytes.fromhex(fields.birth_date)),
            ],
        }
        self.reset()

    def reset(self) -> None:
        """Forget selections and what GET RESPONSE would fetch."""
        self._in_environment = False
        self._challenge = b""
        self._is_open = False
        self._current: int | None = None
        self._waiting = b""

    def answer(self, command: bytes) -> bytes:
        """One command of T=0: class, instruction, P1, P2, P3 and data."""
        if len(command) < 5:
            return WRONG_LENGTH
        instruction = command[1]
        waiting, self._waiting = self._waiting, b""
        if command[0] != 0x00:
            return UNKNOWN_CLASS
        if instruction in _WITH_DATA and len(command) != 5 + command[4]:
            return WRONG_LENGTH
        if not command[2:4].endswith(_PARAMETERS.get(instruction, b"")):
            return WRONG_PARAMETERS
        match instruction:
            case 0xA4:
                return self._select(command[2], command[5 : 5 + command[4]])
            case 0xB2:
                return self._read_record(command[2], command[3], command[4])
            case 0x84:
                self._challenge = secrets.token_bytes(command[4])
                return self._challenge + OK
            case 0x82:
                return WRONG_PARAMETERS if command[2] else self._authenticate(command[5:])
            case 0xC0:
                wanted = command[4] or 256
                return waiting[:wanted] + OK if waiting else WRONG_PARAMETERS
            case _:
                return UNKNOWN_INSTRUCTION

    def _select(self, p1: int, name: bytes) -> bytes:
        if p1 == 0x04:
            if name != ENVIRONMENT_NAME:
                return FILE_NOT_FOUND
            self._in_environment, self._current = True, None
            if self._fields.select_answers == "9000":
                return OK
            self._waiting = b"\x6f" + bytes([len(name) + 2]) + b"\x84" + bytes([len(name)]) + name
            if self._fields.select_answers == "fci":
                return self._waiting + OK
            return bytes([0x61, len(self._waiting)])
        if p1 != self._fields.select_p1:
            return self._not_this_way
        file_id = int.from_bytes(name, "big")
        if not self._in_environment or file_id not in self._files:
            return FILE_NOT_FOUND
        self._current = file_id
        return OK

    def _read_record(self, p1: int, p2: int, expected: int) -> bytes:
        short_id, way = divmod(p2, 8)
        addressing = {0: "tag", 4: "short_id" if short_id else "number"}.get(way)
        if addressing != self._fields.addressing:
            return self._not_this_way
        file_id = 0xEF00 + short_id if short_id else self._current
        if file_id is None:
            return NO_CURRENT_FILE
        if file_id not in self._files:
            return FILE_NOT_FOUND
        for number, tag, value in self._files[file_id]:
            if p1 == (tag if addressing == "tag" else number):
                if self._is_guarded(file_id, number):
                    return bytes.fromhex(self._fields.refuses_with)
                return self._given(bytes([tag, len(value)]) + value, expected)
        return RECORD_NOT_FOUND

    def _given(self, record: bytes, expected: int) -> bytes:
        if self._fields.filler:
            record = record.ljust(FILLED_BYTES, bytes.fromhex(self._fields.filler))
        if expected == len(record) or (expected == 0 and self._fields.wrong_length == "00"):
            return record + OK
        return bytes([0x6C, len(record)]) if self._fields.wrong_length == "6C" else WRONG_LENGTH

    def _authenticate(self, cryptogram: bytes) -> bytes:
        """A challenge is good for one answer, and the wrong ones are counted (2.4)."""
        challenge, self._challenge = self._challenge, b""
        if not self._proofs_left:
            return BLOCKED
        if not challenge or not self._fields.secret:
            return NO_CHALLENGE
        if cryptogram != proof_for(self._fields.secret, challenge):
            self._proofs_left -= 1
            return bytes([0x63, 0xC0 | self._proofs_left])
        self._is_open = True
        return OK

    def _is_guarded(self, file_id: int, number: int) -> bool:
        if self._is_open:
            return False
        if self._fields.version.startswith("3"):
            return file_id == 0xEF06 or number > 3
        return file_id == 0xEF06 and self._fields.guards_person


class ForeignCardEmulator:
    """A bank card: it has no social security environment. `received` counts what it was sent."""

    def __init__(self) -> None:
        self.atr = FOREIGN_ATR
        self.received = 0

    def reset(self) -> None:
        """A bank card starts anew; the count stays."""

    def answer(self, command: bytes) -> bytes:
        """Knows SELECT and none of the names."""
        self.received += 1
        return FILE_NOT_FOUND if command[1:2] == b"\xa4" else UNKNOWN_INSTRUCTION


class MuteCardEmulator:
    """A card put in upside down: present, and silent at reset. An ATR of no sense stands for it."""

    def __init__(self) -> None:
        self.atr = b"\x00\x00"

    def reset(self) -> None:
        """Nothing comes of it."""

    def answer(self, command: bytes) -> bytes:
        """Says nothing of use."""
        return UNKNOWN_INSTRUCTION


class CardPulled(Exception):
    """The card left the slot in the middle of a command."""


@dataclass(slots=True)
class PulledAfter:
    """A card that a citizen pulls out when it has answered `commands` commands."""

    card: VirtualCard
    commands: int

    @property
    def atr(self) -> bytes:
        """That of the card."""
        return self.card.atr

    def reset(self) -> None:
        """That of the card."""
        self.card.reset()

    def answer(self, command: bytes) -> bytes:
        """The card's answer. Raises CardPulled when the hand is quicker."""
        if self.commands <= 0:
            raise CardPulled
        self.commands -= 1
        return self.card.answer(command)


async def hold_in_slot(
    card: VirtualCard,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    *,
    think_s: float = 0.0,
    disturber: Disturber | None = None,
) -> None:
    """Serve `card` on a connection to vpcd until the reader hangs up. Raises CardPulled.

    `think_s` is how long the card takes for each command; `disturber` stands before its contacts.
    """
    try:
        while True:
            _acknowledge_at_once(writer)
            length = int.from_bytes(await reader.readexactly(2), "big")
            _acknowledge_at_once(writer)
            message = await reader.readexactly(length)
            if length == 1:
                if message[0] == GIVE_ATR:
                    _send(writer, card.atr)
                elif message[0] in (POWER_OFF, POWER_ON, RESET):
                    card.reset()
                continue
            await asyncio.sleep(think_s)
            _send(writer, await _through(disturber, card.answer(message)))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        return
    finally:
        writer.close()


async def _through(disturber: Disturber | None, answer: bytes) -> bytes:
    """What arrives of an answer; a card that hangs answers once it hangs no more."""
    if disturber is None:
        return answer
    while disturber.fault is WireFault.SILENT:  # noqa: ASYNC110 - a fault tells nobody it is over
        await asyncio.sleep(_HANGING_LOOK_S)
    disturbed = disturber.says(answer)
    await asyncio.sleep(disturbed.delay_s)
    return disturbed.data


def _acknowledge_at_once(writer: asyncio.StreamWriter) -> None:
    """Keep the kernel from delaying its ACK by 40 ms.

    vpcd sends length and payload apart, and Nagle's algorithm holds the second back until then.
    """
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def _send(writer: asyncio.StreamWriter, payload: bytes) -> None:
    writer.write(len(payload).to_bytes(2, "big") + payload)
