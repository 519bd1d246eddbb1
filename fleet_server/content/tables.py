"""Drafts, publications, and the signed metadata that vouches for the newest one."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from fleet_server.database import Record, UtcTime


class DraftPart(Record):
    """A service or the menu as it is being edited."""

    __tablename__ = "draft_part"

    name: Mapped[str] = mapped_column(primary_key=True)
    """A service id, or `menu`."""
    body: Mapped[str]
    """JSON of `ServiceContent` or `Menu`."""
    changed_at: Mapped[datetime] = mapped_column(UtcTime)
    changed_by: Mapped[str]


class Publication(Record):
    """One release: never changed, never deleted, so every version stays retrievable (S15)."""

    __tablename__ = "publication"

    release: Mapped[int] = mapped_column(primary_key=True)
    """Counts from 1; a kiosk never goes back by itself."""
    hash: Mapped[str] = mapped_column(index=True)
    bundle: Mapped[str]
    """`ContentBundle.canonical()` as text: exactly the bytes that are signed."""
    published_at: Mapped[datetime] = mapped_column(UtcTime)
    published_by: Mapped[str]
    why: Mapped[str]
    restored_from: Mapped[int | None]
    """The release that was published again; NULL for new content."""


class PublishedPart(Record):
    """Which version number a service or the menu has with which content; given once, for ever."""

    __tablename__ = "published_part"

    name: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    """SHA-256 of the part at version 1 (so without its number)."""


class SignedRole(Record):
    """The newest signed metadata of one TUF role: commits with the publication it vouches for."""

    __tablename__ = "signed_role"

    role: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    metadata_bytes: Mapped[bytes] = mapped_column("metadata", LargeBinary)
    expires_at: Mapped[datetime] = mapped_column(UtcTime)
