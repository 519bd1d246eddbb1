"""Writes records in order, in a worker thread: a slow disk never holds up the citizen."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from kiosk.store.database import StoreError

_LOG: Final = logging.getLogger(__name__)


class Clerk:
    """One writer, first come first served. Belongs to the event loop that runs `work`."""

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[Callable[[], object]] = asyncio.Queue()
        self._has_failed = False

    def note(self, write: Callable[[], object]) -> None:
        """Write this after everything noted before; returns at once."""
        self._waiting.put_nowait(write)

    async def settle(self) -> None:
        """Wait until everything noted so far is written."""
        await self._waiting.join()

    async def work(self) -> None:
        """Write until cancelled. A store that refuses is logged once, and once when it is back."""
        while True:
            write = await self._waiting.get()
            try:
                await asyncio.to_thread(write)
            except StoreError as error:
                if not self._has_failed:
                    _LOG.error("records are being lost: %s", type(error).__name__)  # noqa: TRY400  an edge, not a trace
                self._has_failed = True
            except Exception:
                # a record we built wrongly is our defect; those after it must still be written
                _LOG.exception("a record could not be written")
            else:
                if self._has_failed:
                    _LOG.warning("records are being written again")
                self._has_failed = False
            finally:
                self._waiting.task_done()
