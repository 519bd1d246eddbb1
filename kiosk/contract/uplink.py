"""What a kiosk says over MQTT: envelope, heartbeats and outbox events (`FLEET.md` section 7).

No field may hold personal data: events name cases by id only. Every message is at most
`MAX_BYTES` long; an event is identified for ever by (kiosk id, inst, n).
"""

from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, Field, TypeAdapter

from kiosk.contract.devices import DeviceKind, DeviceState, DeviceStates
from kiosk.contract.model import Message

MAX_BYTES: Final = 65_536
"""The portable MQTT subset's payload limit."""

MAX_EVENTS: Final = 200
"""Outbox rows in one `ev` message."""

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 in lower-case hex."""


class AppState(StrEnum):
    """What the citizen's screen is doing."""

    IDLE = "idle"
    IN_SESSION = "in_session"
    OUT_OF_SERVICE = "out_of_service"
    UNKNOWN = "unknown"
    """The app has not said anything for 5 s: frozen, restarting, or not running."""


class Heartbeat(Message):
    """Sent every 30 s ± 10 %: what the kiosk is, right now."""

    app_state: AppState
    active_content: Hash | None = None
    """The bundle the agent has put in place."""
    drawn_content: Hash | None = None
    """The bundle the screen has really drawn from."""
    cases_waiting: int = Field(default=0, ge=0)
    """Sealed cases on disk that the server has not acknowledged."""
    events_waiting: int = Field(default=0, ge=0)
    devices: DeviceStates = {}
    software: str = ""


class Birth(Message):
    """Said on every connect, before anything else."""

    software: str = ""
    devices: DeviceStates = {}


class Will(Message):
    """Spoken by the broker when the connection dies, or by the kiosk as it leaves."""

    reason: str = "lost"


class EventFields(Message):
    """One fact, sent at least once; (kiosk id, inst, n) makes the second arrival harmless."""

    n: int = Field(ge=1)
    """Number of the outbox row; survives restarts, never reused within `inst`."""
    happened_at: AwareDatetime
    """When it happened on the kiosk, not when it was sent."""


class AppStarted(EventFields):
    """The citizen's app drew its first frame."""

    kind: Literal["app_started"] = "app_started"
    cold_start_ms: int = Field(ge=0)


class AgentStarted(EventFields):
    """The agent began a new epoch."""

    kind: Literal["agent_started"] = "agent_started"


class DeviceStatusChanged(EventFields):
    """An edge, never a level."""

    kind: Literal["device_status_changed"] = "device_status_changed"
    device: DeviceKind
    state: DeviceState


class SessionStarted(EventFields):
    """A citizen chose a service."""

    kind: Literal["session_started"] = "session_started"
    service_id: str


class SessionEnded(EventFields):
    """A citizen left, one way or another."""

    kind: Literal["session_ended"] = "session_ended"
    service_id: str
    outcome: str
    """`submitted`, `completed`, `abandoned`, `timed_out`, `failed`, `restarted`, `power_lost`."""
    at_step: str
    lasted_s: float = Field(ge=0)


class CaseSubmitted(EventFields):
    """A sealed case is durable on the kiosk's disk."""

    kind: Literal["case_submitted"] = "case_submitted"
    case_id: str


KEPT_TOO_LONG: Final = "kept_too_long"
"""The code of a case that was turned away, tried again in vain, and has now been erased."""


class CaseTurnedAway(EventFields):
    """The server does not take this case. It stays on the kiosk and is tried again at news."""

    kind: Literal["case_turned_away"] = "case_turned_away"
    case_id: str
    code: str
    """The server's error code, such as `unsealable`; or `KEPT_TOO_LONG`."""


class PaperChanged(EventFields):
    """One paper's way: intent, sent, presented, taken or retracted; or unconfirmed, not printed."""

    kind: Literal["paper_changed"] = "paper_changed"
    case_id: str
    stage: str


class CaseRated(EventFields):
    """How the citizen rated it, 1 (very bad) to 5 (very good)."""

    kind: Literal["case_rated"] = "case_rated"
    case_id: str
    score: int = Field(ge=1, le=5)


class ContentDrawn(EventFields):
    """A bundle reached the glass: the first frame drawn from it was shown."""

    kind: Literal["content_drawn"] = "content_drawn"
    content: Hash


class ContentRefused(EventFields):
    """A bundle was refused and the old one stays; `findings` name what and where."""

    kind: Literal["content_refused"] = "content_refused"
    content: str
    findings: tuple[str, ...]


class ServiceStateChanged(EventFields):
    """The kiosk took itself out of service or came back."""

    kind: Literal["service_state_changed"] = "service_state_changed"
    out_of_service: bool
    reason: str
    """A text key, such as `command`, `mains_lost`, `battery_low` or `door_open`."""


class CommandProgress(EventFields):
    """A command moved on; the states are those of `FLEET.md` section 7, Commands."""

    kind: Literal["command_progress"] = "command_progress"
    command_id: str
    state: Literal["received", "running", "succeeded", "failed", "expired", "interrupted"]
    detail: str = ""


class EventsDropped(EventFields):
    """The outbox was full: informational rows were given up, oldest first, and never sent."""

    kind: Literal["events_dropped"] = "events_dropped"
    count: int = Field(ge=1)
    first_n: int = Field(ge=1)
    last_n: int = Field(ge=1)


class SelfTestDone(EventFields):
    """The nightly self-test: each device was closed, opened and asked anew."""

    kind: Literal["self_test_done"] = "self_test_done"
    devices: DeviceStates
    """What each said."""


class JournalEntry(EventFields):
    """An entry of the kiosk's journal that no other event tells (`assets/journal.yaml`)."""

    kind: Literal["journal_entry"] = "journal_entry"
    entry: str = Field(pattern=r"^[a-z][a-z_]{0,63}$")
    """Its kind in the journal."""
    level: Literal["info", "warning", "alarm"]
    facts: dict[str, str | int | float | bool] = {}
    """Codes, ids, numbers and truths, as the catalogue has them; never anything personal."""


UplinkEvent = Annotated[
    AppStarted
    | AgentStarted
    | DeviceStatusChanged
    | SessionStarted
    | SessionEnded
    | CaseSubmitted
    | CaseTurnedAway
    | PaperChanged
    | CaseRated
    | ContentDrawn
    | ContentRefused
    | ServiceStateChanged
    | CommandProgress
    | EventsDropped
    | SelfTestDone
    | JournalEntry,
    Field(discriminator="kind"),
]


class EventBatch(Message):
    """Outbox rows in order of n."""

    events: tuple[UplinkEvent, ...] = Field(max_length=MAX_EVENTS)
    after: int | None = Field(default=None, ge=0)
    """The pump's place: no row that waits for an acknowledgement lies between this number and the
    first event, nor between the events. So a number the server lacks there was acknowledged
    before, or dropped; one it lacks elsewhere got lost on the way. None: not said."""


class Reported(Message):
    """What the kiosk has made of the desired state."""

    desired_version: int
    content: Literal["applied", "pending", "error"]
    reason: str = ""


class EnvelopeFields(Message):
    """The head of every uplink message; the short names are what travels."""

    version: Literal[1] = Field(default=1, alias="v")
    epoch: int = Field(alias="e", ge=1)
    """Raised and fsynced at each agent start."""
    inst: str = Field(alias="i", pattern=r"^[0-9a-f]{32}$")
    """Made with the outbox file."""
    first_n: int = Field(default=0, alias="n", ge=0)
    """Of the first event in a batch; 0 elsewhere."""
    sent_at_ms: int = Field(alias="ts", ge=0)
    """UTC by the kiosk's clock, milliseconds."""
    monotonic_ms: int = Field(alias="mt", ge=0)
    clock: Literal["ntp", "rtc", "unknown"] = Field(default="unknown", alias="ck")
    historical: bool = Field(default=False, alias="h")
    """True when the batch is re-sent after an outage."""


class HeartbeatMessage(EnvelopeFields):
    """`up/hb`."""

    kind: Literal["hb"] = Field(default="hb", alias="t")
    body: Heartbeat = Field(alias="d")


class EventsMessage(EnvelopeFields):
    """`up/ev`."""

    kind: Literal["ev"] = Field(default="ev", alias="t")
    body: EventBatch = Field(alias="d")


class ReportedMessage(EnvelopeFields):
    """`up/rep`."""

    kind: Literal["rep"] = Field(default="rep", alias="t")
    body: Reported = Field(alias="d")


class BirthMessage(EnvelopeFields):
    """`up/birth`."""

    kind: Literal["birth"] = Field(default="birth", alias="t")
    body: Birth = Field(alias="d")


class WillMessage(EnvelopeFields):
    """`up/will`."""

    kind: Literal["will"] = Field(default="will", alias="t")
    body: Will = Field(alias="d")


UplinkMessage = Annotated[
    HeartbeatMessage | EventsMessage | ReportedMessage | BirthMessage | WillMessage,
    Field(discriminator="kind"),
]

_ADAPTER: Final[TypeAdapter[UplinkMessage]] = TypeAdapter(UplinkMessage)


def encode_uplink(message: UplinkMessage) -> bytes:
    """JSON in UTF-8 with the short names. Raises ValueError above `MAX_BYTES`."""
    payload = message.model_dump_json(by_alias=True, exclude_none=True).encode()
    if len(payload) > MAX_BYTES:
        raise ValueError(f"message of {len(payload)} bytes exceeds {MAX_BYTES}")
    return payload


def decode_uplink(payload: bytes) -> UplinkMessage:
    """The inverse. Raises ValueError (pydantic's ValidationError is one) on anything else."""
    if len(payload) > MAX_BYTES:
        raise ValueError(f"message of {len(payload)} bytes exceeds {MAX_BYTES}")
    return _ADAPTER.validate_json(payload)
