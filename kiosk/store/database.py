"""The kiosk's SQLite file: opened, migrated, written in transactions, watched for changes.

`apsw` brings its own SQLite: Debian 12's 3.40.1 has the WAL-reset race, and two processes
write here (`FLEET.md` section 1, finding 2).
"""

import asyncio
import math
import re
import threading
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Final, Literal, Self

import apsw

Durability = Literal["FULL", "NORMAL"]
"""FULL everywhere; NORMAL exists so that a test can prove what FULL is for."""

Value = str | int | float | bytes | None
Row = tuple[Value, ...]

APPLICATION_ID: Final = 0x59434B53
"""`YCKS` in the file's header: another program's file is refused, not migrated."""

BUSY_TIMEOUT_MS: Final = 5000
"""A writer waits so long for the other process; the longest transaction measured took 40 ms."""

WATCH_INTERVAL_S: Final = 0.05
"""DECISIONS.md 5."""

_SCHEMA_FILE: Final = re.compile(r"^schema_v(\d+)\.sql$")


class StoreError(Exception):
    """The store could not do what was asked; nothing of it was written."""


class NewerSchema(StoreError):
    """The file was written by newer software; opening it could destroy what we don't know."""


class StoreFull(StoreError):
    """No space left on the disk."""


class StoreBusy(StoreError):
    """The other process held the file for longer than `BUSY_TIMEOUT_MS`."""


class StoreBroken(StoreError):
    """The disk failed, or the file is not a store."""


def utc_now() -> datetime:
    """Now, aware."""
    return datetime.now(UTC)


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970, as stored."""
    return round(moment.timestamp() * 1000)


def from_ms(stored: int) -> datetime:
    """The inverse of `to_ms`, in UTC."""
    return datetime.fromtimestamp(stored / 1000, UTC)


class Store:
    """One open store: a connection per thread, so any thread may call any method."""

    def __init__(
        self, path: Path, *, vfs: str | None, durability: Durability, is_read_only: bool = False
    ) -> None:
        self.path = path
        self._vfs = vfs
        self._durability = durability
        self._is_read_only = is_read_only
        self._local = threading.local()
        self._lock = threading.Lock()
        self._connections: list[apsw.Connection] = []
        self._closed = False

    @classmethod
    def open(cls, path: Path, *, vfs: str | None = None, durability: Durability = "FULL") -> Self:
        """Open or create the file and bring it to the newest schema, under a lock.

        Raises NewerSchema, StoreFull, StoreBusy, StoreBroken.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        store = cls(path, vfs=vfs, durability=durability)
        try:
            with _store_errors(path):
                _migrate(store._connection(), path)
        except BaseException:
            store.close()
            raise
        path.chmod(0o600)
        return store

    @classmethod
    def open_to_read(cls, path: Path) -> Self:
        """Open the file as it is: nothing is created, migrated or written.

        One of an older schema too, whose tables are then as they were: a technician may read a
        kiosk that is not yet migrated. Raises NewerSchema, StoreBroken for what is no store, and
        StoreBusy.
        """
        store = cls(path, vfs=None, durability="FULL", is_read_only=True)
        try:
            with _store_errors(path):
                _see_that_it_can_be_read(store._connection(), path)
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Close every thread's connection. Safe to call twice. No thread may be in a call."""
        with self._lock:
            self._closed = True
            connections, self._connections = self._connections, []
        for connection in connections:
            _give_up(connection)

    @contextmanager
    def transaction(self) -> Iterator[apsw.Connection]:
        """Write: all of the block is durable when it ends, or nothing of it happened.

        Joins the thread's transaction where one is open (as a savepoint). Raises StoreFull,
        StoreBusy, StoreBroken.
        """
        connection = self._connection()
        with _store_errors(self.path):
            if not connection.get_autocommit():
                with _savepoint(connection):
                    yield connection
                return
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                # still open only after a failure; a full disk may have rolled back by itself
                if not connection.get_autocommit():
                    connection.execute("ROLLBACK")

    def rows(self, sql: str, *bindings: Value) -> list[Row]:
        """Read. Inside a transaction it sees that transaction's writes."""
        with _store_errors(self.path):
            return list(self._connection().execute(sql, bindings))

    def watch(self) -> "Watch":
        """What tells whether anybody, in this process or another, has written since last asked."""
        return Watch(self._connect(register=False), self.path)

    async def changes(self) -> AsyncGenerator[None, None]:
        """Yield once at the start, then after each change, at most 50 ms late.

        Several changes may come as one. Ends only when cancelled or closed.
        """
        async for _ in self.changes_or_every(seconds=math.inf):
            yield

    async def changes_or_every(self, *, seconds: float) -> AsyncGenerator[None, None]:
        """As `changes`, and also whenever nothing has changed for so long."""
        with self.watch() as watch:
            yield
            while True:
                deadline = time.monotonic() + seconds
                await asyncio.sleep(WATCH_INTERVAL_S)
                # SQLite tells nobody: to look is the only way, and costs microseconds
                while not watch.changed() and time.monotonic() < deadline:  # noqa: ASYNC110
                    await asyncio.sleep(WATCH_INTERVAL_S)
                yield

    def _connection(self) -> apsw.Connection:
        connection: apsw.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._connect(register=True)
            self._local.connection = connection
        return connection

    def _connect(self, *, register: bool) -> apsw.Connection:
        with self._lock:
            if self._closed:
                raise StoreBroken(f"{self.path}: the store is closed")
        with _store_errors(self.path):
            flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
            if self._is_read_only:
                flags = apsw.SQLITE_OPEN_READONLY
            connection = apsw.Connection(str(self.path), flags=flags, vfs=self._vfs)
            try:
                connection.set_busy_timeout(BUSY_TIMEOUT_MS)
                if not self._is_read_only:
                    _enter_wal(connection, self._vfs)
                    connection.execute(f"PRAGMA synchronous={self._durability}")
                    connection.execute("PRAGMA foreign_keys=ON")
                    connection.execute("PRAGMA secure_delete=ON")
            except BaseException:
                _give_up(connection)
                raise
        if register:
            with self._lock:
                self._connections.append(connection)
        return connection


class Watch:
    """Sees commits of every other connection through `PRAGMA data_version`; no disk access."""

    def __init__(self, connection: apsw.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        # a look never waits: while the file is held, nothing has been committed yet
        self._connection.set_busy_timeout(0)
        self._seen = self._version() or 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop watching. Safe to call twice."""
        self._connection.close()

    def changed(self) -> bool:
        """Has anything been committed since the last call? Answers in microseconds.

        Raises StoreBroken.
        """
        version = self._version()
        if version is None or version == self._seen:
            return False
        self._seen = version
        return True

    def wait(self, *, within_s: float) -> bool:
        """Block this thread until a change or until the time is over; True for a change."""
        deadline = time.monotonic() + within_s
        while not self.changed():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(WATCH_INTERVAL_S, left))
        return True

    def _version(self) -> int | None:
        try:
            with _store_errors(self._path):
                return int(self._connection.pragma("data_version"))
        except StoreBusy:
            return None


def known_version() -> int:
    """The newest schema this software knows."""
    return max(_schema_files())


def _see_that_it_can_be_read(connection: apsw.Connection, path: Path) -> None:
    if int(connection.pragma("application_id")) != APPLICATION_ID:
        raise StoreBroken(f"{path.name}: not a kiosk store")
    _refuse_newer(int(connection.pragma("user_version")), path)


def _refuse_newer(version: int, path: Path) -> None:
    known = known_version()
    if version > known:
        raise NewerSchema(
            f"{path.name}: schema v{version} is newer than v{known}, the last one known"
        )


def _schema_files() -> dict[int, str]:
    folder = resources.files("kiosk.store") / "schema"
    found = {}
    for entry in folder.iterdir():
        match = _SCHEMA_FILE.match(entry.name)
        if match:
            found[int(match[1])] = entry.read_text(encoding="utf-8")
    return found


def _give_up(connection: apsw.Connection) -> None:
    """Close, also where the disk no longer lets SQLite tidy up: what is committed stays."""
    with suppress(apsw.Error):
        connection.close()


def _enter_wal(connection: apsw.Connection, vfs: str | None) -> None:
    if vfs is not None:
        # a test's VFS has no shared memory; SQLite then wants the file for itself
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            mode = connection.pragma("journal_mode", "WAL")
        except apsw.BusyError:
            # both processes create the file at once; SQLite does not wait here by itself
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
            continue
        if mode != "wal":
            raise StoreBroken(f"journal mode is {mode}, not wal")
        return


def _migrate(connection: apsw.Connection, path: Path) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = int(connection.pragma("user_version"))
        application_id = int(connection.pragma("application_id"))
        files = _schema_files()
        _refuse_newer(version, path)
        tables = connection.execute("SELECT count(*) FROM sqlite_schema").get
        if application_id != APPLICATION_ID and tables:
            raise StoreBroken(f"{path.name}: not a kiosk store")
        for number in range(version + 1, max(files) + 1):
            connection.execute(files[number])
        connection.pragma("application_id", APPLICATION_ID)
        connection.pragma("user_version", max(files))
        connection.execute("COMMIT")
    finally:
        if not connection.get_autocommit():
            connection.execute("ROLLBACK")


@contextmanager
def _savepoint(connection: apsw.Connection) -> Iterator[None]:
    """As apsw's own `with connection`, which hides a full disk behind an error of its own."""
    connection.execute("SAVEPOINT inner")
    try:
        yield
    except BaseException:
        # a full disk has rolled back all of the transaction by itself: nothing to go back to
        if not connection.get_autocommit():
            connection.execute("ROLLBACK TO inner")
            connection.execute("RELEASE inner")
        raise
    connection.execute("RELEASE inner")


@contextmanager
def _store_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours; SQLite's words name no values, so they may be logged."""
    try:
        yield
    except apsw.FullError as error:
        raise StoreFull(f"{path.name}: {error}") from error
    except (apsw.BusyError, apsw.LockedError) as error:
        raise StoreBusy(f"{path.name}: {error}") from error
    except (
        apsw.IOError,
        apsw.CorruptError,
        apsw.NotADBError,
        apsw.CantOpenError,
        apsw.ReadOnlyError,
    ) as error:
        raise StoreBroken(f"{path.name}: {error}") from error
