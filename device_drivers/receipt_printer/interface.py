"""The receipt printer (凭条打印机) in the citizen's terms: a receipt is a small document."""

from collections.abc import Callable
from dataclasses import dataclass, field
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


class CoverStatus(StrEnum):
    """Is the cover closed?"""

    CLOSED = "closed"
    OPEN = "open"
    UNKNOWN = "unknown"


class CutterStatus(StrEnum):
    """Does the cutter work?"""

    OK = "ok"
    STUCK = "stuck"
    UNKNOWN = "unknown"


class TicketStatus(StrEnum):
    """Is paper waiting in the mouth? Only printers with a presenter know."""

    NOT_PRESENT = "notPresent"
    PRESENT = "present"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterStatus(StatusReport):
    """What the status bytes say; no answer leaves every part `unknown`."""

    paper: PaperStatus = PaperStatus.UNKNOWN
    cover: CoverStatus = CoverStatus.UNKNOWN
    cutter: CutterStatus = CutterStatus.UNKNOWN
    ticket: TicketStatus = TicketStatus.UNKNOWN

    def parts(self) -> dict[str, str]:
        """The parts by their XFS4IoT words."""
        return {
            "paper": self.paper.value,
            "cover": self.cover.value,
            "cutter": self.cutter.value,
            "ticket": self.ticket.value,
        }


@dataclass(frozen=True, slots=True)
class Heading:
    """A centred line in double height."""

    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph, wrapped to the paper; `align` is `left`, `centre` or `right`."""

    text: str = field(repr=False)
    bold: bool = False
    align: str = "left"


@dataclass(frozen=True, slots=True)
class KeyValues:
    """Rows of label and value with aligned colons; long values wrap under themselves."""

    rows: tuple[tuple[str, str], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Table:
    """Columns with a head; widths are shares of the paper."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the paper."""


@dataclass(frozen=True, slots=True)
class Qr:
    """A QR code, centred, with a caption under it."""

    content: str = field(repr=False)
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Barcode:
    """Code 128 bars with the characters under them, centred: for a counter's hand scanner."""

    content: str = field(repr=False)
    """Printable ASCII."""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture (PNG), scaled to at most `width_share` of the paper: the citizen's signature."""

    png: bytes = field(repr=False)
    width_share: float = 0.5
    caption: str = ""


Block = Heading | Text | KeyValues | Table | Rule | Qr | Barcode | Image


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is to be on the paper, from top to bottom; the layout engine decides the rest.

    A receipt names a citizen: what its blocks hold is left out of every `repr`, hence of logs.
    """

    blocks: tuple[Block, ...]


class PrintProgress(StrEnum):
    """Milestones of one job, in order; a printer without a presenter never says the last two.

    PRESENTED is never guessed: the mouth's sensor saw the paper. So is TAKEN: it saw it go.
    """

    SENT = "sent"
    PRESENTED = "presented"
    TAKEN = "taken"


class TicketEnd(StrEnum):
    """Where a printed paper went."""

    TAKEN = "taken"
    LEFT = "left"
    """It was still in the mouth when the waiting ended."""
    RETRACTED = "retracted"
    """Nobody took it and the printer was seen to draw it back in: nobody else will read it."""
    EJECTED = "ejected"
    """Nobody took it and the printer dropped it out of its mouth."""
    UNKNOWN = "unknown"
    """The printer cannot tell: it has no presenter, the presenter's sensor said nothing, or a hand
    may have been faster than the motor that was to draw it back."""


@dataclass(frozen=True, slots=True)
class Printed:
    """The printer confirmed the end of the job by its status after the cut."""

    ticket: TicketEnd = TicketEnd.UNKNOWN


@dataclass(frozen=True, slots=True)
class NotPrinted:
    """Nothing of this job came on paper; printing it later doubles nothing."""

    why: str
    """The fault code's value that stood in the way, such as `D301`."""


@dataclass(frozen=True, slots=True)
class Unconfirmed:
    """Bytes were sent and the printer never said how it ended; a reprint could double a paper."""

    why: str


PrintOutcome = Printed | NotPrinted | Unconfirmed


class ReceiptPrinter(Device, Protocol):
    """One printer. Its methods are called by one task at a time."""

    async def connect(self) -> None:
        """Open the port and see that the printer answers. Raises DeviceFault."""

    async def close(self) -> None:
        """Release the port. Safe to call twice, and after a fault."""

    async def status(self) -> PrinterStatus:
        """Ask the device now; answers within 1 s. Never raises: absence is a status."""

    async def print_receipt(
        self, receipt: Receipt, *, on_progress: Callable[[PrintProgress], None]
    ) -> PrintOutcome:
        """Print and cut one receipt. Never raises for paper, cover or cable: see the outcome."""
