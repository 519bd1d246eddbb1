"""What IPP attributes mean for a kiosk: printer and job states as values. Pure.

Sources: RFC 8011 5.3.7 (job-state), 5.3.8 (job-state-reasons), 5.4.11 (printer-state), 5.4.12
(printer-state-reasons); PWG 5100.13 6.6 (printer-supply); RFC 3805 for the words in it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from device_drivers.document_printer.interface import (
    DocumentPrinterStatus,
    DoorStatus,
    JobState,
    PaperStatus,
    TonerStatus,
)
from device_drivers.document_printer.ipp import Attributes
from device_drivers.errors import FaultCode
from device_drivers.status import DeviceStatus

PRINTER_ATTRIBUTES = (
    "printer-state",
    "printer-state-reasons",
    "printer-is-accepting-jobs",
    "printer-supply",
)
JOB_ATTRIBUTES = (
    "job-id",
    "job-name",
    "job-state",
    "job-state-reasons",
    "job-impressions-completed",
    "job-media-sheets-completed",
)

_SEVERITIES = ("-report", "-warning", "-error")
"""RFC 8011, 5.4.12: they end the keyword and say how bad it is; none is as good as `-error`.

Whether there is paper does not depend on it: ippeveprinter 2.4.2 calls an empty tray a report while
it is idle and a warning while a job waits for it.
"""

_OUT = frozenset({"media-empty", "media-needed", "input-tray-missing"})
_LOW = frozenset({"media-low"})
_JAM = frozenset({"media-jam"})
_TONER_OUT = frozenset({"toner-empty", "marker-supply-empty", "marker-supply-missing"})
_TONER_LOW = frozenset({"toner-low", "marker-supply-low"})
_OPEN = frozenset({"door-open", "cover-open", "interlock-open"})
_AWAY = frozenset({"offline", "shutdown", "timed-out", "connecting-to-device"})
_STOPPED_BY_HAND = frozenset({"paused", "moving-to-paused"})

_STATE_IDLE, _STATE_PROCESSING, _STATE_STOPPED = 3, 4, 5
"""printer-state."""

_JOB_STATES = {
    3: JobState.PENDING,
    4: JobState.HELD,
    5: JobState.PROCESSING,
    6: JobState.STOPPED,
    7: JobState.CANCELED,
    8: JobState.ABORTED,
    9: JobState.COMPLETED,
}


@dataclass(frozen=True, slots=True)
class JobSeen:
    """One job, as the print service or the printer tells it."""

    number: int
    state: JobState
    pages: int | None
    """Impressions completed; None where nothing is said of them, which is not "none"."""


def understand_printer(attributes: Attributes) -> DocumentPrinterStatus:
    """The status in a printer's own attributes; without the two that count, all is unknown."""
    state = attributes.get("printer-state", (None,))[0]
    said = attributes.get("printer-state-reasons", ())
    reasons = [reason for reason in said if isinstance(reason, str) and reason]
    if state not in {_STATE_IDLE, _STATE_PROCESSING, _STATE_STOPPED} or not reasons:
        return DocumentPrinterStatus(
            device=DeviceStatus.UNKNOWN, detail="the printer tells no printer-state"
        )
    words = {_bare(reason) for reason in reasons}
    paper, toner, door = _paper(words), _toner(words), _door(words)
    fault = _fault(paper, toner, door) or _other_fault(reasons)
    is_shut = attributes.get("printer-is-accepting-jobs") == (False,)
    return DocumentPrinterStatus(
        device=_device(
            state == _STATE_STOPPED or is_shut, state == _STATE_PROCESSING, words, fault
        ),
        fault=fault,
        detail=", ".join([*sorted(words - {"none"}), *(["takes no jobs"] if is_shut else [])]),
        paper=paper,
        toner=toner,
        door=door,
        toner_percent=_toner_percent(attributes),
    )


def understand_queue(state: object, reasons: Iterable[str]) -> DocumentPrinterStatus:
    """The status in a CUPS queue whose printer cannot be asked (USB, a vendor's driver).

    CUPS repeats what the last job's backend heard. Trouble is told, its absence proves nothing: a
    part that nobody complains of is unknown.
    """
    words = {_bare(reason) for reason in reasons}
    paper, toner, door = _paper(words), _toner(words), _door(words)
    fault = _fault(paper, toner, door)
    return DocumentPrinterStatus(
        device=_device(state == _STATE_STOPPED, state == _STATE_PROCESSING, words, fault),
        fault=fault,
        detail="by CUPS alone: " + (", ".join(sorted(words - {"none"})) or "no complaint"),
        paper=PaperStatus.UNKNOWN if paper is PaperStatus.FULL else paper,
        toner=TonerStatus.UNKNOWN if toner is TonerStatus.FULL else toner,
        door=DoorStatus.UNKNOWN if door is DoorStatus.CLOSED else door,
    )


def understand_job(attributes: Mapping[str, object]) -> JobSeen:
    """One job out of its attributes, each a value or a tuple of values."""
    counted = [
        max(0, pages)
        for name in ("job-impressions-completed", "job-media-sheets-completed")
        if (pages := _number(attributes.get(name))) is not None
    ]
    return JobSeen(
        number=_number(attributes.get("job-id")) or 0,
        state=_JOB_STATES.get(_number(attributes.get("job-state")) or 0, JobState.UNKNOWN),
        pages=max(counted, default=None),
    )


def _number(value: object) -> int | None:
    first = value[0] if isinstance(value, tuple) and value else value
    return first if isinstance(first, int) else None


def _bare(reason: str) -> str:
    for severity in _SEVERITIES:
        reason = reason.removesuffix(severity)
    return reason


def _paper(words: set[str]) -> PaperStatus:
    if words & _JAM:
        return PaperStatus.JAMMED
    if words & _OUT:
        return PaperStatus.OUT
    return PaperStatus.LOW if words & _LOW else PaperStatus.FULL


def _toner(words: set[str]) -> TonerStatus:
    if words & _TONER_OUT:
        return TonerStatus.OUT
    return TonerStatus.LOW if words & _TONER_LOW else TonerStatus.FULL


def _door(words: set[str]) -> DoorStatus:
    return DoorStatus.OPEN if words & _OPEN else DoorStatus.CLOSED


def _fault(paper: PaperStatus, toner: TonerStatus, door: DoorStatus) -> FaultCode | None:
    """What a technician sees to first: nothing can be cleared behind a closed door."""
    if door is DoorStatus.OPEN:
        return FaultCode.DOOR_OPEN
    if paper is PaperStatus.JAMMED:
        return FaultCode.TICKET_JAMMED
    if paper is PaperStatus.OUT:
        return FaultCode.PAPER_OUT
    return FaultCode.TONER_OUT if toner is TonerStatus.OUT else None


def _other_fault(reasons: Iterable[str]) -> FaultCode | None:
    """An error of a kind not in the tables, such as `fuser-over-temp-error`."""
    known = _AWAY | _STOPPED_BY_HAND
    errors = [each for each in reasons if each.endswith("-error")]
    return FaultCode.BROKEN_PART if any(_bare(each) not in known for each in errors) else None


def _device(
    is_stopped: bool, is_processing: bool, words: set[str], fault: FaultCode | None
) -> DeviceStatus:
    if fault is FaultCode.BROKEN_PART:
        return DeviceStatus.HARDWARE_ERROR
    if fault is not None:
        return DeviceStatus.USER_ERROR
    if is_stopped or words & (_AWAY | _STOPPED_BY_HAND):
        return DeviceStatus.OFFLINE
    return DeviceStatus.DEVICE_BUSY if is_processing else DeviceStatus.ONLINE


def _toner_percent(attributes: Attributes) -> int | None:
    """The lowest level among supplies that are used up; waste boxes fill, and are none of them."""
    levels = []
    for supply in attributes.get("printer-supply", ()):
        if not isinstance(supply, str):
            continue
        fields = dict(pair.split("=", 1) for pair in supply.split(";") if "=" in pair)
        capacity, level = fields.get("maxcapacity", ""), fields.get("level", "")
        if fields.get("class") != "supplyThatIsConsumed" or not _are_digits(capacity, level):
            continue
        if int(capacity) > 0:
            levels.append(min(100, int(level) * 100 // int(capacity)))
    return min(levels, default=None)


def _are_digits(*texts: str) -> bool:
    """Levels below zero mean "not measured" (RFC 3805, prtMarkerSuppliesLevel)."""
    return all(text.isascii() and text.isdigit() and len(text) <= 9 for text in texts)
