"""A code held in front of a scanner until it was read, as a citizen does; or shown once."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import TypeVar

import pytest

from device_drivers.qr_scanner.hid_driver import HidQrScanner
from device_drivers.qr_scanner.interface import Scan, ScanReading
from device_drivers.qr_scanner.serial_driver import SerialQrScanner

T = TypeVar("T")

PATIENCE_S = 20.0
"""For what comes at once, on a machine that has much else to do."""


async def in_time(awaited: Awaitable[T]) -> T:
    """Await it, but never so long that only the whole run's limit would end the test."""
    async with asyncio.timeout(PATIENCE_S):
        return await awaited


class Looking:
    """Knows when a driver has thrown away what came before: a code shown from then on counts."""

    def __init__(
        self, scanner: SerialQrScanner | HidQrScanner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self._scanner = scanner
        self._has_begun = asyncio.Event()
        forget_shown = scanner._forget_shown

        async def spied() -> None:
            await forget_shown()
            self._has_begun.set()

        monkeypatch.setattr(scanner, "_forget_shown", spied)

    async def has_begun(self) -> None:
        await in_time(self._has_begun.wait())

    @asynccontextmanager
    async def reading(self, *, within_s: float) -> "AsyncIterator[asyncio.Task[ScanReading]]":
        """A `read_code` that looks by now; ended with the block."""
        task = asyncio.create_task(self._scanner.read_code(within_s=within_s))
        try:
            await self.has_begun()
            yield task
        finally:
            await ended(task)

    @asynccontextmanager
    async def listening(self) -> "AsyncIterator[asyncio.Queue[Scan]]":
        """The codes of a `listen` that looks by now; ended with the block."""
        codes: asyncio.Queue[Scan] = asyncio.Queue()

        async def take() -> None:
            async with aclosing(self._scanner.listen()) as scans:
                async for scan in scans:
                    codes.put_nowait(scan)

        task = asyncio.create_task(take())
        try:
            await self.has_begun()
            yield codes
        finally:
            await ended(task)


async def ended(task: "asyncio.Task[T]") -> None:
    """Cancel it, and wait until it is gone from the scanner."""
    task.cancel()
    await asyncio.wait([task], timeout=PATIENCE_S)


async def hold_until_read(
    reading: "asyncio.Task[ScanReading]", show: Callable[[], None]
) -> ScanReading:
    """Show, and show again while nothing was read; whoever shows too early is not seen."""
    await asyncio.wait([reading], timeout=0.05)  # for a scanner that has to be told to look
    deadline = time.monotonic() + 3 * PATIENCE_S
    while not reading.done() and time.monotonic() < deadline:
        await asyncio.to_thread(show)
        await asyncio.wait([reading], timeout=0.5)
    return await in_time(reading)


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for what an emulator in a thread of its own must come to."""

    def wait() -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not is_so() and time.monotonic() < deadline:
            time.sleep(0.01)

    await asyncio.to_thread(wait)
    assert is_so()
