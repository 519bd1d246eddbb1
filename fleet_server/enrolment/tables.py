"""One-time tokens and certificates."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from fleet_server.database import Record, UtcTime


class EnrolToken(Record):
    """Permission to enrol one kiosk once; only its hash is kept."""

    __tablename__ = "enrol_token"

    hash: Mapped[str] = mapped_column(primary_key=True)
    """SHA-256 of the token, hex: the token has 256 random bits, so no salt is needed."""
    kiosk_id: Mapped[str]
    name: Mapped[str]
    hall: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcTime)


class KioskCertificate(Record):
    """A certificate we issued to a kiosk."""

    __tablename__ = "kiosk_certificate"

    serial: Mapped[str] = mapped_column(primary_key=True)
    """Hex."""
    kiosk_id: Mapped[str] = mapped_column(ForeignKey("kiosk.id"))
    pem: Mapped[str]
    issued_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcTime)
