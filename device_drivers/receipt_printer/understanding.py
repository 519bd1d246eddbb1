"""What the printer's status bytes mean, from whichever of three sources they come. Pure.

DLE EOT 1 to 4 and GS a: DEVICES.md 4.3; DLE EOT 20 of the Custom family: 4.4; their bits are in
`status_bits`. What was not said stays unknown, never "out" and never "fine".
"""

from dataclasses import dataclass
from typing import TypeVar

from device_drivers.errors import FaultCode
from device_drivers.receipt_printer.interface import (
    CoverStatus,
    CutterStatus,
    PaperStatus,
    PrinterStatus,
    TicketStatus,
)
from device_drivers.receipt_printer.status_bits import (
    FIXED_BITS,
    OF_AUTOMATIC,
    AutomaticPrinterBits,
    ErrorBits,
    FullPaperBits,
    FullRecoverableBits,
    FullUserBits,
    OfflineBits,
    PaperBits,
    PrinterBits,
    RollBits,
)
from device_drivers.receipt_printer.status_bytes import (
    AUTOMATIC_STATUS_BYTES,
    FULL_STATUS_BYTES,
    FULL_STATUS_HEAD,
)
from device_drivers.status import DeviceStatus

_Word = TypeVar("_Word")

_BROKEN = ErrorBits.MECHANICAL | ErrorBits.UNRECOVERABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The answer bytes of one round; None where none came."""

    printer: int | None = None
    offline_cause: int | None = None
    error_cause: int | None = None
    paper: int | None = None
    full: bytes | None = None
    """DLE EOT 20, of printers of the Custom family."""

    @property
    def are_complete(self) -> bool:
        """Did all four questions get an answer?"""
        return None not in (self.printer, self.offline_cause, self.error_cause, self.paper)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Findings:
    """What one source says; None where it says nothing."""

    is_complete: bool = False
    offline: bool = False
    paper: PaperStatus = PaperStatus.UNKNOWN
    cover_open: bool | None = None
    cutter_stuck: bool | None = None
    broken: bool = False
    hot: bool = False
    ticket: TicketStatus = TicketStatus.UNKNOWN


def understand(answers: Answers) -> PrinterStatus:
    """What DLE EOT 1 to 4 say, and of the presenter DLE EOT 20 where it was asked."""
    offline, error, paper = answers.offline_cause, answers.error_cause, answers.paper
    full = _of_full_status(answers.full)
    asked = (answers.printer, offline, error, paper)
    shown = " ".join("--" if byte is None else f"{byte:02X}" for byte in asked)
    is_out = _has(paper, PaperBits.OUT) or _has(offline, OfflineBits.PAPER_END)
    is_low = _has(paper, PaperBits.NEAR_END)
    findings = _Findings(
        is_complete=answers.are_complete,
        offline=_has(answers.printer, PrinterBits.OFFLINE),
        paper=_paper(is_known=paper is not None or is_out, is_out=is_out, is_low=is_low),
        cover_open=_bit(offline, OfflineBits.COVER_OPEN),
        cutter_stuck=_bit(error, ErrorBits.CUTTER),
        hot=_has(error, ErrorBits.AUTO_RECOVERABLE) or full.hot,
        broken=_has(error, _BROKEN) or _has(offline, OfflineBits.ERROR) or full.broken,
        ticket=full.ticket,
    )
    is_fatal = _has(error, ErrorBits.UNRECOVERABLE)
    return _report(findings, f"DLE EOT 1..4: {shown}", is_fatal=is_fatal)


def understand_automatic(frame: bytes | None) -> PrinterStatus:
    """What a report of GS a says; all unknown for None and for what is no report."""
    is_whole = frame is not None and len(frame) == AUTOMATIC_STATUS_BYTES
    if frame is None or not is_whole or frame[0] & FIXED_BITS != OF_AUTOMATIC:
        return _report(_Findings(), "GS a: --")
    printer, errors, paper = frame[:3]
    findings = _Findings(
        is_complete=True,
        offline=_has(printer, AutomaticPrinterBits.OFFLINE),
        paper=_paper(
            is_known=True,
            is_out=_has(paper, RollBits.OUT),
            is_low=_has(paper, RollBits.NEAR_END),
        ),
        cover_open=_has(printer, AutomaticPrinterBits.COVER_OPEN),
        cutter_stuck=_has(errors, ErrorBits.CUTTER),
        broken=_has(errors, _BROKEN),
        hot=_has(errors, ErrorBits.AUTO_RECOVERABLE),
    )
    is_fatal = _has(errors, ErrorBits.UNRECOVERABLE)
    return _report(findings, f"GS a: {frame.hex(' ').upper()}", is_fatal=is_fatal)


def understand_full(frame: bytes | None) -> PrinterStatus:
    """What DLE EOT 20 alone says; all unknown for None and for what is no full status."""
    shown = "--" if frame is None else frame.hex(" ").upper()
    return _report(_of_full_status(frame), f"DLE EOT 20: {shown}")


def _of_full_status(frame: bytes | None) -> _Findings:
    """Bytes 3 to 6: paper, user, recoverable, unrecoverable (4.4).

    The last byte's bits differ by model: one set is a broken part, and which is not said.
    """
    if frame is None or len(frame) != FULL_STATUS_BYTES or frame[:2] != FULL_STATUS_HEAD:
        return _Findings()
    paper, user, recoverable, unrecoverable = frame[2:]
    is_in_mouth = _has(paper, FullPaperBits.TICKET_IN_MOUTH)
    return _Findings(
        is_complete=True,
        paper=_paper(
            is_known=True,
            is_out=_has(paper, FullPaperBits.OUT),
            is_low=_has(paper, FullPaperBits.NEAR_END | FullPaperBits.VIRTUAL_END),
        ),
        cover_open=_has(user, FullUserBits.HEAD_UP | FullUserBits.COVER_OPEN),
        cutter_stuck=None if unrecoverable else False,
        broken=unrecoverable != 0 or _has(recoverable, FullRecoverableBits.VOLTAGE),
        hot=_has(recoverable, FullRecoverableBits.HEAD_HOT),
        ticket=TicketStatus.PRESENT if is_in_mouth else TicketStatus.NOT_PRESENT,
    )


def _report(findings: _Findings, detail: str, *, is_fatal: bool = False) -> PrinterStatus:
    fault = _fault(findings, is_fatal=is_fatal)
    return PrinterStatus(
        device=_device(findings, fault),
        fault=fault,
        detail=detail,
        paper=findings.paper,
        cover=_word(findings.cover_open, CoverStatus.OPEN, CoverStatus.CLOSED, CoverStatus.UNKNOWN),
        cutter=_word(
            findings.cutter_stuck, CutterStatus.STUCK, CutterStatus.OK, CutterStatus.UNKNOWN
        ),
        ticket=findings.ticket,
    )


def _device(findings: _Findings, fault: FaultCode | None) -> DeviceStatus:
    if not findings.is_complete:
        return DeviceStatus.UNKNOWN
    if fault in (FaultCode.PAPER_OUT, FaultCode.COVER_OPEN):
        return DeviceStatus.USER_ERROR
    if fault is not None:
        return DeviceStatus.HARDWARE_ERROR
    return DeviceStatus.OFFLINE if findings.offline else DeviceStatus.ONLINE


def _fault(findings: _Findings, *, is_fatal: bool) -> FaultCode | None:
    """The first cause a technician must see to; the cover hides what lies under it."""
    if findings.cover_open:
        return FaultCode.COVER_OPEN
    if findings.paper is PaperStatus.OUT:
        return FaultCode.PAPER_OUT
    if findings.cutter_stuck:
        return FaultCode.CUTTER_STUCK
    if is_fatal:
        return FaultCode.BROKEN_PART
    if findings.hot:
        return FaultCode.HEAD_HOT
    return FaultCode.BROKEN_PART if findings.broken else None


def _paper(*, is_known: bool, is_out: bool, is_low: bool) -> PaperStatus:
    if not is_known:
        return PaperStatus.UNKNOWN
    if is_out:
        return PaperStatus.OUT
    return PaperStatus.LOW if is_low else PaperStatus.FULL


def _word(said: bool | None, yes: _Word, no: _Word, unknown: _Word) -> _Word:
    if said is None:
        return unknown
    return yes if said else no


def _bit(byte: int | None, mask: int) -> bool | None:
    return None if byte is None else byte & mask != 0


def _has(byte: int | None, mask: int) -> bool:
    return byte is not None and byte & mask != 0
