"""A wire, and quick passwords, for every test of the server that needs them."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.fleet_server.quick_passwords import quick_passwords
from tests.fleet_server.wire import Wire, wire_in


@pytest.fixture
async def wire(tmp_path: Path) -> AsyncIterator[Wire]:
    async with wire_in(tmp_path) as running:
        yield running


@pytest.fixture
def quick_hashes() -> Iterator[None]:
    """Accounts whose passwords cost no time."""
    with quick_passwords():
        yield
