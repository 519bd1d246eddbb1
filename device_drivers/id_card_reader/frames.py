"""Frames of the SAM_V security module (`DEVICES.md` sections 1.2 to 1.4, 1.6): pure, bytes only."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from functools import reduce
from operator import xor

PREAMBLE = bytes.fromhex("AAAAAA9669")  # DEVICES.md 1.2

_SHORTEST = 4  # DEVICES.md 1.2: SW1 SW2 SW3 CHK

RESET_SAM = bytes.fromhex("10FF")  # DEVICES.md 1.2, table; CMD PARA of each command
SAM_STATUS = bytes.fromhex("11FF")
SAM_ID = bytes.fromhex("12FF")
FIND_CARD = bytes.fromhex("2001")
SELECT_CARD = bytes.fromhex("2002")
READ_CARD = bytes.fromhex("3001")
READ_APPENDED_ADDRESS = bytes.fromhex("3003")
READ_CARD_WITH_FINGERPRINTS = bytes.fromhex("3010")

SET_SPEED: Mapping[int, bytes] = {  # DEVICES.md 1.2, table; by bits a second, the fastest first
    115200: bytes.fromhex("6000"),
    57600: bytes.fromhex("6001"),
    38400: bytes.fromhex("6002"),
    19200: bytes.fromhex("6003"),
    9600: bytes.fromhex("6004"),
}


class Status(IntEnum):
    """SW3 of a reply (DEVICES.md 1.3). A module may send others: `Reply.status` is an int."""

    OK = 0x90
    FOUND = 0x9F
    CHECKSUM_ERROR = 0x10
    LENGTH_ERROR = 0x11
    COMMAND_ERROR = 0x21
    UNKNOWN_ERROR = 0x24
    CARD_REJECTED_READER = 0x31
    READER_REJECTED_CARD = 0x32
    VERIFICATION_ERROR = 0x33
    UNKNOWN_CARD_TYPE = 0x40
    READ_FAILED = 0x41
    RANDOM_NUMBER_FAILED = 0x47
    SELF_TEST_FAILED = 0x60
    UNLICENSED = 0x66
    FIND_FAILED = 0x80
    SELECT_FAILED = 0x81
    NO_SUCH_ITEM = 0x91


@dataclass(frozen=True, slots=True)
class Reply:
    """One whole frame from the module whose length and checksum are right."""

    sw1: int
    sw2: int
    status: int
    """SW3: what became of the command."""
    data: bytes = field(default=b"", repr=False)


_DATA_BYTES: Mapping[bytes, frozenset[int]] = {
    FIND_CARD: frozenset({4}),  # DEVICES.md 1.2, table, as all of these
    SELECT_CARD: frozenset({8}),
    SAM_ID: frozenset({16}),
    READ_CARD: frozenset({2 + 2 + 256 + 1024}),
    READ_CARD_WITH_FINGERPRINTS: frozenset(
        {2 + 2 + 2 + 256 + 1024 + 512 * fingers for fingers in range(3)}
    ),
    READ_APPENDED_ADDRESS: frozenset({70}),
}
"""How much data a success carries; none for the commands that are not here."""
LONGEST = _SHORTEST + max(size for sizes in _DATA_BYTES.values() for size in sizes)
"""LEN of the longest reply there is: text, photograph and two fingerprints (DEVICES.md 1.2)."""
_SUCCESS: Mapping[bytes, frozenset[int]] = {
    FIND_CARD: frozenset({Status.OK, Status.FOUND}),
}
"""`OK` for the commands that are not here (DEVICES.md 1.3)."""
_REFUSALS_OF_ONE: Mapping[int, frozenset[bytes]] = {
    Status.FIND_FAILED: frozenset({FIND_CARD}),  # DEVICES.md 1.3
    Status.SELECT_FAILED: frozenset({SELECT_CARD}),
    Status.READ_FAILED: frozenset({READ_CARD, READ_CARD_WITH_FINGERPRINTS, READ_APPENDED_ADDRESS}),
    Status.NO_SUCH_ITEM: frozenset({READ_APPENDED_ADDRESS}),
}
"""Refusals that only these commands can get; every other may answer any command."""


def answers(command: bytes, reply: Reply) -> bool:
    """Can this be the reply to that command, or is it a late one to an earlier command?

    A reply names no command. What tells them apart is which refusals a command can get, and how
    much data its success carries.
    """
    if reply.status in _SUCCESS.get(command, {Status.OK}):
        return len(reply.data) in _DATA_BYTES.get(command, {0})
    if reply.status in {Status.OK, Status.FOUND}:
        return False
    return command in _REFUSALS_OF_ONE.get(reply.status, {command})


@dataclass(frozen=True, slots=True)
class Garbled:
    """Bytes that were no frame and have been passed over."""

    why: str
    """One of `no_preamble`, `length`, `checksum`, `truncated`."""


@dataclass(frozen=True, slots=True)
class CardBlocks:
    """The blocks of a read reply, cut by the lengths the reply itself gives."""

    text: bytes = field(repr=False)
    photo_wlt: bytes = field(repr=False)
    fingerprints: bytes = field(default=b"", repr=False)


def encode(command: bytes, data: bytes = b"") -> bytes:
    """Frame one command: preamble, length, command, data, checksum."""
    counted = struct.pack(">H", len(command) + len(data) + 1) + command + data
    return PREAMBLE + counted + bytes([checksum(counted)])


def checksum(counted: bytes) -> int:
    """XOR of every byte from LEN to the last of the data (DEVICES.md 1.2)."""
    return reduce(xor, counted, 0)


class Decoder:
    """Finds frames in a stream that may hold garbage, halves of frames and several at once.

    Nothing a stream holds makes it raise, or keep more than one longest frame. A true frame is
    found even where a false beginning stands before it, at the latest on `give_up`.
    """

    def __init__(self) -> None:
        self._kept = b""

    def feed(self, data: bytes) -> list[Reply | Garbled]:
        """Take bytes as they come; what they complete, in order."""
        self._kept += data
        found: list[Reply | Garbled] = []
        while (step := self._next()) is not None:
            used, event = step
            self._kept = self._kept[used:]
            found.append(event)
        return found

    @property
    def is_within_frame(self) -> bool:
        """Has a frame begun that is not yet whole?"""
        return self._kept.startswith(PREAMBLE)

    def give_up(self) -> list[Reply | Garbled]:
        """Expect no more bytes for what has begun; what is still found behind its beginning."""
        found: list[Reply | Garbled] = []
        while self._kept:
            began = self._kept.startswith(PREAMBLE)
            used, event = self._pass_over("truncated" if began else "no_preamble")
            self._kept = self._kept[used:] if PREAMBLE in self._kept[used:] else b""
            found += [event, *self.feed(b"")]
        return found

    def _next(self) -> tuple[int, Reply | Garbled] | None:
        """How many bytes are settled and what they were; None when more must come."""
        if PREAMBLE.startswith(self._kept):
            return None
        if not self._kept.startswith(PREAMBLE):
            return self._pass_over("no_preamble")
        body = self._kept[len(PREAMBLE) :]
        if len(body) < 2:
            return None
        (length,) = struct.unpack(">H", body[:2])
        if not _SHORTEST <= length <= LONGEST:
            return self._pass_over("length")
        if len(body) < 2 + length:
            return None
        counted, check = body[: 1 + length], body[1 + length]
        if checksum(counted) != check:
            return self._pass_over("checksum")
        sw1, sw2, status = counted[2:5]
        return len(PREAMBLE) + 2 + length, Reply(sw1, sw2, status, counted[5:])

    def _pass_over(self, why: str) -> tuple[int, Garbled]:
        """Settle everything before the next place where a frame may begin."""
        start = self._kept.find(PREAMBLE, 1)
        if start < 0:
            start = len(self._kept) - _beginning_of_preamble(self._kept[1:])
        return start, Garbled(why)


def _beginning_of_preamble(data: bytes) -> int:
    """How many bytes at the end of `data` may be the beginning of a preamble."""
    for count in range(min(len(PREAMBLE) - 1, len(data)), 0, -1):
        if data.endswith(PREAMBLE[:count]):
            return count
    return 0


def split_read(data: bytes) -> CardBlocks:
    """Cut the data of a `READ_CARD…` reply. Raises ValueError when its lengths do not add up.

    Two lengths stand in front, three when fingerprints were asked for (DEVICES.md 1.4).
    """
    for lengths in (2, 3):
        head = 2 * lengths
        if len(data) >= head:
            sizes = struct.unpack(f">{lengths}H", data[:head])
            if head + sum(sizes) == len(data):
                text, photo = data[head : head + sizes[0]], data[head + sizes[0] :][: sizes[1]]
                return CardBlocks(text, photo, data[head + sizes[0] + sizes[1] :])
    raise ValueError(f"the lengths in a read reply of {len(data)} bytes do not add up")


def sam_id_text(data: bytes) -> str:
    """Write the 16 bytes of `SAM_ID` as they stand on the module (DEVICES.md 1.6)."""
    kind, place, day, serial, check = struct.unpack("<HHIII", data)
    return f"{kind:02d}.{place:02d}-{day}-{serial:010d}-{check:010d}"
