"""What just changed, told to whoever in this process is waiting for it (pages, long polls)."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

_QUEUE_LENGTH: Final = 256
"""A listener that falls this far behind loses news, not correctness: news only say 'look again'."""


@dataclass(frozen=True, slots=True)
class News:
    """Something changed: `topic` such as `kiosk`, `case`, `department`, `content`; `key` its id."""

    topic: str
    key: str = ""


class Listener:
    """One subscription, used by the task that made it."""

    def __init__(self, topics: frozenset[str]) -> None:
        self.topics = topics
        self._queue: asyncio.Queue[News] = asyncio.Queue(_QUEUE_LENGTH)
        self._loop = asyncio.get_running_loop()

    async def next(self, *, within_s: float | None = None) -> News | None:
        """The next news, or None when none comes within `within_s`."""
        try:
            # not `wait_for`: in 3.11 it swallows a cancellation that comes together with news,
            # and whoever stops the server would then wait for this task for ever
            async with asyncio.timeout(within_s):
                return await self._queue.get()
        except TimeoutError:
            return None

    async def __aiter__(self) -> AsyncIterator[News]:
        while True:
            yield await self._queue.get()

    def tell(self, news: News) -> None:
        """Queue `news`; from any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._put, news)

    def _put(self, news: News) -> None:
        if not self._queue.full():
            self._queue.put_nowait(news)


class LiveBus:
    """Broadcast inside one process. Nothing is kept: read the database after subscribing."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._listeners: set[Listener] = set()

    def publish(self, topic: str, key: str = "") -> None:
        """Tell every listener of `topic`; from any thread; never blocks."""
        news = News(topic, key)
        with self._mutex:
            listeners = tuple(self._listeners)
        for listener in listeners:
            if topic in listener.topics:
                listener.tell(news)

    @contextmanager
    def listen(self, *topics: str) -> Iterator[Listener]:
        """Subscribe for the length of the block; inside a running event loop."""
        listener = Listener(frozenset(topics))
        with self._mutex:
            self._listeners.add(listener)
        try:
            yield listener
        finally:
            with self._mutex:
                self._listeners.discard(listener)
