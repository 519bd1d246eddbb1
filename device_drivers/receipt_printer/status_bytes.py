"""The printer's status bytes: questions, answers, and what they mean (DEVICES.md 4.3, 4.4).

Pure. Each answer is told from the others by its fixed bits, so that a late or unasked-for byte is
never taken for an answer to something else; automatic status, whose later bytes have no such bits,
is known by its first byte and swallowed as the unit of four it is.
"""

from dataclasses import dataclass
from enum import IntEnum

from device_drivers.errors import FaultCode
from device_drivers.receipt_printer.interface import (
    CoverStatus,
    CutterStatus,
    PaperStatus,
    PrinterStatus,
    TicketStatus,
)
from device_drivers.status import DeviceStatus


class Question(IntEnum):
    """n of DLE EOT n (DEVICES.md 4.3)."""

    PRINTER = 1
    OFFLINE_CAUSE = 2
    ERROR_CAUSE = 3
    PAPER = 4


PRESENTER_FRAME_BYTES = 6
_PRESENTER_HEAD = b"\x10\x0f"
"""DLE EOT 20 is answered by 10 0F and four bytes (DEVICES.md 4.4)."""


def ask(question: Question) -> bytes:
    """DLE EOT n."""
    return b"\x10\x04" + bytes([question])


ASK_PRESENTER = b"\x10\x04\x14"
"""DLE EOT 20, of printers with a presenter only."""


@dataclass(frozen=True, slots=True)
class RealTimeAnswer:
    """The answer to DLE EOT 1..4."""

    byte: int


@dataclass(frozen=True, slots=True)
class PresenterAnswer:
    """The answer to DLE EOT 20."""

    frame: bytes


@dataclass(frozen=True, slots=True)
class EndOfJob:
    """The answer to GS r 1: what was sent before it has been executed."""


Heard = RealTimeAnswer | PresenterAnswer | EndOfJob


class Hearing:
    """Parts what a printer sends into answers, whatever the pieces it comes in. One a connection.

    Automatic status (GS a, DEVICES.md 4.3) may come unasked at any moment, when paper ends in the
    middle of a job for one. Its bytes 2 to 4 look just like the answer to GS r 1, so three such
    bytes after its first one are never taken for the end of a job, whatever comes in between.
    """

    def __init__(self, *, has_presenter: bool = False) -> None:
        self._has_presenter = has_presenter
        self._automatic_left = 0
        """Bytes of an automatic status still to come."""
        self._last = 0
        self._presenter = b""
        """What has come of a presenter's answer."""

    def hear(self, data: bytes) -> list[Heard]:
        """The answers that are complete with `data`, in their order; noise is left out."""
        return [answer for byte in data if (answer := self._one(byte)) is not None]

    def forget_half(self) -> None:
        """What is missing of a unit was lost: for when the line has been quiet for long enough."""
        self._automatic_left = 0
        self._presenter = b""

    def _one(self, byte: int) -> Heard | None:
        last, self._last = self._last, byte
        if self._presenter:
            return self._more_of_presenter(byte)
        if self._has_presenter and bytes([last, byte]) == _PRESENTER_HEAD:
            # no automatic status: its second byte has bits 0 and 1 clear
            self._automatic_left = 0
            self._presenter = _PRESENTER_HEAD
            return None
        if byte & 0x93 == 0x10:  # first byte of automatic status
            self._automatic_left = 3
            return None
        if byte & 0x93 == 0x12:  # DLE EOT 1..4: bits 0 and 7 clear, 1 and 4 set
            return RealTimeAnswer(byte)
        if byte & 0x90:
            return None
        if self._automatic_left:
            self._automatic_left -= 1
            return None
        return EndOfJob()  # GS r 1: bits 4 and 7 clear

    def _more_of_presenter(self, byte: int) -> PresenterAnswer | None:
        self._presenter += bytes([byte])
        if len(self._presenter) < PRESENTER_FRAME_BYTES:
            return None
        frame, self._presenter = self._presenter, b""
        self._last = 0
        return PresenterAnswer(frame)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The answer bytes of one round; None where none came."""

    printer: int | None = None
    offline_cause: int | None = None
    error_cause: int | None = None
    paper: int | None = None
    presenter: bytes | None = None

    @property
    def are_complete(self) -> bool:
        """Did all four questions get an answer?"""
        return None not in (self.printer, self.offline_cause, self.error_cause, self.paper)


def _has(byte: int | None, mask: int) -> bool:
    return byte is not None and byte & mask != 0


def understand(answers: Answers) -> PrinterStatus:
    """What the bytes say; what was not answered stays unknown, never "out" and never "fine"."""
    fault = _fault(answers)
    return PrinterStatus(
        device=_device(answers, fault),
        fault=fault,
        detail=_detail(answers),
        paper=_paper(answers),
        cover=_cover(answers),
        cutter=_cutter(answers),
        ticket=_ticket(answers),
    )


def _device(answers: Answers, fault: FaultCode | None) -> DeviceStatus:
    if not answers.are_complete:
        return DeviceStatus.UNKNOWN
    if fault in (FaultCode.PAPER_OUT, FaultCode.COVER_OPEN):
        return DeviceStatus.USER_ERROR
    if fault is not None:
        return DeviceStatus.HARDWARE_ERROR
    return DeviceStatus.OFFLINE if _has(answers.printer, 0x08) else DeviceStatus.ONLINE


def _fault(answers: Answers) -> FaultCode | None:
    """The first cause a technician must see to; the cover hides what lies under it."""
    if _has(answers.offline_cause, 0x04):
        return FaultCode.COVER_OPEN
    if _has(answers.paper, 0x60) or _has(answers.offline_cause, 0x20):
        return FaultCode.PAPER_OUT
    if _has(answers.error_cause, 0x08):
        return FaultCode.CUTTER_STUCK
    if _has(answers.error_cause, 0x20):
        return FaultCode.BROKEN_PART
    if _has(answers.error_cause, 0x40):
        return FaultCode.HEAD_HOT
    if _has(answers.error_cause, 0x04) or _has(answers.offline_cause, 0x40):
        return FaultCode.BROKEN_PART
    return None


def _paper(answers: Answers) -> PaperStatus:
    if answers.paper is None:
        return PaperStatus.UNKNOWN
    if _has(answers.paper, 0x60) or _has(answers.offline_cause, 0x20):
        return PaperStatus.OUT
    return PaperStatus.LOW if _has(answers.paper, 0x0C) else PaperStatus.FULL


def _cover(answers: Answers) -> CoverStatus:
    if answers.offline_cause is None:
        return CoverStatus.UNKNOWN
    return CoverStatus.OPEN if _has(answers.offline_cause, 0x04) else CoverStatus.CLOSED


def _cutter(answers: Answers) -> CutterStatus:
    if answers.error_cause is None:
        return CutterStatus.UNKNOWN
    return CutterStatus.STUCK if _has(answers.error_cause, 0x08) else CutterStatus.OK


def _ticket(answers: Answers) -> TicketStatus:
    frame = answers.presenter
    if frame is None or len(frame) != PRESENTER_FRAME_BYTES or frame[:2] != _PRESENTER_HEAD:
        return TicketStatus.UNKNOWN
    return TicketStatus.PRESENT if frame[2] & 0x20 else TicketStatus.NOT_PRESENT


def _detail(answers: Answers) -> str:
    asked = (answers.printer, answers.offline_cause, answers.error_cause, answers.paper)
    shown = " ".join("--" if byte is None else f"{byte:02X}" for byte in asked)
    return f"DLE EOT 1..4: {shown}"
