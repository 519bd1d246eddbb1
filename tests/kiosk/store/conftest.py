"""A real store in a fresh folder, and a server's key to seal to."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from nacl.public import PrivateKey

from kiosk.store.database import Store
from kiosk.store.outbox import Outbox


class SettableClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, by: timedelta) -> None:
        self.now += by


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "kiosk.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def outbox(store: Store, clock: SettableClock) -> Outbox:
    return Outbox(store, clock=clock)


@pytest.fixture(scope="session")
def server_key() -> PrivateKey:
    return PrivateKey.generate()
