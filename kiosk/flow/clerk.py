"""Writes records in order, in a worker thread: a slow disk never holds up the citizen."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from kiosk.store.database import StoreError
from kiosk.store.edge import StoreEdge

_LOG: Final = logging.getLogger(__name__)

OWED_EVERY_S: Final = 1.0
"""What the store refused and must be written is tried again after this."""

T = TypeVar("T")


@dataclass(slots=True)
class _Entry:
    write: Callable[[], object]
    is_owed: bool = False
    answer: asyncio.Future[Any] | None = None


class Clerk:
    """One writer, first come first served: what happened first is recorded first.

    Belongs to the event loop that runs `work`; until then things may be noted, and wait.
    """

    def __init__(self) -> None:
        self._waiting: asyncio.Queue[_Entry] = asyncio.Queue()
        self._owed: deque[Callable[[], object]] = deque()
        self._edge = StoreEdge(
            _LOG, fails="records are being lost", works="records are being written again"
        )

    def note(self, write: Callable[[], object]) -> None:
        """Write this after everything noted before; returns at once. A full disk loses it."""
        self._waiting.put_nowait(_Entry(write))

    def owe(self, write: Callable[[], object]) -> None:
        """As `note`, and what the store refuses is tried again until it is written.

        Such records stay in order among themselves; others do not wait for them.
        """
        self._waiting.put_nowait(_Entry(write, is_owed=True))

    async def write(self, write: Callable[[], T]) -> T:
        """Do it after everything noted before, and answer what it answers or raise what it raises.

        Cancelling does not take it back.
        """
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait(_Entry(write, answer=answer))
        return await answer

    async def settle(self) -> None:
        """Wait until everything so far is written, or refused at least once."""
        await self._waiting.join()

    async def work(self) -> None:
        """Write until cancelled. A store that refuses is logged once, and once when it is back."""
        while True:
            entry = await self._next()
            if entry is None:
                await self._pay()
                continue
            try:
                if entry.is_owed:
                    self._owed.append(entry.write)
                    await self._pay()
                elif entry.answer is not None:
                    await self._answer(entry.write, entry.answer)
                elif await self._has_written(entry.write):
                    await self._pay()
            finally:
                self._waiting.task_done()

    async def _next(self) -> _Entry | None:
        """The next one; None where something owed is due first."""
        if not self._owed:
            return await self._waiting.get()
        try:
            async with asyncio.timeout(OWED_EVERY_S):
                return await self._waiting.get()
        except TimeoutError:
            return None

    async def _pay(self) -> None:
        while self._owed and await self._has_written(self._owed[0]):
            self._owed.popleft()

    async def _has_written(self, write: Callable[[], object]) -> bool:
        """Done with it? Not where the store refused."""
        try:
            await asyncio.to_thread(write)
        except StoreError as error:
            self._edge.failed(error)
            return False
        except Exception:
            # a record we built wrongly is our defect; those after it must still be written
            _LOG.exception("a record could not be written")
            return True
        self._edge.worked()
        return True

    async def _answer(self, write: Callable[[], object], answer: asyncio.Future[Any]) -> None:
        try:
            value = await asyncio.to_thread(write)
        except Exception as error:  # whoever asked gets it
            if not answer.done():
                answer.set_exception(error)
        else:
            if not answer.done():
                answer.set_result(value)
        finally:
            answer.cancel()  # nothing where it is done; else we are being ended
