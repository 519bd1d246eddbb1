"""What can happen in a session: touches, devices' answers, the server's word, time.

All frozen. `repr` never shows personal data: fields that hold some are `repr=False`.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from device_drivers.document_camera.interface import Page
from device_drivers.id_card_reader.interface import CardReading as IdCardReading
from device_drivers.qr_scanner.interface import ScanReading
from device_drivers.social_security_card.interface import CardReading as SocialSecurityCardReading
from kiosk.contract.cases import CaseReceipt, CaseReply
from kiosk.contract.devices import DeviceKind
from kiosk.contract.services import Department


class TextScale(StrEnum):
    """Four text sizes (字号)."""

    NORMAL = "1.0"
    LARGE = "1.25"
    LARGER = "1.5"
    LARGEST = "1.75"


class Theme(StrEnum):
    """Four contrast themes (`UI.md`, Colour)."""

    DEFAULT = "default"
    HIGH_CONTRAST_LIGHT = "high_contrast_light"
    HIGH_CONTRAST_DARK = "high_contrast_dark"
    NIGHT = "night"


# --- touches -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Begin:
    """The idle screen was touched."""


@dataclass(frozen=True, slots=True)
class DepartmentChosen:
    """A department's card was touched."""

    department: Department


@dataclass(frozen=True, slots=True)
class ServiceChosen:
    """A service was touched."""

    service_id: str


@dataclass(frozen=True, slots=True)
class Continue:
    """The primary button of the page."""


@dataclass(frozen=True, slots=True)
class Back:
    """The back button."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A choice was touched or digits were entered."""

    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ChangeAnswer:
    """更改 beside an answer on the check page."""

    step_id: str


@dataclass(frozen=True, slots=True)
class KeepPage:
    """The photographed page shown is good: keep it."""


@dataclass(frozen=True, slots=True)
class RetakePage:
    """Photograph it again."""


@dataclass(frozen=True, slots=True)
class AddPage:
    """The page shown is good, and the paper has another one."""


@dataclass(frozen=True, slots=True)
class RetakeOne:
    """One of several pages again; from 0."""

    page_at: int


@dataclass(frozen=True, slots=True)
class Signed:
    """The signature, as drawn: black on transparent."""

    png: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rated:
    """1 (very bad) to 5 (very good); None: skipped."""

    score: int | None


@dataclass(frozen=True, slots=True)
class Quit:
    """End the session now."""


@dataclass(frozen=True, slots=True)
class Extend:
    """More time, please."""


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Do the thing that failed once more."""


@dataclass(frozen=True, slots=True)
class TextScaleChosen:
    """Display setting; reset at session end."""

    scale: TextScale


@dataclass(frozen=True, slots=True)
class ThemeChosen:
    """Display setting; reset at session end."""

    theme: Theme


@dataclass(frozen=True, slots=True)
class LanguageChosen:
    """Display setting; reset at session end."""

    language: str


@dataclass(frozen=True, slots=True)
class StillHere:
    """A finger is at work on the page (a key, a stroke, scrolling) and has nothing to say yet."""


Touch = (
    Begin
    | DepartmentChosen
    | ServiceChosen
    | Continue
    | Back
    | Answered
    | ChangeAnswer
    | KeepPage
    | RetakePage
    | AddPage
    | RetakeOne
    | Signed
    | Rated
    | Quit
    | Extend
    | TryAgain
    | TextScaleChosen
    | ThemeChosen
    | LanguageChosen
    | StillHere
)
"""What a screen may emit, and nothing else."""

# --- devices, server, time -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class IdCardRead:
    """The reader answered."""

    reading: IdCardReading


@dataclass(frozen=True, slots=True)
class SocialSecurityCardRead:
    """The reader answered."""

    reading: SocialSecurityCardReading


@dataclass(frozen=True, slots=True)
class CodeScanned:
    """The scanner answered."""

    reading: ScanReading


@dataclass(frozen=True, slots=True)
class PageCaptured:
    """A good page was taken."""

    page: Page = field(repr=False)


@dataclass(frozen=True, slots=True)
class PageNotCaptured:
    """Time is up; `problem` is a `PageProblem` value."""

    problem: str


@dataclass(frozen=True, slots=True)
class DeviceFailed:
    """A driver raised a fault during an effect."""

    device: DeviceKind
    code: str


@dataclass(frozen=True, slots=True)
class CaseStored:
    """The sealed case is durable on this kiosk's disk."""

    case_id: str


@dataclass(frozen=True, slots=True)
class CaseReceived:
    """The server has committed it."""

    receipt: CaseReceipt


@dataclass(frozen=True, slots=True)
class CaseAnswered:
    """The department's word."""

    reply: CaseReply = field(repr=False)


@dataclass(frozen=True, slots=True)
class CaseNotStored:
    """The disk refused; nothing was accepted."""


@dataclass(frozen=True, slots=True)
class CaseTurnedAway:
    """The server will never take it; `code` says why, without personal data."""

    code: str


@dataclass(frozen=True, slots=True)
class WaitOver:
    """No word within the submit step's `wait_s`."""


@dataclass(frozen=True, slots=True)
class PaperProgressed:
    """`sent`, `presented` or `taken`."""

    stage: str


@dataclass(frozen=True, slots=True)
class PaperEnded:
    """`printed`, `not_printed` or `unconfirmed`, and the fault code where there is one."""

    outcome: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class OldCardInSlot:
    """A card that somebody left behind still stands in the slot; it was not read."""


@dataclass(frozen=True, slots=True)
class CardSeen:
    """After a session: a card stands in the slot."""


@dataclass(frozen=True, slots=True)
class CardTaken:
    """After a session: no card, or none any more."""


@dataclass(frozen=True, slots=True)
class CardStayed:
    """Nobody took the card in the time given."""


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The state's own timeout."""


@dataclass(frozen=True, slots=True)
class SessionCapReached:
    """The hard cap; only paper in motion suppresses it."""


@dataclass(frozen=True, slots=True)
class WorldChanged:
    """Content, devices, backends or service state changed; the new `World` comes with the runner.

    A session keeps the content it began with.
    """


Event = (
    Touch
    | IdCardRead
    | SocialSecurityCardRead
    | CodeScanned
    | PageCaptured
    | PageNotCaptured
    | DeviceFailed
    | CaseStored
    | CaseReceived
    | CaseAnswered
    | CaseNotStored
    | CaseTurnedAway
    | WaitOver
    | PaperProgressed
    | PaperEnded
    | OldCardInSlot
    | CardSeen
    | CardTaken
    | CardStayed
    | TimedOut
    | SessionCapReached
    | WorldChanged
)
