"""All work beside the requests, in one list."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from fleet_server.fleet import Background

BACKGROUND: Final[tuple[Background, ...]] = ()
"""A domain adds its `Callable[[Fleet], AsyncContextManager[None]]` here; see `running`."""


@asynccontextmanager
async def running(work: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Run `work()` as a task for the length of the block, then cancel and await it."""
    task = asyncio.ensure_future(work())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
