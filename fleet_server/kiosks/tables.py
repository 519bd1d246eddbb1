"""Kiosks, their devices, their presence, their events, and what could not be understood."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from fleet_server.database import Record, UtcTime


class Kiosk(Record):
    """One enrolled kiosk."""

    __tablename__ = "kiosk"

    id: Mapped[str] = mapped_column(primary_key=True)
    """`kiosk.contract.topics.KIOSK_ID_PATTERN`."""
    name: Mapped[str]
    hall: Mapped[str]
    enrolled_at: Mapped[datetime] = mapped_column(UtcTime)
    retired_at: Mapped[datetime | None] = mapped_column(UtcTime)


class Presence(Record):
    """The last we know of a kiosk, and by when we must hear from it again."""

    __tablename__ = "presence"

    kiosk_id: Mapped[str] = mapped_column(ForeignKey("kiosk.id"), primary_key=True)
    epoch: Mapped[int] = mapped_column(default=0)
    """Of the newest message; a will or heartbeat of an older one means nothing."""
    monotonic_ms: Mapped[int] = mapped_column(default=0)
    """Of the newest heartbeat or birth within `epoch`, by the kiosk's monotonic clock."""
    word: Mapped[str] = mapped_column(default="unknown")
    """`fleet_server.kiosks.presence.Word`."""
    why: Mapped[str] = mapped_column(default="never_heard")
    """Text key `presence.why.<why>`."""
    why_facts: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    since: Mapped[datetime] = mapped_column(UtcTime)
    """By the server's clock: when `word` or `why` last changed."""
    heard_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """Last heartbeat or birth, by the server's clock."""
    due_at: Mapped[datetime | None] = mapped_column(UtcTime)
    """When the word gets worse unless something is heard; None: it cannot."""
    app_state: Mapped[str] = mapped_column(default="unknown")
    closed_reason: Mapped[str] = mapped_column(default="")
    """Of the last `service_state_changed`; empty while in service."""
    active_content: Mapped[str | None]
    drawn_content: Mapped[str | None]
    cases_waiting: Mapped[int] = mapped_column(default=0)
    events_waiting: Mapped[int] = mapped_column(default=0)
    software: Mapped[str] = mapped_column(default="")
    clock: Mapped[str] = mapped_column(default="unknown")
    reported_version: Mapped[int | None]
    reported_content: Mapped[str | None]
    reported_reason: Mapped[str] = mapped_column(default="")


class KioskDevice(Record):
    """One device of one kiosk as last reported."""

    __tablename__ = "kiosk_device"

    kiosk_id: Mapped[str] = mapped_column(ForeignKey("kiosk.id"), primary_key=True)
    device: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[str]
    fault: Mapped[str | None]
    parts: Mapped[dict[str, str]] = mapped_column(JSON)
    since: Mapped[datetime] = mapped_column(UtcTime)
    """By the server's clock: when status or fault last changed."""


class Outbox(Record):
    """One kiosk's outbox file, named by its `inst`, and how much of it is committed here."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(primary_key=True)
    kiosk_id: Mapped[str] = mapped_column(ForeignKey("kiosk.id"))
    inst: Mapped[str]
    upto: Mapped[int]
    """The highest n seen; all below are here but for those lost and absent."""
    lost: Mapped[list[list[int]]] = mapped_column(JSON)
    """`fleet_server.ingest.seen.Seen.lost`."""
    absent: Mapped[list[list[int]]] = mapped_column(JSON)
    """`fleet_server.ingest.seen.Seen.absent`."""


class EventRow(Record):
    """One event; (outbox, n) makes the second arrival harmless."""

    __tablename__ = "event"

    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox.id"), primary_key=True)
    n: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    happened_at: Mapped[datetime] = mapped_column(UtcTime)
    received_at: Mapped[datetime] = mapped_column(UtcTime)
    historical: Mapped[bool]
    body: Mapped[str]
    """The event as it travelled, JSON."""


class DeadLetter(Record):
    """A message that could not be taken: kept, clipped, counted; it was acknowledged."""

    __tablename__ = "dead_letter"

    id: Mapped[int] = mapped_column(primary_key=True)
    received_at: Mapped[datetime] = mapped_column(UtcTime)
    kiosk_id: Mapped[str | None]
    """None where the topic names no kiosk."""
    topic: Mapped[str]
    reason: Mapped[str]
    """A `fleet_server.ingest.decode.Reason`."""
    detail: Mapped[str]
    """Which field is wrong and how; never its value."""
    size: Mapped[int]
    payload: Mapped[bytes]
    """The beginning of it."""


class ServerGeneration(Record):
    """One row, raised at each start; kiosks re-send what is not acknowledged when it grows."""

    __tablename__ = "server_generation"

    id: Mapped[int] = mapped_column(primary_key=True)
    generation: Mapped[int]
