"""A wire for every test of the server that needs one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fleet_server.wire import Wire, wire_in


@pytest.fixture
async def wire(tmp_path: Path) -> AsyncIterator[Wire]:
    async with wire_in(tmp_path) as running:
        yield running
