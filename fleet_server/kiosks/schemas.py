"""What the console shows of kiosks: plain values, nothing tied to a database session."""

from dataclasses import dataclass
from datetime import datetime

from fleet_server.kiosks.presence import Word


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceView:
    """The word, why, since when; and what the explanation needs."""

    word: Word
    why: str
    """Text key `presence.why.<why>`; empty while serving."""
    facts: dict[str, str]
    since: datetime
    heard_at: datetime | None
    due_at: datetime | None
    """When the word gets worse unless something is heard."""
    epoch: int
    app_state: str
    clock: str
    """How well the kiosk knows the time: ntp, rtc, unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KioskSummary:
    """One line of the fleet page."""

    kiosk_id: str
    name: str
    hall: str
    presence: PresenceView
    cases_waiting: int
    events_waiting: int
    active_content: str | None
    drawn_content: str | None
    """The bundle the glass really shows."""
    software: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceView:
    """One device as last reported."""

    device: str
    status: str
    fault: str | None
    parts: dict[str, str]
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """One line of a kiosk's event log."""

    n: int
    kind: str
    happened_at: datetime
    received_at: datetime
    historical: bool
    facts: dict[str, str]
    """Text of every field but the number, the kind and the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KioskDetail:
    """Everything of the kiosk page."""

    summary: KioskSummary
    enrolled_at: datetime
    devices: tuple[DeviceView, ...]
    events: tuple[EventView, ...]
    reported_version: int | None
    """Of the desired state."""
    reported_content: str | None
    """applied, pending, error."""
    reported_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterView:
    """A message that could not be taken."""

    id: int
    received_at: datetime
    kiosk_id: str | None
    topic: str
    reason: str
    detail: str
    size: int
    beginning: str
    """The payload's beginning, unprintable bytes escaped."""
