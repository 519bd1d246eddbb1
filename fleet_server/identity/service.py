"""Accounts, signing in and out, and the growing delay after wrong passwords."""

import hashlib
import hmac
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from fleet_server.audit.service import record
from fleet_server.database import Database
from fleet_server.errors import Conflict, Forbidden, NotFound, TooMany, Unprocessable
from fleet_server.identity import repository
from fleet_server.identity.passwords import (
    SHORTEST,
    hash_password,
    is_password,
    one_time_password,
)
from fleet_server.identity.tables import Account, AccountSession, SignInFailures
from fleet_server.settings import IdentitySettings

FREE_TRIES: Final = 3
LONGEST_NAME: Final = 64
LONGEST_DELAY: Final = timedelta(minutes=15)
_SEEN_EVERY: Final = timedelta(seconds=30)
"""`seen_at` is written no more often: a page that polls must not write on every request."""


class Role(StrEnum):
    """What somebody may do."""

    ADMIN = "admin"
    """Edits and publishes content, manages accounts, and all of an operator."""
    OPERATOR = "operator"
    """Watches the fleet and cases, sends commands."""
    INSPECTOR = "inspector"
    """Reads everything, changes nothing (督查)."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person with a running session."""

    name: str
    role: Role
    must_change_password: bool
    session_hash: str


def make_account(session: Session, *, name: str, role: Role, actor: str, now: datetime) -> str:
    """A new account; returns its one-time password, to be changed at first sign-in.

    Raises Conflict for a name that exists.
    """
    if repository.find_account(session, name) is not None:
        raise Conflict("the name is taken", code="account_exists")
    password = one_time_password()
    session.add(
        Account(
            name=name,
            password_hash=hash_password(password),
            role=role,
            must_change_password=True,
            made_at=now,
        )
    )
    session.flush()
    record(session, actor, "account_made", name, at=now, role=role)
    return password


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account as the console lists it."""

    name: str
    role: Role
    must_change_password: bool
    made_at: datetime
    disabled_at: datetime | None


def list_accounts(session: Session) -> tuple[AccountView, ...]:
    """Every account, closed ones included, by name."""
    return tuple(
        AccountView(
            account.name,
            Role(account.role),
            account.must_change_password,
            account.made_at,
            account.disabled_at,
        )
        for account in repository.list_accounts(session)
    )


def close_account(session: Session, *, name: str, actor: str, now: datetime) -> None:
    """Let an account in no more, from this moment on; what it did stays.

    Raises NotFound, and Conflict (`own_account`) for one's own: nobody locks themselves out.
    """
    account = repository.find_account(session, name)
    if account is None:
        raise NotFound("no such account", code="account_unknown")
    if name == actor:
        raise Conflict("one's own account", code="own_account")
    if account.disabled_at is None:
        account.disabled_at = now
        repository.drop_sessions_of(session, name)
        record(session, actor, "account_closed", name, at=now)


def sign_in(
    database: Database,
    *,
    name: str,
    password: str,
    settings: IdentitySettings,
    key: str,
    now: datetime,
) -> str:
    """The secret of a new session, for the browser's cookie.

    Failures are counted under a digest of the name, keyed with `key`, a secret of this server: what
    was typed there may be a password, and must not be found in the database.
    Raises Forbidden (`wrong_password`, for unknown and disabled accounts too) and TooMany with
    `Retry-After` while the delay after failures runs. Takes about 50 ms, outside any
    transaction: hashing must not hold up the writer.
    """
    name = name[:LONGEST_NAME]
    counted_as = hmac.new(key.encode(), f"failures:{name}".encode(), hashlib.sha256).hexdigest()
    with database.read() as session:
        _refuse_in_haste(session, counted_as, now)
        account = repository.find_account(session, name)
    is_open = account is not None and account.disabled_at is None
    right = is_password(account.password_hash if account and is_open else None, password)
    with database.write() as session:
        _refuse_in_haste(session, counted_as, now)  # others may have failed meanwhile
        if not right:
            _count_failure(session, name, counted_as, now)
        else:
            repository.drop_failures(session, counted_as)
            secret = _begin_session(session, name, settings, now)
    if not right:
        raise Forbidden("wrong name or password", code="wrong_password")
    return secret


def _refuse_in_haste(session: Session, counted_as: str, now: datetime) -> None:
    failures = repository.failures_of(session, counted_as)
    if failures is not None and failures.not_before > now:
        wait_s = int((failures.not_before - now).total_seconds()) + 1
        raise TooMany("too many wrong passwords", headers={"Retry-After": str(wait_s)})


def sign_out(session: Session, *, person: SignedIn, now: datetime) -> None:
    """End this session."""
    repository.drop_session(session, person.session_hash)
    record(session, person.name, "signed_out", person.name, at=now)


def change_password(
    database: Database, *, person: SignedIn, old: str, new: str, now: datetime
) -> None:
    """Replace the password; every other session of the account ends, this one too.

    Raises Forbidden (`wrong_password`) and Unprocessable (`password_too_short`).
    """
    if len(new) < SHORTEST:
        raise Unprocessable(f"at least {SHORTEST} characters", code="password_too_short")
    with database.read() as session:
        account = repository.find_account(session, person.name)
    if account is None or not is_password(account.password_hash, old):
        raise Forbidden("the old password is wrong", code="wrong_password")
    new_hash = hash_password(new)
    with database.write() as session:
        stored = repository.find_account(session, person.name)
        if stored is None:
            raise NotFound("no such account", code="account_unknown")
        stored.password_hash = new_hash
        stored.must_change_password = False
        repository.drop_sessions_of(session, person.name)
        record(session, person.name, "password_changed", person.name, at=now)


def find_signed_in(
    database: Database,
    *,
    secret: str,
    settings: IdentitySettings,
    now: datetime,
    is_activity: bool = True,
) -> SignedIn | None:
    """Who has this session secret; None when it is over, idle too long, or the account closed.

    `is_activity` is False for what an open page asks by itself: it keeps nobody signed in.
    """
    secret_hash = hash_secret(secret)
    with database.read() as session:
        found = repository.find_session(session, secret_hash)
    if found is None:
        return None
    running, account = found
    idle = timedelta(minutes=settings.idle_minutes)
    if running.ends_at <= now or running.seen_at + idle <= now or account.disabled_at is not None:
        return None
    if is_activity and now - running.seen_at > min(_SEEN_EVERY, idle / 4):
        # a full disk must not keep anybody from the page that says so
        with suppress(OperationalError):
            _note_activity(database, secret_hash, now)
    return SignedIn(account.name, Role(account.role), account.must_change_password, secret_hash)


def _note_activity(database: Database, secret_hash: str, now: datetime) -> None:
    with database.write() as session:
        stored = session.get(AccountSession, secret_hash)
        if stored is not None:
            stored.seen_at = now


def hash_secret(secret: str) -> str:
    """What is kept of a session secret (256 random bits, so no salt is needed)."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _begin_session(session: Session, name: str, settings: IdentitySettings, now: datetime) -> str:
    secret = secrets.token_urlsafe(32)
    repository.drop_ended(session, now)
    session.add(
        AccountSession(
            hash=hash_secret(secret),
            account=name,
            made_at=now,
            seen_at=now,
            ends_at=now + timedelta(hours=settings.longest_hours),
        )
    )
    record(session, name, "signed_in", name, at=now)
    return secret


UNKNOWN_TOLD_EVERY: Final = timedelta(minutes=1)


def _count_failure(session: Session, name: str, counted_as: str, now: datetime) -> None:
    repository.drop_ended(session, now)
    failures = repository.failures_of(session, counted_as)
    if failures is None:
        failures = SignInFailures(name=counted_as, count=0, not_before=now)
        session.add(failures)
    failures.count += 1
    failures.not_before = now + delay_after(failures.count)
    # the name that was typed may be a password in the wrong field: it is not written down
    if repository.find_account(session, name) is not None:
        record(session, "anonymous", "sign_in_failed", name, at=now)
    else:
        _note_unknown(session, now)


def _note_unknown(session: Session, now: datetime) -> None:
    """One entry a minute, however many names are tried: a flood must not grow the trail."""
    together = repository.failures_of(session, repository.UNKNOWN_NAMES)
    if together is None:
        together = SignInFailures(name=repository.UNKNOWN_NAMES, count=0, not_before=now)
        session.add(together)
    together.count += 1
    if together.not_before <= now:
        record(session, "anonymous", "sign_in_failed", "unknown", at=now, attempts=together.count)
        together.count, together.not_before = 0, now + UNKNOWN_TOLD_EVERY


def delay_after(failures: int) -> timedelta:
    """How long to wait after so many wrong passwords in a row: 2 s, 4 s, … 15 min."""
    if failures < FREE_TRIES:
        return timedelta(0)
    return min(timedelta(seconds=2.0 ** min(failures - FREE_TRIES + 1, 12)), LONGEST_DELAY)
