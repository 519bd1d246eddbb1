"""One citizen's visit: how they want to see it, what they gave, what became of it. All frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from device_drivers.document_camera.interface import Page
from kiosk.contract.cases import Applicant, CaseReceipt, CaseReply
from kiosk.contract.content import ServiceContent
from kiosk.contract.services import StepDefinition
from kiosk.flow.events import TextScale, Theme
from kiosk.flow.world import Content


@dataclass(frozen=True, slots=True, kw_only=True)
class Display:
    """How the citizen wants to see it; reset at the end of every visit. No personal data."""

    text_scale: TextScale = TextScale.NORMAL
    theme: Theme = Theme.DEFAULT
    language: str = "zh-CN"


PLAIN = Display()


class PaperState(StrEnum):
    """What became of the paper this session printed."""

    NONE = "none"
    PRINTED = "printed"
    NOT_PRINTED = "not_printed"
    UNCONFIRMED = "unconfirmed"


class PaperKind(StrEnum):
    """What the session prints on."""

    RECEIPT = "receipt"
    A4 = "a4"
    """The department's own paper, on the document printer."""
    RECEIPT_INSTEAD = "receipt_instead"
    """There is an A4 paper, and no document printer that can print it now."""


class CardUsed(StrEnum):
    """A card the citizen laid down or put in."""

    ID_CARD = "id_card"
    SOCIAL_SECURITY_CARD = "social_security_card"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One citizen in one service. Holds everything personal, in memory only, until it ends."""

    content: Content
    """The bundle the session began with, kept whatever is published meanwhile."""
    service_id: str
    display: Display
    trail: tuple[str, ...] = ()
    """Steps whose pages the citizen came through, for the back button."""
    returning_to: str = ""
    """The check page's step while one answer is being changed."""
    applicant: Applicant | None = field(default=None, repr=False)
    answers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """By field; options by their value. An optional question skipped is the empty text."""
    papers: Mapping[str, tuple[Page, ...]] = field(default_factory=dict, repr=False)
    """Pages by material, whole papers only."""
    gathered: tuple[Page, ...] = field(default=(), repr=False)
    """Pages kept so far of the paper under the camera."""
    page_at: int = 0
    """Which of them is photographed now, from 0; equal to their number: the next one."""
    signature_png: bytes = field(default=b"", repr=False)
    cards: frozenset[CardUsed] = frozenset()
    """Cards given to the machine, whatever came of it; they must be taken back."""
    case_id: str = ""
    receipt: CaseReceipt | None = None
    reply: CaseReply | None = field(default=None, repr=False)
    paper: PaperState = PaperState.NONE
    paper_kind: PaperKind = PaperKind.RECEIPT

    @property
    def service(self) -> ServiceContent:
        """The service at the version the session began with."""
        return self.content.bundle.services[self.service_id]

    def bare(self) -> "Session":
        """The same session without anything the citizen gave or was told."""
        return Session(
            content=self.content,
            service_id=self.service_id,
            display=self.display,
            cards=self.cards,
            case_id=self.case_id,
        )

    def step(self, step_id: str) -> StepDefinition:
        """One step of it."""
        return self.service.definition.steps[step_id]
