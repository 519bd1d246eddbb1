"""Zebra's Simple Serial Interface (SSI): packets with a checksum, each of which wants an answer.

A packet is `length | opcode | source | status | data | checksum`; the length counts all but the
checksum, which is the two's complement of the sum of what it counts, high byte first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from device_drivers.qr_scanner.framing.arrival import (
    LONGEST_CODE,
    Answered,
    Arrival,
    CodeArrived,
    Noise,
    ReplyDue,
)

# DEVICES.md 5.1, "Zebra SSI"
DECODER = 0x00
_HOST = 0x04
CMD_ACK = 0xD0
CMD_NAK = 0xD1
FLUSH_QUEUE = 0xD2
START_SESSION = 0xE4
STOP_SESSION = 0xE5
SCAN_ENABLE = 0xE9
DECODE_DATA = 0xF3

# SSI Programmer's Guide 72E-40451, packet format: status bits and reasons of a NAK
_FIRST_TIME = 0x00
_RETRANSMITTED = 0x01
"""Must be set in whatever is sent again, by either side."""
_CONTINUES = 0x02
_RESEND = 0x01

_DECODERS_OR_NONE = (b"", bytes([DECODER]))
"""What stands at the source's place in a packet of the scanner's, whole or just begun."""
_HEADER_BYTES = 4
CHECKSUM_BYTES = 2

SYMBOLOGIES: Mapping[int, str] = {
    # SSI Programmer's Guide 72E-40451, table of code types of DECODE_DATA
    0x01: "code39",
    0x02: "codabar",
    0x03: "code128",
    0x06: "itf",
    0x07: "code93",
    0x08: "ean13",
    0x0A: "ean8",
    0x0B: "ean13",
    0x0F: "code128",
    0x11: "pdf417",
    0x1B: "datamatrix",
    0x1C: "qr",
    0x25: "maxicode",
    0x2D: "aztec",
    0x30: "databar",
    0x31: "databar",
    0x32: "databar",
}


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet whose checksum is right."""

    opcode: int
    source: int
    status: int
    data: bytes = field(repr=False)

    @property
    def is_retransmitted(self) -> bool:
        """Has it been sent before?"""
        return bool(self.status & _RETRANSMITTED)

    @property
    def continues(self) -> bool:
        """Does its message go on in the next packet?"""
        return bool(self.status & _CONTINUES)


def checksum(counted: bytes) -> bytes:
    """The two's complement of the sum, as two bytes."""
    return (-sum(counted) % 65536).to_bytes(CHECKSUM_BYTES, "big")


def encode(opcode: int, data: bytes = b"", *, status: int = _FIRST_TIME) -> bytes:
    """A packet of the host's."""
    counted = bytes([_HEADER_BYTES + len(data), opcode, _HOST, status]) + data
    return counted + checksum(counted)


def decode(frame: bytes) -> Packet | None:
    """The packet these bytes are, all of them; None where they are none."""
    if len(frame) < _HEADER_BYTES + CHECKSUM_BYTES:
        return None
    counted, check = frame[:-CHECKSUM_BYTES], frame[-CHECKSUM_BYTES:]
    if counted[0] != len(counted) or checksum(counted) != check:
        return None
    return Packet(counted[1], counted[2], counted[3], counted[_HEADER_BYTES:])


QUESTION = encode(SCAN_ENABLE)
"""Answered by every SSI scanner; a scanner may read, which it does anyway once it is asked."""


class SsiFraming:
    """Packets found by length, source and checksum; each acknowledged, a spoilt one asked again.

    A message may go on over packets; each of them begins with the code type again. What was sent
    twice because our acknowledgement was lost counts once.
    """

    begin: tuple[bytes, ...] = (encode(SCAN_ENABLE), encode(START_SESSION))
    end: tuple[bytes, ...] = (encode(STOP_SESSION),)
    discard: tuple[bytes, ...] = (encode(FLUSH_QUEUE),)
    is_answering: bool = True
    questions: tuple[bytes, ...] = (QUESTION,)
    ends_by_silence: bool = True

    def __init__(self) -> None:
        self._stream = b""
        self._message = b""
        self._type: int | None = None
        self._is_spoilt = False
        self._last: bytes | None = None
        """The data of the packet taken last, to know it again."""

    @property
    def is_waiting(self) -> bool:
        """Has a packet begun, or was one spoilt?"""
        return bool(self._stream) or self._is_spoilt

    def take(self, data: bytes) -> list[Arrival]:
        """Every packet that ends here; bytes between packets are noise."""
        self._stream += data
        arrivals: list[Arrival] = []
        start = skipped = 0
        while start < len(self._stream):
            size = self._stream[start] + CHECKSUM_BYTES
            source = self._stream[start + 2 : start + 3]
            is_header = size >= _HEADER_BYTES + CHECKSUM_BYTES and source in _DECODERS_OR_NONE
            if is_header and len(self._stream) - start < size:
                break
            packet = decode(self._stream[start : start + size]) if is_header else None
            if packet is None:
                self._is_spoilt = self._is_spoilt or is_header
                start, skipped = start + 1, skipped + 1
                continue
            self._is_spoilt = False
            arrivals += self._packet(packet)
            start += size
        self._stream = self._stream[start:]
        if skipped:
            arrivals.append(Noise(skipped))
        return arrivals

    def pause(self) -> list[Arrival]:
        """What has begun and stays half is noise, but for a whole packet behind it.

        Where a packet was spoilt and none came after it, the scanner is asked once to repeat. A
        message whose next packet stays away goes on waiting for it.
        """
        arrivals: list[Arrival] = []
        while self._stream:
            self._is_spoilt = True
            stream, self._stream = self._stream, b""
            arrivals += [Noise(1), *self.take(stream[1:])]
        if self._is_spoilt:
            self._is_spoilt = False
            arrivals.append(ReplyDue(encode(CMD_NAK, bytes([_RESEND]))))
        return arrivals

    def forget(self) -> None:
        """Drop what has begun, a message over packets with it; what is sent again is known."""
        self._stream, self._message, self._type, self._is_spoilt = b"", b"", None, False

    def again(self, command: bytes) -> bytes:
        """Marked as sent before, so that it is not obeyed twice where only the answer was lost."""
        first = decode(command)
        if first is None:
            return command
        return encode(first.opcode, first.data, status=_RETRANSMITTED)

    def _packet(self, packet: Packet) -> list[Arrival]:
        if packet.opcode in {CMD_ACK, CMD_NAK}:
            return [Answered(packet.opcode == CMD_ACK)]
        acknowledgement = ReplyDue(encode(CMD_ACK))  # every packet wants one, whatever it is
        if packet.opcode == DECODE_DATA:
            return [acknowledgement, *self._decoded(packet)]
        return [acknowledgement]

    def _decoded(self, packet: Packet) -> list[Arrival]:
        if packet.is_retransmitted and packet.data == self._last:
            return []
        self._last = packet.data
        if not packet.data:
            return []
        if self._type is None:
            self._type = packet.data[0]
        self._message += packet.data[1 if packet.data[0] == self._type else 0 :]
        if packet.continues and len(self._message) <= LONGEST_CODE:
            return []
        message, symbology = self._message, SYMBOLOGIES.get(self._type, "unknown")
        self._message, self._type = b"", None
        if len(message) > LONGEST_CODE:
            return [Noise(len(message))]
        return [CodeArrived(message, symbology)] if message else []
