import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest

from kiosk.store.database import (
    NewerSchema,
    Store,
    StoreBroken,
    StoreFull,
    known_version,
)
from kiosk.store.journal import Journal


def put(store: Store, key: str) -> None:
    with store.transaction() as connection:
        connection.execute("INSERT INTO shared_state VALUES (?, '{}', 0)", (key,))


def put_and_fail(store: Store, key: str) -> None:
    with store.transaction():
        put(store, key)
        raise RuntimeError


def test_opens_with_the_promised_durability(store: Store) -> None:
    assert store.rows("PRAGMA journal_mode") == [("wal",)]
    assert store.rows("PRAGMA synchronous") == [(2,)]
    assert store.rows("PRAGMA foreign_keys") == [(1,)]
    assert store.rows("PRAGMA secure_delete") == [(1,)]
    assert store.rows("PRAGMA user_version") == [(known_version(),)]


def test_only_the_kiosk_user_may_read_the_file(store: Store) -> None:
    assert store.path.stat().st_mode & 0o077 == 0


def test_a_raised_exception_leaves_nothing_behind(store: Store) -> None:
    with pytest.raises(RuntimeError):
        put_and_fail(store, "a")
    assert store.rows("SELECT key FROM shared_state") == []


def test_an_inner_failure_that_is_caught_undoes_only_the_inner_part(store: Store) -> None:
    with store.transaction():
        put(store, "outer")
        with pytest.raises(RuntimeError):
            put_and_fail(store, "inner")
    assert store.rows("SELECT key FROM shared_state") == [("outer",)]


def test_every_thread_may_write_at_once(store: Store) -> None:
    def write(name: str) -> None:
        for number in range(50):
            put(store, f"{name}{number}")

    threads = [threading.Thread(target=write, args=(f"t{index}-",)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.rows("SELECT count(*) FROM shared_state") == [(200,)]


def test_two_programs_may_create_the_file_at_the_same_moment(tmp_path: Path) -> None:
    opened: list[Store] = []
    start = threading.Barrier(4)

    def open_it() -> None:
        start.wait()
        opened.append(Store.open(tmp_path / "new.sqlite"))

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({str(one.rows("SELECT inst FROM outbox_identity")) for one in opened}) == 1
    assert len(opened) == 4
    for one in opened:
        one.close()


def test_a_newer_schema_is_refused_by_name_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "kiosk.sqlite"
    Store.open(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {known_version() + 1}")
    connection.close()
    with pytest.raises(NewerSchema, match=rf"kiosk\.sqlite: schema v{known_version() + 1}"):
        Store.open(path)
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (known_version() + 1,)
    connection.close()


def test_another_programs_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    with pytest.raises(StoreBroken, match="not a kiosk store"):
        Store.open(path)


def test_a_file_of_garbage_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "garbage.sqlite"
    path.write_bytes(b"not a database, " * 512)
    with pytest.raises(StoreBroken):
        Store.open(path)


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "kiosk.sqlite")
    store.close()
    with pytest.raises(StoreBroken, match="closed"):
        store.watch()


def test_a_watch_sees_this_and_the_other_programs_writes(store: Store) -> None:
    other = Store.open(store.path)
    with store.watch() as watch:
        assert not watch.changed()
        put(store, "mine")
        assert watch.changed()
        put(other, "theirs")
        assert watch.changed()
        assert not watch.changed()
    other.close()


def test_a_read_is_not_a_change(store: Store) -> None:
    with store.watch() as watch:
        store.rows("SELECT * FROM shared_state")
        assert not watch.wait(within_s=0.12)


async def test_a_change_wakes_a_task(store: Store) -> None:
    changes = store.changes()
    await anext(changes)
    writer = asyncio.get_running_loop().call_later(0.1, put, store, "late")
    async with asyncio.timeout(20):
        await anext(changes)
    writer.cancel()
    await changes.aclose()


def test_a_disk_that_fills_up_inside_an_inner_transaction_is_a_full_store(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "kiosk.sqlite")
    journal = Journal(store)

    def write_for_ever() -> None:
        with store.transaction() as connection:
            connection.pragma("max_page_count", connection.pragma("page_count"))
            while True:
                journal.write("agent_stopped")

    with pytest.raises(StoreFull):
        write_for_ever()
    assert journal.entries() == []
    store.close()
