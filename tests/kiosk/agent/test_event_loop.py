"""The agent's event loop never waits for the disk: a slow one would silence the kiosk."""

import asyncio
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
import pytest

from kiosk.agent.agent import Agent
from kiosk.config import load
from kiosk.store.database import Durability, Row, Store, Value
from tests.kiosk.agent.conftest import Fleet
from tests.kiosk.agent.small_broker import eventually

pytestmark = pytest.mark.slow


class WatchedStore(Store):
    """Writes down who reads or writes in the thread it was told to guard."""

    def __init__(self, path: Path, *, vfs: str | None, durability: Durability) -> None:
        super().__init__(path, vfs=vfs, durability=durability)
        self.guarded: int | None = None
        self.callers: list[str] = []

    def rows(self, sql: str, *bindings: Value) -> list[Row]:
        self._look()
        return super().rows(sql, *bindings)

    @contextmanager
    def transaction(self) -> Iterator[apsw.Connection]:
        self._look()
        with super().transaction() as connection:
            yield connection

    def _look(self) -> None:
        if threading.get_ident() == self.guarded:
            stack = traceback.extract_stack()
            self.callers.append(" < ".join(frame.name for frame in reversed(stack[-6:])))


async def test_no_loop_of_the_agent_waits_for_the_disk(fleet: Fleet) -> None:
    store = WatchedStore.open(fleet.kiosk.store_file)
    agent = Agent(load(fleet.kiosk.config), store)
    store.guarded = threading.get_ident()
    running = asyncio.create_task(agent.run())
    await asyncio.sleep(1.5)  # born, and nobody listens: that is journaled
    ingest = await asyncio.to_thread(fleet.listen)
    fleet.submit()
    await asyncio.sleep(0.5)
    ingest.poke("birth")
    ingest.poke("desired")
    ingest.poke("commands")
    births = await asyncio.to_thread(eventually, lambda: bool(ingest.of("birth")))
    await asyncio.sleep(2)  # what was poked for is pulled
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert births
    assert store.callers == []
    store.rows("SELECT 1")  # the control
    assert len(store.callers) == 1
    store.close()
