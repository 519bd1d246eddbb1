"""The chained audit trail."""

from datetime import datetime

from sqlalchemy import JSON
from sqlalchemy.orm import Mapped, mapped_column

from fleet_server.database import Record, UtcTime


class AuditEntry(Record):
    """One act. Triggers refuse UPDATE and DELETE; `hash` covers the row and the one before it."""

    __tablename__ = "audit"

    n: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime)
    actor: Mapped[str]
    """Account name, `kiosk:<id>`, or `server`."""
    action: Mapped[str]
    """Text key `audit.action.<action>`."""
    target: Mapped[str]
    facts: Mapped[dict[str, object]] = mapped_column(JSON)
    """Never personal data."""
    previous: Mapped[str]
    hash: Mapped[str]
