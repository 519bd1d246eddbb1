"""Waiting before the next try, cut short for everybody at the moment the server is back."""

import asyncio

from kiosk.agent.backoff import Backoff
from kiosk.agent.reach import Reach


class Patience:
    """Pauses of one loop's tasks. `run` beside them, until cancelled."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._back = asyncio.Condition()

    async def run(self) -> None:
        """End every pause whenever the server answers again."""
        while True:
            await self._reach.server_back.wait()
            self._reach.server_back.clear()
            async with self._back:
                self._back.notify_all()

    async def pause(self, backoff: Backoff) -> None:
        """Wait as long as the back-off says, or until the server answers again."""
        delay_s = backoff.next_s()
        try:
            async with asyncio.timeout(delay_s), self._back:
                await self._back.wait()
        except TimeoutError:
            return
