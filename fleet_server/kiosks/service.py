"""What the console asks about kiosks."""

import json
from datetime import datetime

from sqlalchemy.orm import Session

from fleet_server.errors import NotFound
from fleet_server.kiosks import repository
from fleet_server.kiosks.presence import Word
from fleet_server.kiosks.schemas import (
    DeadLetterView,
    DeviceView,
    EventView,
    KioskDetail,
    KioskSummary,
    PresenceView,
)
from fleet_server.kiosks.tables import EventRow, Kiosk, Presence

_SHOWN_BYTES = 512


def list_kiosks(session: Session) -> tuple[KioskSummary, ...]:
    """Every kiosk that is not retired, by hall and name."""
    return tuple(
        _summary(kiosk, presence) for kiosk, presence in repository.kiosks_with_presence(session)
    )


def kiosk_detail(session: Session, *, kiosk_id: str, events: int = 50) -> KioskDetail:
    """One kiosk with its devices and last events. Raises NotFound."""
    kiosk = repository.find_kiosk(session, kiosk_id)
    presence = session.get(Presence, kiosk_id)
    if kiosk is None or presence is None:
        raise NotFound("no such kiosk", code="kiosk_unknown")
    return KioskDetail(
        summary=_summary(kiosk, presence),
        enrolled_at=kiosk.enrolled_at,
        devices=tuple(
            DeviceView(
                device=row.device,
                status=row.status,
                fault=row.fault,
                parts=row.parts,
                since=row.since,
            )
            for row in repository.devices_of(session, kiosk_id)
        ),
        events=tuple(
            _event(row) for row in repository.last_events(session, kiosk_id, limit=events)
        ),
        reported_version=presence.reported_version,
        reported_content=presence.reported_content,
        reported_reason=presence.reported_reason,
    )


def count_dead_letters(session: Session, *, since: datetime) -> int:
    """How many messages could not be taken since then."""
    return repository.count_dead_letters(session, since)


def dead_letters(
    session: Session, *, limit: int = 50, offset: int = 0
) -> tuple[DeadLetterView, ...]:
    """What could not be understood, newest first."""
    return tuple(
        DeadLetterView(
            id=row.id,
            received_at=row.received_at,
            kiosk_id=row.kiosk_id,
            topic=row.topic,
            reason=row.reason,
            detail=row.detail,
            size=row.size,
            beginning=row.payload[:_SHOWN_BYTES].decode("utf-8", "backslashreplace"),
        )
        for row in repository.last_dead_letters(session, limit=limit, offset=offset)
    )


def _summary(kiosk: Kiosk, presence: Presence) -> KioskSummary:
    return KioskSummary(
        kiosk_id=kiosk.id,
        name=kiosk.name,
        hall=kiosk.hall,
        presence=PresenceView(
            word=Word(presence.word),
            why=presence.why,
            facts=presence.why_facts,
            since=presence.since,
            heard_at=presence.heard_at,
            due_at=presence.due_at,
            epoch=presence.epoch,
            app_state=presence.app_state,
            clock=presence.clock,
        ),
        cases_waiting=presence.cases_waiting,
        events_waiting=presence.events_waiting,
        active_content=presence.active_content,
        drawn_content=presence.drawn_content,
        software=presence.software,
    )


def _event(row: EventRow) -> EventView:
    body: dict[str, object] = json.loads(row.body)
    return EventView(
        n=row.n,
        kind=row.kind,
        happened_at=row.happened_at,
        received_at=row.received_at,
        historical=row.historical,
        facts={
            key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            for key, value in body.items()
            if key not in {"n", "kind", "happened_at"}
        },
    )
