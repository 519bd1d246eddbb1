"""Queries on kiosks, their standing and their devices."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, func, select, text
from sqlalchemy.orm import Session

from fleet_server.database import to_ms
from fleet_server.kiosks.presence import Standing, Verdict, Word
from fleet_server.kiosks.tables import DeadLetter, EventRow, Kiosk, KioskDevice, Outbox, Presence
from kiosk.contract.devices import DeviceKind, DeviceState, DeviceStatus
from kiosk.contract.uplink import AppState

_SAVE_STANDING: Final = text(
    "UPDATE presence SET epoch = :epoch, monotonic_ms = :monotonic_ms, word = :word, why = :why,"
    " why_facts = :why_facts, since = :since, heard_at = :heard_at, due_at = :due_at,"
    " app_state = :app_state, closed_reason = :closed_reason WHERE kiosk_id = :kiosk_id"
)
_SAVE_DEVICE: Final = text(
    "INSERT INTO kiosk_device (kiosk_id, device, status, fault, parts, since)"
    " VALUES (:kiosk_id, :device, :status, :fault, :parts, :since)"
    " ON CONFLICT (kiosk_id, device) DO UPDATE SET status = excluded.status,"
    " fault = excluded.fault, parts = excluded.parts,"
    " since = CASE WHEN kiosk_device.status = excluded.status"
    " AND kiosk_device.fault IS excluded.fault THEN kiosk_device.since ELSE excluded.since END"
)
_DROP_DEVICE: Final = text(
    "DELETE FROM kiosk_device WHERE kiosk_id = :kiosk_id AND device = :device"
)
_ENROLLED: Final = text("SELECT id FROM kiosk WHERE retired_at IS NULL AND id IN :ids").bindparams(
    bindparam("ids", expanding=True)
)


def enrolled_among(session: Session, kiosk_ids: Collection[str]) -> frozenset[str]:
    """Those of `kiosk_ids` that exist and are not retired."""
    found = session.execute(_ENROLLED, {"ids": list(kiosk_ids)}).scalars()
    return frozenset(found)


def load_standings(session: Session, kiosk_ids: Iterable[str]) -> dict[str, Standing]:
    """By kiosk id; those without a presence row are left out."""
    ids = list(kiosk_ids)
    devices: dict[str, dict[DeviceKind, DeviceState]] = {}
    known = (
        select(
            KioskDevice.kiosk_id,
            KioskDevice.device,
            KioskDevice.status,
            KioskDevice.fault,
            KioskDevice.parts,
        )
        .where(KioskDevice.kiosk_id.in_(ids))
        .order_by(KioskDevice.device)
    )
    for kiosk_id, device, status, fault, parts in session.execute(known):
        state = DeviceState(status=DeviceStatus(status), fault=fault, parts=parts)
        devices.setdefault(kiosk_id, {})[DeviceKind(device)] = state
    rows = session.execute(
        select(
            Presence.kiosk_id,
            Presence.epoch,
            Presence.monotonic_ms,
            Presence.word,
            Presence.why,
            Presence.why_facts,
            Presence.since,
            Presence.heard_at,
            Presence.due_at,
            Presence.app_state,
            Presence.closed_reason,
        ).where(Presence.kiosk_id.in_(ids))
    )
    return {
        row.kiosk_id: Standing(
            verdict=Verdict(Word(row.word), row.why, row.why_facts),
            since=row.since,
            epoch=row.epoch,
            monotonic_ms=row.monotonic_ms,
            heard_at=row.heard_at,
            due_at=row.due_at,
            app_state=AppState(row.app_state),
            closed_reason=row.closed_reason,
            devices=devices.get(row.kiosk_id, {}),
        )
        for row in rows
    }


def save_standings(
    session: Session,
    changed: Mapping[str, tuple[Standing, Standing]],
    *,
    now: datetime,
) -> None:
    """Write `{kiosk id: (before, after)}`; the edges of devices are dated `now`."""
    if changed:
        session.execute(
            _SAVE_STANDING, [_presence_row(kiosk_id, new) for kiosk_id, (_, new) in changed.items()]
        )
    saved: list[dict[str, object]] = []
    dropped: list[dict[str, object]] = []
    for kiosk_id, (old, new) in changed.items():
        if old.devices is new.devices:
            continue
        saved.extend(
            _device_row(kiosk_id, device, state, now)
            for device, state in new.devices.items()
            if old.devices.get(device) != state
        )
        dropped.extend(
            {"kiosk_id": kiosk_id, "device": device}
            for device in old.devices.keys() - new.devices.keys()
        )
    if saved:
        session.execute(_SAVE_DEVICE, saved)
    if dropped:
        session.execute(_DROP_DEVICE, dropped)


def due_before(session: Session, now: datetime) -> Sequence[str]:
    """Kiosks whose deadline has passed."""
    return session.scalars(select(Presence.kiosk_id).where(Presence.due_at <= now)).all()


def with_deadline(session: Session) -> Sequence[str]:
    """Kiosks that have one."""
    return session.scalars(select(Presence.kiosk_id).where(Presence.due_at.is_not(None))).all()


def find_kiosk(session: Session, kiosk_id: str) -> Kiosk | None:
    """The kiosk, enrolled or retired."""
    return session.get(Kiosk, kiosk_id)


def kiosks_with_presence(session: Session) -> Sequence[tuple[Kiosk, Presence]]:
    """All kiosks that are not retired, by hall and name."""
    found = session.execute(
        select(Kiosk, Presence)
        .join(Presence, Presence.kiosk_id == Kiosk.id)
        .where(Kiosk.retired_at.is_(None))
        .order_by(Kiosk.hall, Kiosk.name, Kiosk.id)
    )
    return [(kiosk, presence) for kiosk, presence in found]


def devices_of(session: Session, kiosk_id: str) -> Sequence[KioskDevice]:
    """By name."""
    return session.scalars(
        select(KioskDevice).where(KioskDevice.kiosk_id == kiosk_id).order_by(KioskDevice.device)
    ).all()


def last_events(session: Session, kiosk_id: str, *, limit: int) -> Sequence[EventRow]:
    """Newest first, as the kiosk numbered them, the newest outbox first."""
    return session.scalars(
        select(EventRow)
        .join(Outbox, Outbox.id == EventRow.outbox_id)
        .where(Outbox.kiosk_id == kiosk_id)
        .order_by(EventRow.outbox_id.desc(), EventRow.n.desc())
        .limit(limit)
    ).all()


def count_dead_letters(session: Session, since: datetime) -> int:
    """How many came since then."""
    counted = select(func.count()).select_from(DeadLetter).where(DeadLetter.received_at >= since)
    return session.scalar(counted) or 0


def last_dead_letters(session: Session, *, limit: int, offset: int) -> Sequence[DeadLetter]:
    """Newest first."""
    return session.scalars(
        select(DeadLetter).order_by(DeadLetter.id.desc()).limit(limit).offset(offset)
    ).all()


def _presence_row(kiosk_id: str, standing: Standing) -> dict[str, object]:
    return {
        "kiosk_id": kiosk_id,
        "epoch": standing.epoch,
        "monotonic_ms": standing.monotonic_ms,
        "word": standing.verdict.word,
        "why": standing.verdict.why,
        "why_facts": json.dumps(dict(standing.verdict.facts)),
        "since": to_ms(standing.since),
        "heard_at": None if standing.heard_at is None else to_ms(standing.heard_at),
        "due_at": None if standing.due_at is None else to_ms(standing.due_at),
        "app_state": standing.app_state,
        "closed_reason": standing.closed_reason,
    }


def _device_row(
    kiosk_id: str, device: DeviceKind, state: DeviceState, now: datetime
) -> dict[str, object]:
    return {
        "kiosk_id": kiosk_id,
        "device": device,
        "status": state.status,
        "fault": state.fault,
        "parts": json.dumps(state.parts),
        "since": to_ms(now),
    }
