"""Queries on accounts and sessions."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from fleet_server.identity.tables import Account, AccountSession, SignInFailures

UNKNOWN_NAMES: Final = "all names that are no account's, together; longer than any can be typed"
"""Its row counts attempts since the trail was last told of them."""
_REMEMBERED: Final = timedelta(days=1)
"""Failures in a row are forgotten after so long; made-up names must not fill the table."""


def find_account(session: Session, name: str) -> Account | None:
    """The account, disabled or not."""
    return session.get(Account, name)


def count_accounts(session: Session) -> int:
    """All, disabled ones included."""
    return session.scalar(select(func.count()).select_from(Account)) or 0


def list_accounts(session: Session) -> Sequence[Account]:
    """By name."""
    return session.scalars(select(Account).order_by(Account.name)).all()


def failures_of(session: Session, counted_as: str) -> SignInFailures | None:
    """Failures in a row, None after a success."""
    return session.get(SignInFailures, counted_as)


def drop_failures(session: Session, counted_as: str) -> None:
    """Forget them, after a success."""
    session.execute(delete(SignInFailures).where(SignInFailures.name == counted_as))


def find_session(session: Session, secret_hash: str) -> tuple[AccountSession, Account] | None:
    """The session with its account."""
    found = session.execute(
        select(AccountSession, Account)
        .join(Account, Account.name == AccountSession.account)
        .where(AccountSession.hash == secret_hash)
    ).one_or_none()
    return None if found is None else (found[0], found[1])


def drop_session(session: Session, secret_hash: str) -> None:
    """Sign it out."""
    session.execute(delete(AccountSession).where(AccountSession.hash == secret_hash))


def drop_sessions_of(session: Session, name: str) -> None:
    """Sign the account out everywhere."""
    session.execute(delete(AccountSession).where(AccountSession.account == name))


def drop_ended(session: Session, now: datetime) -> None:
    """Forget sessions that are over, and failures nobody waits for any more."""
    session.execute(delete(AccountSession).where(AccountSession.ends_at <= now))
    session.execute(
        delete(SignInFailures).where(
            SignInFailures.not_before <= now - _REMEMBERED, SignInFailures.name != UNKNOWN_NAMES
        )
    )
