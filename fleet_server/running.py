"""A task for the length of a block."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

_log = logging.getLogger(__name__)


@asynccontextmanager
async def running(work: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Run `work()` as a task for the length of the block, then cancel and await it.

    What ends it before is raised at the end of the block, and logged when it happens.
    """
    task = asyncio.ensure_future(work())
    task.add_done_callback(_tell_early_end)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _tell_early_end(task: "asyncio.Future[None]") -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.critical("background work has ended: %s", type(error).__name__, exc_info=error)
