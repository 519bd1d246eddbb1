"""A code held in front of a scanner until it was read, as a citizen does."""

import asyncio
from collections.abc import Callable

from device_drivers.qr_scanner.interface import ScanReading


async def hold_until_read(
    reading: "asyncio.Task[ScanReading]", show: Callable[[], None]
) -> ScanReading:
    """Show, and show again while nothing was read; whoever shows too early is not seen."""
    while not reading.done():
        await asyncio.to_thread(show)
        await asyncio.wait([reading], timeout=0.5)
    return await reading
