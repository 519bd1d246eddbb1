"""What a kiosk is called, and why: a pure function of what was heard and when (`FLEET.md` 7).

Only application heartbeats keep a kiosk from falling silent; a will counts only in the epoch it
was made in; order and repetition of messages make no difference to the outcome.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from fleet_server.settings import PresenceSettings
from kiosk.contract.closing import Closing, closing_by_devices
from kiosk.contract.devices import DeviceKind, DeviceState, DeviceStatus
from kiosk.contract.uplink import AppState, Heartbeat


class Word(StrEnum):
    """What citizens get from this kiosk now."""

    SERVING = "serving"
    LIMITED = "limited"
    """Works, but a device does not: some services are missing."""
    IDLE_CLOSED = "idle-closed"
    """Well and connected, and closed by itself."""
    MAINTENANCE = "maintenance"
    """Taken out of service by an operator."""
    SILENT = "silent"
    """Nothing heard for so long that nobody can be served."""
    UNKNOWN = "unknown"
    """We do not know; `why` says what is missing."""


LINK_LOST: Final = "link_lost"
RESTARTED: Final = "server_restarted"
DEAF: Final = "server_deaf"
"""The server runs, and cannot hear or keep what kiosks say."""

_OURS: Final = frozenset({LINK_LOST, RESTARTED, DEAF})
"""Reasons the kiosk had its time to contradict: what follows is silence, for the same reason."""

_AT_WORK: Final = frozenset(
    {DeviceStatus.ONLINE, DeviceStatus.DEVICE_BUSY, DeviceStatus.STARTING, DeviceStatus.USER_ERROR}
)
"""A citizen's card left in a reader (`userError`) is no reason to send anybody."""

_REPORTING: Final = frozenset({DeviceKind.CABINET, DeviceKind.POWER_SUPPLY})
"""No service needs them: their faults are what they report, not what they cannot do."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One word, the text key of its reason, and what the reason names."""

    word: Word
    why: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """All that presence depends on, for one kiosk."""

    verdict: Verdict
    since: datetime
    """When word or reason last changed."""
    epoch: int = 0
    monotonic_ms: int = 0
    heard_at: datetime | None = None
    due_at: datetime | None = None
    app_state: AppState = AppState.UNKNOWN
    closed_reason: str = ""
    """Of the newest event that closed it. No heartbeat takes it away: one may still say `idle`
    that was made before the closing was drawn."""
    devices: Mapping[DeviceKind, DeviceState] = field(default_factory=dict)


def is_news(standing: Standing, *, epoch: int, monotonic_ms: int) -> bool:
    """Whether a heartbeat or birth is newer than all we have."""
    return (epoch, monotonic_ms) > (standing.epoch, standing.monotonic_ms)


def heard_heartbeat(
    standing: Standing,
    heartbeat: Heartbeat,
    *,
    epoch: int,
    monotonic_ms: int,
    now: datetime,
    settings: PresenceSettings,
) -> Standing:
    """After a heartbeat; unchanged when it is old news."""
    if not is_news(standing, epoch=epoch, monotonic_ms=monotonic_ms):
        return standing
    heard = replace(
        standing,
        epoch=epoch,
        monotonic_ms=monotonic_ms,
        heard_at=now,
        due_at=now + timedelta(seconds=settings.unknown_after_s),
        app_state=heartbeat.app_state,
        devices=heartbeat.devices or standing.devices,
    )
    return judged(heard, now=now)


def heard_birth(
    standing: Standing,
    devices: Mapping[DeviceKind, DeviceState],
    *,
    epoch: int,
    monotonic_ms: int,
    now: datetime,
    settings: PresenceSettings,
) -> Standing:
    """After a birth: the link is back. In a new epoch the app has yet to be heard of."""
    if not is_news(standing, epoch=epoch, monotonic_ms=monotonic_ms):
        return standing
    is_new_epoch = epoch > standing.epoch
    born = replace(
        standing,
        epoch=epoch,
        monotonic_ms=monotonic_ms,
        heard_at=now,
        due_at=now + timedelta(seconds=settings.unknown_after_s),
        app_state=AppState.UNKNOWN if is_new_epoch else standing.app_state,
        devices=devices or standing.devices,
    )
    if is_new_epoch:
        return _called(born, Verdict(Word.UNKNOWN, "just_connected"), now=now)
    return judged(born, now=now)


def heard_will(
    standing: Standing, *, epoch: int, reason: str, now: datetime, settings: PresenceSettings
) -> Standing:
    """After a will: of an old epoch it means nothing; else the kiosk has 5 s to contradict it.

    A kiosk that says goodbye itself is silent at once. The caller pokes for a birth when the
    standing changed to `link_lost`.
    """
    if epoch != standing.epoch or standing.verdict.word is Word.SILENT:
        return standing
    if reason != "lost":
        left = replace(standing, due_at=None)
        return _called(left, Verdict(Word.SILENT, "left", {"reason": reason}), now=now)
    if standing.verdict.why == LINK_LOST:
        return standing
    doubtful = replace(standing, due_at=now + timedelta(seconds=settings.birth_within_s))
    return _called(doubtful, Verdict(Word.UNKNOWN, LINK_LOST), now=now)


def fell_due(standing: Standing, *, now: datetime, settings: PresenceSettings) -> Standing:
    """After `due_at` has passed without news."""
    if standing.due_at is None or standing.due_at > now:
        return standing
    if standing.verdict.why in _OURS:
        silent = Verdict(Word.SILENT, standing.verdict.why)
        return _called(replace(standing, due_at=None), silent, now=now)
    heard_at = standing.heard_at
    silent_at = heard_at + timedelta(seconds=settings.silent_after_s) if heard_at else now
    if silent_at <= now:
        return _called(replace(standing, due_at=None), Verdict(Word.SILENT, "late"), now=now)
    return _called(replace(standing, due_at=silent_at), Verdict(Word.UNKNOWN, "late"), now=now)


def forgiven(
    standing: Standing, *, why: str, now: datetime, settings: PresenceSettings
) -> Standing:
    """A deadline that passed while the server was away or deaf (`why`) accuses nobody."""
    if standing.due_at is None or standing.due_at > now:
        return standing
    patient = replace(standing, due_at=now + timedelta(seconds=settings.unknown_after_s))
    return _called(patient, Verdict(Word.UNKNOWN, why), now=now)


def server_came_back(standing: Standing, *, now: datetime, settings: PresenceSettings) -> Standing:
    """At the server's start; a deadline no clock of today can have made is made anew."""
    latest = now + timedelta(seconds=settings.silent_after_s)
    if standing.due_at is not None and standing.due_at > latest:
        # the clock was ahead when it was written: without this, silence would go unnoticed
        return replace(standing, due_at=now + timedelta(seconds=settings.unknown_after_s))
    return forgiven(standing, why=RESTARTED, now=now, settings=settings)


def judged(standing: Standing, *, now: datetime) -> Standing:
    """With the word that app and devices deserve; for a kiosk that is being heard."""
    return _called(standing, _judge(standing), now=now)


def is_heard(standing: Standing) -> bool:
    """Whether the word comes from what the kiosk says, not from its silence."""
    return standing.due_at is not None and standing.verdict.why not in {
        *_OURS,
        "late",
        "just_connected",
    }


def troubled_devices(devices: Mapping[DeviceKind, DeviceState]) -> tuple[DeviceKind, ...]:
    """The devices a technician must see to, in order of their names."""
    return tuple(
        sorted(
            kind
            for kind, state in devices.items()
            if state.status not in _AT_WORK or state.fault is not None
        )
    )


def _judge(standing: Standing) -> Verdict:
    if standing.app_state is AppState.UNKNOWN:
        return Verdict(Word.UNKNOWN, "app_not_answering")
    if standing.app_state is AppState.OUT_OF_SERVICE:
        if standing.closed_reason == Closing.COMMAND:
            return Verdict(Word.MAINTENANCE, "command")
        # the devices come with every heartbeat; the event with the reason may be lost or late
        reason = closing_by_devices(standing.devices) or standing.closed_reason
        # with the door open a technician is at work inside
        word = Word.MAINTENANCE if reason == Closing.DOOR_OPEN else Word.IDLE_CLOSED
        return Verdict(word, "closed", {"reason": str(reason)})
    if troubled := troubled_devices(standing.devices):
        return Verdict(Word.LIMITED, "devices", _trouble_facts(troubled, standing.devices))
    return Verdict(Word.SERVING, "")


def _trouble_facts(
    troubled: tuple[DeviceKind, ...], devices: Mapping[DeviceKind, DeviceState]
) -> dict[str, str]:
    """Who is in trouble; of supply and cabinet also how: they work, and report what does not."""
    faults = [
        f"{kind}={devices[kind].fault}"
        for kind in troubled
        if kind in _REPORTING and devices[kind].fault is not None
    ]
    return {"devices": ",".join(troubled)} | ({"faults": ",".join(faults)} if faults else {})


def _called(standing: Standing, verdict: Verdict, *, now: datetime) -> Standing:
    if standing.verdict == verdict:
        return standing
    return replace(standing, verdict=verdict, since=now)
