"""The document printer (文书打印机) in the citizen's terms: a PDF becomes pages of A4."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from device_drivers.device import Device
from device_drivers.status import StatusReport


class PaperStatus(StrEnum):
    """XFS4IoT Printer.paper."""

    FULL = "full"
    LOW = "low"
    OUT = "out"
    JAMMED = "jammed"
    UNKNOWN = "unknown"


class TonerStatus(StrEnum):
    """XFS4IoT Printer.toner."""

    FULL = "full"
    LOW = "low"
    OUT = "out"
    UNKNOWN = "unknown"


class DoorStatus(StrEnum):
    """Are the printer's doors and covers closed?"""

    CLOSED = "closed"
    OPEN = "open"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentPrinterStatus(StatusReport):
    """What the printer says of itself; what it does not say stays `unknown`."""

    paper: PaperStatus = PaperStatus.UNKNOWN
    toner: TonerStatus = TonerStatus.UNKNOWN
    door: DoorStatus = DoorStatus.UNKNOWN
    toner_percent: int | None = None
    """What is left in the emptiest cartridge, where the printer measures it."""

    def parts(self) -> dict[str, str]:
        """The parts by their XFS4IoT words."""
        return {
            "paper": self.paper.value,
            "toner": self.toner.value,
            "door": self.door.value,
        }


class JobState(StrEnum):
    """How far a job is; the words of IPP's `job-state` (RFC 8011, 5.3.7)."""

    PENDING = "pending"
    HELD = "pending-held"
    PROCESSING = "processing"
    STOPPED = "processing-stopped"
    CANCELED = "canceled"
    ABORTED = "aborted"
    COMPLETED = "completed"
    UNKNOWN = "unknown"
    """Nobody answers, or with a word that is none of these."""

    @property
    def is_final(self) -> bool:
        """True when nothing more of the job can come on paper."""
        return self in {JobState.CANCELED, JobState.ABORTED, JobState.COMPLETED}


@dataclass(frozen=True, slots=True)
class JobProgress:
    """How a job stands now."""

    state: JobState
    pages: int
    """Pages the printer says are out."""


@dataclass(frozen=True, slots=True)
class Printed:
    """The printer said that the job is complete."""

    pages: int


@dataclass(frozen=True, slots=True)
class NotPrinted:
    """Nothing of this job is or will be on paper; printing it later doubles nothing."""

    why: str
    """The fault code's value that stood in the way, such as `D301`."""


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """The job was given away and nobody knows how it ended; a reprint could double a paper."""

    why: str
    pages: int = 0
    """Pages that are out for certain."""


DocumentOutcome = Printed | NotPrinted | Unconfirmed


class DocumentPrinter(Device, Protocol):
    """One printer. Its methods are called by one task at a time."""

    async def connect(self) -> None:
        """See that print service and printer answer. Raises DeviceFault."""

    async def close(self) -> None:
        """Let go of it. Safe to call twice, and after a fault."""

    async def status(self) -> DocumentPrinterStatus:
        """Ask now; answers within 1 s. Never raises: absence is a status."""

    async def print_document(
        self, pdf: bytes, *, title: str, on_progress: Callable[[JobProgress], None]
    ) -> DocumentOutcome:
        """Print one PDF, single-sided. Never raises for paper, toner or cable: see the outcome.

        `title` is seen in the queue and must name nobody: letters, digits and `-` only. Raises
        ValueError, before anything is sent, for another title and for bytes that are no PDF.
        Cancelling withdraws the job; `on_progress` is told how it stood at the end, and a page
        that was under way comes out whole.
        """
