"""What must be done next, as data; the runner does it and feeds the result back as events."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import JsonValue

from device_drivers.document_camera.interface import Page, PaperSize
from kiosk.contract.cases import CasePayload


@dataclass(frozen=True, slots=True)
class ReadIdCard:
    """Answers `IdCardRead` or `DeviceFailed`."""

    within_s: float


@dataclass(frozen=True, slots=True)
class ReadSocialSecurityCard:
    """Answers `SocialSecurityCardRead`, `OldCardInSlot` or `DeviceFailed`."""

    within_s: float


@dataclass(frozen=True, slots=True)
class ScanCode:
    """Answers `CodeScanned` or `DeviceFailed`."""

    within_s: float


@dataclass(frozen=True, slots=True)
class CapturePage:
    """Live frames until a page is good: `PageCaptured`, `PageNotCaptured`, `DeviceFailed`."""

    within_s: float
    paper: PaperSize = PaperSize.A4
    before: bytes = field(default=b"", repr=False)
    """The page that lay there a moment ago, as JPEG: the citizen is asked for the next one, and the
    same once more is taken only where it stays for long."""


class Form(StrEnum):
    """As what a photographed paper is kept."""

    ONE_PAGE = "one_page"
    """JPEG."""
    SEVERAL_PAGES = "several_pages"
    """One PDF, also where the citizen's has one page only: the department gets one kind."""
    CARD = "card"
    """One PDF of one page: front and back on a sheet."""


@dataclass(frozen=True, slots=True)
class PhotographedPaper:
    """One paper of the case, in the order its pages were laid down."""

    pages: tuple[Page, ...] = field(repr=False)
    form: Form = Form.ONE_PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreCase:
    """Seal and write: `CaseStored` once it is durable, else `CaseNotStored`. Never cancelled."""

    payload: CasePayload = field(repr=False)
    papers: Mapping[str, PhotographedPaper] = field(repr=False)
    """By material."""
    service_id: str
    service_version: int
    content: str


@dataclass(frozen=True, slots=True)
class AwaitReply:
    """`CaseReceived`, `CaseAnswered`, or `WaitOver` after `wait_s`."""

    wait_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintPaper:
    """`PaperProgressed` and at last `PaperEnded`. Never cancelled: paper is in motion."""

    case_id: str
    title: str
    """The template's name: no personal data."""
    receipt: Mapping[str, JsonValue] = field(repr=False)
    """Blocks as `device_drivers.receipt_printer.document.parse_receipt` reads them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintDocument:
    """The department's own A4 paper: `PaperProgressed`, at last `PaperEnded`. Never cancelled."""

    case_id: str
    title: str
    """The template's name that stands for it elsewhere: no personal data."""
    pdf: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class AwaitCardTaken:
    """`CardSeen` if a card stands in the slot; `CardTaken`, `CardStayed` or `DeviceFailed`."""

    within_s: float


@dataclass(frozen=True, slots=True)
class NoteSessionStarted:
    """Record it; the session's hard cap runs from here."""

    service_id: str


@dataclass(frozen=True, slots=True)
class NoteSessionEnded:
    """Record how the session ended."""

    service_id: str
    outcome: str
    at_step: str


@dataclass(frozen=True, slots=True)
class NoteRating:
    """Record the rating."""

    case_id: str
    score: int


@dataclass(frozen=True, slots=True)
class ForgetSession:
    """Drop the reply key and everything else the runner still holds of the session."""


Effect = (
    ReadIdCard
    | ReadSocialSecurityCard
    | ScanCode
    | CapturePage
    | StoreCase
    | AwaitReply
    | PrintPaper
    | PrintDocument
    | AwaitCardTaken
    | NoteSessionStarted
    | NoteSessionEnded
    | NoteRating
    | ForgetSession
)
