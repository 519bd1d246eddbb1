"""Commands and their states."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from fleet_server.database import Record, UtcTime


class CommandRow(Record):
    """One order to one kiosk; `FLEET.md` section 7, Commands."""

    __tablename__ = "command"

    id: Mapped[str] = mapped_column(primary_key=True)
    kiosk_id: Mapped[str] = mapped_column(ForeignKey("kiosk.id"))
    number: Mapped[int]
    """Grows by one per kiosk."""
    order: Mapped[dict[str, object]] = mapped_column("orders", JSON)
    """A `RestartApp` or `SetOutOfService` as JSON."""
    state: Mapped[str]
    """queued, sent, received, running, succeeded, failed, expired, cancelled, interrupted."""
    detail: Mapped[str] = mapped_column(default="")
    made_by: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    changed_at: Mapped[datetime] = mapped_column(UtcTime)
