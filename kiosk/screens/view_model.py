"""What a page says and offers, decided already: a screen draws it and emits its events.

Every string is in the session's language and ready to be drawn. Every touchable thing carries
the event it emits.
"""

from dataclasses import dataclass, field
from typing import Literal

from kiosk.flow.events import TextScale, Theme, Touch


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One button."""

    label: str
    event: Touch
    icon: str = ""
    """Name in the Tabler icon family."""
    enabled: bool = True
    why_not: str = ""
    """Shown on or under it while it is not enabled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stands around every page."""

    place: str
    """桓台县 24小时自助服务."""
    where: str = ""
    """社保 › 参保证明打印; empty on idle and home."""
    department: str = ""
    """Department id for colour and icon; empty on idle and home."""
    progress: str = ""
    """第 2 步 / 共 5 步; empty outside a service."""
    language: str = "zh-CN"
    text_scale: TextScale = TextScale.NORMAL
    theme: Theme = Theme.DEFAULT
    settings: tuple[Action, ...] = ()
    """Top bar: next text size, next theme, other language."""
    help_line: str = ""
    """Bottom line: 需要帮助请拨打 0533-…"""
    back: Action | None = None
    primary: Action | None = None
    quit: Action | None = None
    content: str = ""
    """Hash of the bundle this view was made from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleView:
    """Touch to begin anywhere; what can be done right now."""

    name: Literal["idle"] = "idle"
    frame: Frame
    title: str
    invitation: str
    notice: str
    """To whoever stood here when the kiosk was restarted; else empty."""
    departments: tuple[tuple[str, str, str], ...]
    """(department id, name, what works now: 3 项可办 / 暂停)."""
    staffed_hours: str
    begin: Action


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentCard:
    """One department on the home page."""

    department: str
    title: str
    services: tuple[str, ...]
    """Names of the first three."""
    note: str
    """Why something is not available now; empty while all is well."""
    open: Action


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeView:
    """The four departments."""

    name: Literal["home"] = "home"
    frame: Frame
    title: str
    cards: tuple[DepartmentCard, ...]
    notice: str
    """What is down and until when, in one calm line; empty while all is well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRow:
    """One service in the list; unavailable ones say why and what instead, never disappear."""

    title: str
    summary: str
    facts: str
    """约 3 分钟 · 免费 · 当场打印."""
    open: Action
    details: tuple[tuple[str, str], ...] = ()
    """(icon, words): the facts one by one, where there is room for them."""
    warning: str = ""
    """Why it can only be accepted, or not done, right now; takes the place of the facts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceListView:
    """One department's services."""

    name: Literal["service_list"] = "service_list"
    frame: Frame
    title: str
    rows: tuple[ServiceRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideView:
    """Can I do it here now, what I need, how long, what it costs, what I get."""

    name: Literal["guide"] = "guide"
    frame: Frame
    title: str
    summary: str
    facts: tuple[tuple[str, str, str], ...]
    """(icon, label, value): five lines."""
    materials: tuple[str, ...]
    legal: tuple[str, ...]
    legal_title: str
    warning: str
    """Why it can only be accepted, or not done, right now; empty while all is well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceView:
    """Lay a card, insert a card, show a code: one moving picture of what goes where."""

    name: Literal["device"] = "device"
    frame: Frame
    title: str
    help: str
    picture: Literal["id_card", "social_security_card", "qr_code"]
    state: Literal["waiting", "reading", "problem"]
    status: str
    """请将身份证放在感应区 / 正在读取，请勿移动 / 卡片拿得太早…"""
    seconds: float
    """How long the page waits from now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceView:
    """One question, large answers."""

    name: Literal["choice"] = "choice"
    frame: Frame
    title: str
    help: str
    options: tuple[Action, ...]
    chosen: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DigitsView:
    """One question answered on a number pad; the screen emits `Answered(digits)`."""

    name: Literal["digits"] = "digits"
    frame: Frame
    title: str
    help: str
    value: str = field(repr=False)
    min_digits: int
    max_digits: int
    grouping: tuple[int, ...]
    """Digits shown in groups, such as (3, 4, 4)."""
    submit_label: str
    skip: Action | None
    problem: str
    """Why the last entry was not taken; empty at first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraView:
    """Live picture with the page outlined; it is taken by itself. Frames come beside the view."""

    name: Literal["camera"] = "camera"
    frame: Frame
    title: str
    help: str
    problems: tuple[tuple[str, str], ...]
    """(PageProblem value, instruction) for every problem, to show the current one."""
    hold_still: str
    """Shown when nothing is in the way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReviewView:
    """The flattened page before it is kept."""

    name: Literal["page_review"] = "page_review"
    frame: Frame
    title: str
    help: str
    jpeg: bytes = field(repr=False)
    keep: Action
    retake: Action
    add: Action | None = None
    """Keep it, and photograph another page of the same paper."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTile:
    """One of several pages, small."""

    caption: str
    jpeg: bytes = field(repr=False)
    retake: Action


@dataclass(frozen=True, slots=True, kw_only=True)
class PagesView:
    """All pages of one paper beside each other."""

    name: Literal["pages"] = "pages"
    frame: Frame
    title: str
    help: str
    tiles: tuple[PageTile, ...]
    are_cards: bool
    """They lie, and are less high than wide."""
    add: Action | None
    done: Action


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRow:
    """One line of the check page."""

    label: str
    value: str = field(repr=False)
    change: Action | None
    """None for what came from a card."""
    source: str
    """来自身份证; empty for the citizen's own answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    """Everything on one page before it goes."""

    name: Literal["check"] = "check"
    frame: Frame
    title: str
    groups: tuple[tuple[str, tuple[AnswerRow, ...]], ...]
    after: str
    """What will happen after the button is pressed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignView:
    """Sign with a finger; the screen emits `Signed(png)`."""

    name: Literal["sign"] = "sign"
    frame: Frame
    title: str
    help: str
    clear_label: str
    done_label: str
    empty_problem: str
    """Said when the button is pressed before anything was drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingView:
    """Submitting or printing: what is happening, how long it usually takes, and if it fails."""

    name: Literal["working"] = "working"
    frame: Frame
    title: str
    steps: tuple[tuple[str, Literal["done", "now", "next", "failed"]], ...]
    reassurance: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultView:
    """A large yes or no, the number, what next, until when."""

    name: Literal["result"] = "result"
    frame: Frame
    verdict: Literal["good", "waiting", "bad"]
    title: str
    number_label: str
    number: str
    next_steps: tuple[str, ...]
    paper: str
    """Where the paper is: 请取走凭条 / 凭条未能打印…; empty where none belongs."""
    paper_is_missing: bool = False
    """It did not come out, or nobody knows: to be seen at a glance."""
    cards: tuple[str, ...] = ()
    """请取走您的身份证: one line for each card that was given to the machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingView:
    """Five levels, skippable."""

    name: Literal["rating"] = "rating"
    frame: Frame
    title: str
    help: str
    levels: tuple[Action, ...]
    skip: Action
    cards: tuple[str, ...] = ()
    """请取走您的身份证, once more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """What is wrong, what is safe, what to do; a person to call, never a code alone."""

    name: Literal["message"] = "message"
    frame: Frame
    tone: Literal["warning", "fault", "good"]
    title: str
    safe: str
    todo: tuple[str, ...]
    small_print: str
    """Code and time for whoever is called."""
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfServiceView:
    """Closed: why, since when, where else."""

    name: Literal["out_of_service"] = "out_of_service"
    frame: Frame
    title: str
    reason: str
    elsewhere: str


Page = (
    IdleView
    | HomeView
    | ServiceListView
    | GuideView
    | DeviceView
    | ChoiceView
    | DigitsView
    | CameraView
    | PageReviewView
    | PagesView
    | CheckView
    | SignView
    | WorkingView
    | ResultView
    | RatingView
    | MessageView
    | OutOfServiceView
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeWarning:
    """Laid over the page: are you still there?"""

    title: str
    safe: str
    """What is lost and what is kept if nothing is touched."""
    seconds: float
    extend: Action
    leave: Action


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewModel:
    """The whole screen at one moment."""

    page: Page
    warning: TimeWarning | None = None
