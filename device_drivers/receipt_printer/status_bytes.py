"""The printer's status bytes: questions, answers, and what they mean (DEVICES.md 4.3, 4.4).

Pure. Each answer is told from the others by its fixed bits, so that a late or unasked-for byte is
never taken for an answer to something else.
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


def is_real_time_answer(byte: int) -> bool:
    """One byte of a DLE EOT 1..4 answer: bits 0 and 7 clear, 1 and 4 set."""
    return byte & 0x93 == 0x12


def is_end_of_job_answer(byte: int) -> bool:
    """The byte GS r 1 is answered by: bits 4 and 7 clear."""
    return byte & 0x90 == 0


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
