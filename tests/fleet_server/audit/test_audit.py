"""The trail can't be edited without being seen."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from fleet_server.audit.service import first_bad_entry, record
from fleet_server.database import Database
from tests.fleet_server.fresh_database import fresh_database
from tests.fleet_server.wire import StoppedClock


@pytest.fixture
def trail(tmp_path: Path) -> Iterator[Database]:
    database = fresh_database(tmp_path / "fleet.sqlite")
    clock = StoppedClock()
    for number in range(4):
        with database.write() as session:
            record(session, "admin", "opened", f"case {number}", at=clock.now(), 原因="核对")
            record(session, "admin", "closed", f"case {number}", at=clock.now())
    yield database
    database.close()


def verdict(database: Database) -> int | None:
    with database.read() as session:
        rows = session.connection().exec_driver_sql(
            "SELECT n, at, actor, action, target, facts, previous, hash FROM audit ORDER BY n"
        )
        return first_bad_entry(rows.all())


def tamper(database: Database, statement: str) -> None:
    """As somebody with the file would: past our triggers."""
    connection = sqlite3.connect(database.path)
    for name in ("audit_no_update", "audit_no_delete"):
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_an_untouched_trail_is_whole(trail: Database) -> None:
    assert verdict(trail) is None


@pytest.mark.parametrize(
    ("statement", "first_bad"),
    [
        ("UPDATE audit SET actor = 'operator' WHERE n = 3", 3),
        ("UPDATE audit SET facts = '{}' WHERE n = 5", 5),
        ("DELETE FROM audit WHERE n = 4", 4),
        ("UPDATE audit SET n = 100 WHERE n = 2", 2),
        ("UPDATE audit SET previous = '' WHERE n = 7", 7),
    ],
)
def test_the_first_changed_entry_is_named(trail: Database, statement: str, first_bad: int) -> None:
    tamper(trail, statement)
    assert verdict(trail) == first_bad


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"])
def test_the_database_itself_refuses(trail: Database, statement: str) -> None:
    with (
        pytest.raises(IntegrityError, match="append-only"),
        trail.write() as session,
    ):
        session.connection().exec_driver_sql(statement)
    assert verdict(trail) is None


def test_an_act_that_fails_leaves_no_entry(trail: Database) -> None:
    def act() -> None:
        with trail.write() as session:
            record(session, "admin", "opened", "case 9", at=StoppedClock().now())
            raise RuntimeError("the act itself fails")

    with pytest.raises(RuntimeError):
        act()
    with trail.read() as session:
        count = session.connection().exec_driver_sql("SELECT count(*) FROM audit").scalar_one()
    assert count == 8
