"""One process writes, one connection at a time, in turn; everybody else only reads."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from fleet_server.database import Database, DatabaseBusy, from_ms, on_commit, open_database, to_ms
from fleet_server.schema import SchemaFromTheFuture, migrate
from tests.fleet_server.fresh_database import fresh_database

RAISE = text("UPDATE desired_version SET version = version + 1")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = fresh_database(tmp_path / "fleet.sqlite")
    yield opened
    opened.close()


def version(session: Session) -> int:
    return int(session.execute(text("SELECT version FROM desired_version")).scalar_one())


def test_it_is_durable_by_configuration(database: Database) -> None:
    with database.write() as session:
        connection = session.connection()
        pragmas = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert pragmas == ["wal", 2, 1]


def test_a_reader_cannot_write(database: Database) -> None:
    with database.read() as session, pytest.raises(OperationalError, match="readonly"):
        session.execute(RAISE)


def test_a_second_server_on_the_same_file_is_refused(database: Database) -> None:
    with pytest.raises(DatabaseBusy):
        Database(database.path)


def test_an_error_undoes_everything_and_rings_no_bell(database: Database) -> None:
    rung: list[str] = []

    def fail() -> None:
        with database.write() as session:
            session.execute(RAISE)
            on_commit(session, lambda: rung.append("bell"))
            raise RuntimeError("after the update")

    with pytest.raises(RuntimeError):
        fail()
    with database.read() as session:
        assert version(session) == 1
    assert rung == []


def test_the_bell_rings_after_the_commit(database: Database) -> None:
    seen: list[int] = []

    def look() -> None:
        with database.read() as session:
            seen.append(version(session))

    with database.write() as session:
        session.execute(RAISE)
        on_commit(session, look)
        assert seen == []
    assert seen == [2]


def test_many_threads_lose_no_update(database: Database) -> None:
    def work() -> None:
        for _ in range(25):
            with database.write() as session:
                session.execute(
                    text("UPDATE desired_version SET version = :n"), {"n": version(session) + 1}
                )

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as session:
        assert version(session) == 1 + 8 * 25


def test_a_busy_writer_does_not_starve_another(database: Database) -> None:
    stop = threading.Event()

    turns: list[float] = []

    def hog() -> None:
        while not stop.is_set():
            with database.write():
                turns.append(time.monotonic())
                time.sleep(0.02)

    hogs = [threading.Thread(target=hog) for _ in range(2)]
    for thread in hogs:
        thread.start()
    time.sleep(0.05)
    before = len(turns)
    for _ in range(10):
        with database.write() as session:
            session.execute(RAISE)
    of_others = len(turns) - before
    stop.set()
    for thread in hogs:
        thread.join()
    assert of_others <= 10 * 2 * 4  # two others before each of our turns, and four times that


def test_a_database_of_a_newer_server_is_left_alone(database: Database) -> None:
    with database.write() as session:
        session.execute(text("INSERT INTO alembic_version VALUES ('9999')"))
    with pytest.raises(SchemaFromTheFuture):
        migrate(database)


def test_migrating_twice_changes_nothing(database: Database) -> None:
    with database.write() as session:
        session.execute(RAISE)
    migrate(database)
    with database.read() as session:
        assert version(session) == 2


def test_moments_keep_their_milliseconds_and_need_a_zone() -> None:
    moment = datetime(2026, 11, 23, 8, 0, 0, 123_000, tzinfo=UTC)
    assert from_ms(to_ms(moment)) == moment
    beijing = moment.astimezone(timezone(timedelta(hours=8)))
    assert to_ms(beijing) == to_ms(moment)
    with pytest.raises(ValueError, match="zone"):
        to_ms(moment.replace(tzinfo=None))


def test_an_engine_that_is_not_built_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="postgresql"):
        open_database(tmp_path / "fleet.sqlite", "postgresql://fleet@127.0.0.1/fleet")
    assert not (tmp_path / "fleet.sqlite").exists()
