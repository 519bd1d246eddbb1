"""A code held in front of a scanner until it was read, as a citizen does."""

import asyncio
import time
from collections.abc import Callable

from device_drivers.qr_scanner.interface import ScanReading


async def hold_until_read(
    reading: "asyncio.Task[ScanReading]", show: Callable[[], None]
) -> ScanReading:
    """Show, and show again while nothing was read; whoever shows too early is not seen."""
    await asyncio.wait([reading], timeout=0.05)  # for a scanner that has to be told to look
    while not reading.done():
        await asyncio.to_thread(show)
        await asyncio.wait([reading], timeout=0.5)
    return await reading


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for what an emulator in a thread of its own must come to."""

    def wait() -> None:
        deadline = time.monotonic() + 20
        while not is_so() and time.monotonic() < deadline:
            time.sleep(0.01)

    await asyncio.to_thread(wait)
    assert is_so()
