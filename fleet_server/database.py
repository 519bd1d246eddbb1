"""The one database: who may write when, and how a transaction begins and ends.

SQLite with `journal_mode=WAL; synchronous=FULL`. Debian 12's SQLite 3.40.1 has the WAL-reset
race (`FLEET.md` finding 2: two connections that write or checkpoint at once can corrupt; fixed
in 3.51.3), so the rule is strict: **one process holds `<file>.writer` locked, and in it one
connection writes**, taken in turn; every other connection is opened `mode=ro` with
`query_only=ON`, so that it can neither write nor checkpoint.

One request or one batch of messages is one transaction, and nobody calls `commit()`:

    with database.write() as session: ...     # BEGIN IMMEDIATE … COMMIT, or ROLLBACK on an error
    with database.read() as session: ...      # a snapshot; writing raises

Both block; call them in plain `def` endpoints or in `asyncio.to_thread`. Keep `write` short and
never do network I/O in it. `on_commit` runs a function after the commit and only then.
"""

import fcntl
import os
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import BigInteger, Dialect, Engine, create_engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool
from sqlalchemy.types import TypeDecorator

_BUSY_TIMEOUT_MS: Final = 5_000
"""Readers wait this long for a schema change or a recovery; the writer never waits for anyone."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_MS: Final = round(datetime(1, 1, 2, tzinfo=UTC).timestamp() * 1000)
_LAST_MS: Final = round(datetime(9999, 12, 30, tzinfo=UTC).timestamp() * 1000)
_ON_COMMIT: Final = "on_commit"


class DatabaseUnusable(Exception):
    """The file is no database, or cannot be opened; the message names it and says why."""


class DatabaseBusy(Exception):
    """Another process (a running server) owns the database."""


class Record(DeclarativeBase):
    """What every table class derives from. The tables are made by migrations, never from here."""


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC moment, kept as milliseconds since 1970: sorts, compares, fits any engine."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Raises ValueError on a moment without a zone."""
        return None if value is None else to_ms(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Aware UTC."""
        return None if value is None else from_ms(int(value))


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970. Raises ValueError on a moment without a zone.

    A moment no zone could show any more (a wrong clock's year 1 or 9999) is moved within reach.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment needs a zone")
    return min(max(round(moment.timestamp() * 1000), _FIRST_MS), _LAST_MS)


def from_ms(ms: int) -> datetime:
    """The inverse of `to_ms`."""
    return _EPOCH + timedelta(milliseconds=ms)


def on_commit(session: Session, action: Callable[[], None]) -> None:
    """Run `action` once the surrounding `write()` has committed; never if it rolls back.

    It runs on the writer's thread, outside the lock: ring a bell, do no work.
    """
    session.info.setdefault(_ON_COMMIT, []).append(action)


class _Turns:
    """A lock given in the order asked for: a busy ingest cannot starve a request."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._taken = False

    def __enter__(self) -> Self:
        with self._mutex:
            if not self._taken:
                self._taken = True
                return self
            turn = threading.Event()
            self._waiting.append(turn)
        turn.wait()
        return self

    def __exit__(self, *_error: object) -> None:
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._taken = False


class Database:
    """The open database. One per process; `close()` it."""

    def __init__(self, path: Path) -> None:
        """Open for reading and writing. Raises DatabaseUnusable.

        Raises DatabaseBusy while another process has it.
        """
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock_file = os.open(f"{path}.writer", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._lock_file)
            raise DatabaseBusy(f"{path.name} is in use by a running server") from error
        self._turns = _Turns()
        self._writer = _engine(path, read_only=False)
        self._readers = _engine(path, read_only=True)
        try:
            with self._writer.connect() as connection:  # creates the file, switches it to WAL
                connection.exec_driver_sql("SELECT 1")
        except DatabaseError as error:
            self.close()
            raise DatabaseUnusable(f"{path}: {error.orig}") from error
        os.chmod(path, 0o600)

    def close(self) -> None:
        """Close every connection and give the database up. Safe to call twice."""
        self._readers.dispose()
        self._writer.dispose()
        if self._lock_file >= 0:
            os.close(self._lock_file)
            self._lock_file = -1

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One writing transaction; waits for its turn. Commits at the end, rolls back on an error.

        Raises what the body raises, and sqlalchemy's OperationalError when the disk is full.
        """
        with self._turns, Session(self._writer, expire_on_commit=False) as session:
            with session.begin():
                yield session
            actions: list[Callable[[], None]] = session.info.pop(_ON_COMMIT, [])
        for action in actions:
            action()

    def forget_deleted(self) -> bool:
        """Empty the write-ahead log, which still holds pages as they were before a deletion.

        False where a reader stood in the way: the log is then overwritten in the normal course.
        """
        with self._turns:
            connection = self._writer.raw_connection()
            cursor = connection.cursor()
            try:
                cursor.execute("PRAGMA busy_timeout=0")  # nobody writes while we wait for a reader
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                found = cursor.fetchone()
            finally:
                cursor.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
                connection.close()
        return found is not None and found[0] == 0

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One consistent snapshot; writing raises OperationalError."""
        with Session(self._readers, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing_connection(self) -> Iterator[Connection]:
        """The bare connection in one transaction: for migrations and the ingest's batches."""
        with self._turns, self._writer.begin() as connection:
            yield connection


def open_database(folder_file: Path, url: str | None = None) -> Database:
    """Open what `url` (the environment's `DATABASE_URL`) names, or the SQLite file.

    Raises ValueError on another engine: PostgreSQL is a later issue, and silently using
    SQLite instead would be a lie.
    """
    if not url:
        return Database(folder_file)
    scheme, _, rest = url.partition("://")
    if scheme != "sqlite" or not rest.startswith("/"):
        raise ValueError(f"DATABASE_URL: engine {scheme!r} is not supported, only sqlite:///<file>")
    return Database(Path(rest[1:]))


def _engine(path: Path, *, read_only: bool) -> Engine:
    uri = path.absolute().as_uri() + ("?mode=ro" if read_only else "")

    def connect() -> sqlite3.Connection:
        # isolation_level None: we say BEGIN ourselves (below), python says nothing on its own
        return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)

    engine = create_engine(
        "sqlite://",
        creator=connect,
        poolclass=QueuePool,
        pool_size=8 if read_only else 1,
        max_overflow=32 if read_only else 0,
        hide_parameters=True,  # an error in the log must not hold what a citizen said
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA foreign_keys=ON")
        if read_only:
            cursor.execute("PRAGMA query_only=ON")
        else:
            cursor.execute("PRAGMA journal_mode=WAL")
            cursor.execute("PRAGMA synchronous=FULL")
            # what is deleted is overwritten: a retention that leaves it in free pages is none
            cursor.execute("PRAGMA secure_delete=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine
