"""What the machine can be. All frozen; each says what personal data it holds."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import ClassVar

from device_drivers.document_camera.interface import Page
from kiosk.contract.services import Department
from kiosk.flow.citizen import PLAIN, Display, Session
from kiosk.flow.world import Times


class Patience(StrEnum):
    """How long a state waits for the citizen."""

    FOREVER = "forever"
    """Nobody is waited for, or the effect under way ends it by itself."""
    PAGE = "page"
    WARNING = "warning"


def timeout_s(patience: Patience, times: Times) -> float | None:
    """Seconds until `TimedOut`; None: never."""
    match patience:
        case Patience.FOREVER:
            return None
        case Patience.PAGE:
            return times.idle_warning_s
        case Patience.WARNING:
            return times.warning_s


# --- nobody is served yet -------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    """Touch to begin. No personal data."""

    display: Display = PLAIN
    patience: ClassVar[Patience] = Patience.FOREVER


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfService:
    """Closed. No personal data."""

    display: Display = PLAIN

    @property
    def patience(self) -> Patience:
        """What one citizen chose to read it by is gone before the next comes."""
        return Patience.FOREVER if self.display == PLAIN else Patience.PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The departments. No personal data."""

    display: Display
    patience: ClassVar[Patience] = Patience.PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceList:
    """One department's services. No personal data."""

    display: Display
    department: Department
    patience: ClassVar[Patience] = Patience.PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class NotNow:
    """A service that cannot begin now, with the reason and the other ways. No personal data."""

    display: Display
    service_id: str
    patience: ClassVar[Patience] = Patience.PAGE


# --- a citizen is in a service --------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _AtStep:
    session: Session
    step_id: str
    attempt: int = 0
    """Grows with every repetition, so that the repeated effect is a new one."""
    patience: ClassVar[Patience] = Patience.PAGE


class AtGuide(_AtStep):
    """The guide. Personal data only where the citizen came back to it."""


class AwaitingIdCard(_AtStep):
    """The reader is at work. Holds what was answered so far."""

    patience: ClassVar[Patience] = Patience.FOREVER


class AwaitingSocialSecurityCard(_AtStep):
    """The reader is at work. Holds what was answered so far."""

    patience: ClassVar[Patience] = Patience.FOREVER


class AwaitingCode(_AtStep):
    """The scanner is at work. Holds what was answered so far."""

    patience: ClassVar[Patience] = Patience.FOREVER


class Photographing(_AtStep):
    """The camera is at work. Holds applicant and answers."""

    patience: ClassVar[Patience] = Patience.FOREVER


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewingPage(_AtStep):
    """Is this picture good? Holds the picture besides applicant and answers."""

    page: Page = field(repr=False)


class ReviewingPages(_AtStep):
    """All pages of one paper beside each other: take one anew, add one, or done.

    Holds the pages besides applicant and answers.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble(_AtStep):
    """Something went wrong that the citizen must know: what, what is safe, what to do.

    Holds what was answered so far.
    """

    why: str
    """Text key below `trouble.`, such as `id_card.lifted`."""
    code: str = ""
    """Fault code for whoever is called."""


class Choosing(_AtStep):
    """One question with large answers. Holds applicant and answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnteringDigits(_AtStep):
    """One question on the number pad. Holds applicant and answers, and the entry refused."""

    refused_entry: str = field(default="", repr=False)


class Checking(_AtStep):
    """Everything on one page. Holds applicant, answers and papers."""


class Signing(_AtStep):
    """The signature pad. Holds applicant, answers and papers."""


class Storing(_AtStep):
    """The case is being sealed and written to disk. Holds all of it."""

    patience: ClassVar[Patience] = Patience.FOREVER


class AwaitingReply(_AtStep):
    """Safe on disk; the department's word is awaited. Holds all of it."""

    patience: ClassVar[Patience] = Patience.FOREVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Printing(_AtStep):
    """Paper is in motion: nothing but its end leads on. Holds all of it."""

    stage: str = "started"
    """`started`, `sent`, `presented` or `taken`."""
    patience: ClassVar[Patience] = Patience.FOREVER


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperTrouble(_AtStep):
    """The paper did not come, or nobody knows. Holds all of it."""

    why: str
    """Fault code that stood in the way."""


class Ended(_AtStep):
    """The outcome: number, what next. Holds all of it until the page is left."""


class Rating(_AtStep):
    """How was it? After the outcome's page; holds the case's id and nothing personal any more."""

    patience: ClassVar[Patience] = Patience.WARNING


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """Are you still there? laid over the page. Holds what the page below holds."""

    below: "Warnable"
    patience: ClassVar[Patience] = Patience.WARNING

    @property
    def session(self) -> Session:
        """The session below."""
        return self.below.session

    @property
    def step_id(self) -> str:
        """The step below."""
        return self.below.step_id


Warnable = (
    AtGuide
    | ReviewingPage
    | ReviewingPages
    | Trouble
    | Choosing
    | EnteringDigits
    | Checking
    | Signing
    | PaperTrouble
)
"""Pages on which an absent citizen is warned before everything is erased."""

InStep = (
    Warnable
    | AwaitingIdCard
    | AwaitingSocialSecurityCard
    | AwaitingCode
    | Photographing
    | Storing
    | AwaitingReply
    | Printing
    | Rating
    | Ended
)

Browsing = Home | ServiceList | NotNow
Resting = Idle | OutOfService


@dataclass(frozen=True, slots=True, kw_only=True)
class TakingCard:
    """A session is over; is its card still in the slot? No personal data."""

    display: Display
    """The session's own: whoever is asked to take the card reads it as before."""
    service_id: str
    onward: Resting | Browsing
    """Where it goes without a card; shown until one is seen."""
    is_seen: bool = False
    patience: ClassVar[Patience] = Patience.FOREVER


State = Resting | Browsing | TakingCard | InStep | Warned


def display_of(state: State) -> Display:
    """The display settings in force."""
    if isinstance(state, TakingCard) and not state.is_seen:
        return state.onward.display
    if isinstance(state, Idle | OutOfService | Home | ServiceList | NotNow | TakingCard):
        return state.display
    return state.session.display


def with_display(state: State, display: Display) -> State:
    """The same state under other display settings."""
    if isinstance(state, Idle | OutOfService | Home | ServiceList | NotNow | TakingCard):
        return replace(state, display=display)
    if isinstance(state, Warned):
        return Warned(below=replace(state.below, session=_shown(state.session, display)))
    return replace(state, session=_shown(state.session, display))


def _shown(session: Session, display: Display) -> Session:
    return replace(session, display=display)


def scope_of(state: State) -> tuple[str, str, int]:
    """What an effect lives and dies with: it is cancelled when the scope changes.

    Display settings and the warning laid over a page do not change it.
    """
    if isinstance(state, Warned):
        return scope_of(state.below)
    if isinstance(state, Idle | OutOfService | Home | ServiceList | NotNow | TakingCard):
        return (type(state).__name__, "", 0)
    return (type(state).__name__, state.step_id, state.attempt)
