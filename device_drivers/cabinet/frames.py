"""Questions and answers of Modbus RTU: `pymodbus` writes and reads them, we find them in a stream.

MODBUS Application Protocol V1.1b3 and MODBUS over Serial Line V1.02 (modbus.org). Pure.
"""

import struct
from dataclasses import dataclass

from pymodbus.exceptions import ModbusException
from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.pdu.bit_message import (
    ReadCoilsRequest,
    ReadDiscreteInputsRequest,
    WriteSingleCoilRequest,
)
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersRequest,
    ReadInputRegistersRequest,
    WriteSingleRegisterRequest,
)

from device_drivers.cabinet.register_map import Place, Span, Table

_REFUSED = 0x80
"""Application Protocol, section 7: the answer's function code has this bit set."""
_REFUSAL_BYTES = 5
"""Unit, function, exception code, CRC."""
_ECHO_BYTES = 8
"""Sections 6.5 and 6.6: the answer to writing one place repeats the question."""
_READ = {
    Table.COIL: ReadCoilsRequest,
    Table.DISCRETE: ReadDiscreteInputsRequest,
    Table.HOLDING: ReadHoldingRegistersRequest,
    Table.INPUT: ReadInputRegistersRequest,
}
_WRITES = frozenset({5, 6})


@dataclass(frozen=True, slots=True)
class Question:
    """What is sent, and what an answer to it must look like."""

    frame: bytes
    unit: int
    function: int
    answer_bytes: int
    """How long the answer is when it is no refusal."""
    count: int
    """How many bits or registers it holds."""

    @property
    def longest_reply_bytes(self) -> int:
        """What stands before so many bytes is no part of a reply that is still to come."""
        return max(self.answer_bytes, _REFUSAL_BYTES)


@dataclass(frozen=True, slots=True)
class Answer:
    """The bits or registers asked for, or for a write what was written."""

    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """An exception code of section 7; 2, for one, is a place the board does not have."""

    code: int


Reply = Answer | Refusal


def read_span(unit: int, span: Span) -> Question:
    """Ask for a span: functions 1 to 4."""
    request = _READ[span.table](dev_id=unit, address=span.first, count=span.count)
    data_bytes = -(-span.count // 8)
    if not span.table.holds_bits:
        data_bytes = 2 * span.count
    return _question(request, answer_bytes=5 + data_bytes, count=span.count)


def write_place(unit: int, place: Place, value: int) -> Question:
    """Set one coil (function 5) or one holding register (function 6)."""
    if place.table is Table.COIL:
        bit = WriteSingleCoilRequest(dev_id=unit, address=place.address, bits=[value != 0])
        return _question(bit, answer_bytes=_ECHO_BYTES, count=1)
    if place.table is not Table.HOLDING:
        raise ValueError(f"{place} cannot be written")
    register = WriteSingleRegisterRequest(dev_id=unit, address=place.address, registers=[value])
    return _question(register, answer_bytes=_ECHO_BYTES, count=1)


def find_reply(stream: bytes, question: Question) -> Reply | None:
    """Find the answer in what came so far, whatever stands before or behind it; None: not there.

    pymodbus's own framer waits for the rest of a frame that noise pretends to begin, and throws
    everything away at the first wrong CRC; here each byte may be the first one, and only a right
    CRC, unit, function and length make an answer.
    """
    for start in range(len(stream)):
        for size in (question.answer_bytes, _REFUSAL_BYTES):
            frame = stream[start : start + size]
            if len(frame) == size and _is_frame(frame):
                reply = _reply(frame, question)
                if reply is not None:
                    return reply
    return None


def _question(request: ModbusPDU, *, answer_bytes: int, count: int) -> Question:
    frame = FramerRTU(DecodePDU(True)).buildFrame(request)
    return Question(frame, request.dev_id, request.function_code, answer_bytes, count)


def _is_frame(frame: bytes) -> bool:
    """Serial Line V1.02, section 6.2.2: CRC over all but its own two bytes, low byte first."""
    (crc,) = struct.unpack(">H", frame[-2:])  # pymodbus swaps the two bytes itself
    return FramerRTU.check_CRC(frame[:-2], crc)


def _reply(frame: bytes, question: Question) -> Reply | None:
    if frame[0] != question.unit or frame[1] & ~_REFUSED != question.function:
        return None
    is_refusal = bool(frame[1] & _REFUSED)
    if len(frame) != (_REFUSAL_BYTES if is_refusal else question.answer_bytes):
        return None
    if is_refusal:
        return Refusal(frame[2])
    if question.function in _WRITES:
        # another place or value written is the answer to an older question
        return Answer(()) if frame == question.frame else None
    try:
        decoded = DecodePDU(False).decode(frame[1:-2])
    except (ModbusException, ValueError, IndexError, struct.error):
        return None
    if decoded is None:
        return None
    values = tuple(int(each) for each in (decoded.bits or decoded.registers))
    return Answer(values[: question.count]) if len(values) >= question.count else None
