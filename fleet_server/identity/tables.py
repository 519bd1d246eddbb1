"""Accounts, their sessions, and failed attempts."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from fleet_server.database import Record, UtcTime


class Account(Record):
    """One person who may sign in."""

    __tablename__ = "account"

    name: Mapped[str] = mapped_column(primary_key=True)
    """Sign-in name, lower case."""
    password_hash: Mapped[str]
    """Argon2id."""
    role: Mapped[str]
    must_change_password: Mapped[bool]
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcTime)


class SignInFailures(Record):
    """How often a name failed in a row; kept for unknown names too, so they look the same."""

    __tablename__ = "sign_in_failures"

    name: Mapped[str] = mapped_column(primary_key=True)
    """A keyed digest of what was typed: see `sign_in`."""
    count: Mapped[int]
    not_before: Mapped[datetime] = mapped_column(UtcTime)


class AccountSession(Record):
    """One signed-in browser; only the hash of its secret is kept."""

    __tablename__ = "account_session"

    hash: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(ForeignKey("account.name"))
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    seen_at: Mapped[datetime] = mapped_column(UtcTime)
    ends_at: Mapped[datetime] = mapped_column(UtcTime)
