"""What a printer has received and not yet looked at; it is as large as those of real printers."""

import asyncio
from collections import deque

_BYTES = 64 * 1024
_KEPT_FREE_BYTES = 256
"""It is full for a job when so much is left: questions, answered busy or not, must still get in."""


class ReceiveBuffer:
    """Pieces in the order of their arrival, each with the connection it came on."""

    def __init__(self) -> None:
        self._pieces: deque[tuple[bytes, asyncio.StreamWriter]] = deque()
        self._size_bytes = 0
        self._changed = asyncio.Condition()

    async def put(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        """Keep it, as soon as there is room."""
        room = _BYTES - (_KEPT_FREE_BYTES if len(data) > _KEPT_FREE_BYTES else 0)
        async with self._changed:
            await self._changed.wait_for(lambda: self._size_bytes + len(data) <= room)
            self._size_bytes += len(data)
            self._pieces.append((data, writer))
            self._changed.notify_all()

    async def get(self) -> tuple[bytes, asyncio.StreamWriter]:
        """The oldest piece, as soon as there is one."""
        async with self._changed:
            await self._changed.wait_for(lambda: bool(self._pieces))
            data, writer = self._pieces.popleft()
            self._size_bytes -= len(data)
            self._changed.notify_all()
            return data, writer

    async def clear(self) -> None:
        """Drop all of it."""
        async with self._changed:
            self._pieces.clear()
            self._size_bytes = 0
            self._changed.notify_all()
