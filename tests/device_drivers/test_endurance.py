"""Ten thousand times opened and closed: no thread, no descriptor and no memory stays behind."""

import asyncio
import gc
import os
import threading
import tracemalloc
from collections.abc import Mapping
from pathlib import Path

import pytest

from device_drivers.device import Device
from device_drivers.status import DeviceStatus, StatusReport
from tests.device_drivers.rigs import IS_NIGHT, RIGS, SLOW_CABLES

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

CYCLES = 10_000 if IS_NIGHT else 100
FEW_CYCLES = 10_000 if IS_NIGHT else 6
WARM_UP = 50
"""Caches, interned words and pools have their size after these."""
GROWTH_BYTES_A_CYCLE = 8
"""A leaked object of any kind is larger."""
ONCE_BYTES = 10_000
"""What the first cycles under tracemalloc itself may still bring."""


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def driver_bytes() -> int:
    """Memory in use that was not asked for by an emulator, which lives in this process too."""
    gc.collect()
    kept = [
        tracemalloc.Filter(inclusive=False, filename_pattern=pattern)
        for pattern in ("*/emulator*", "*/emulation/*", "*_emulator.py", tracemalloc.__file__)
    ]
    traces = tracemalloc.take_snapshot().filter_traces(kept)
    return sum(each.size for each in traces.statistics("filename"))


async def open_and_close(device: Device, cycles: int) -> None:
    for _ in range(cycles):
        await device.connect()
        await device.close()


async def settled_threads(limit: int) -> int:
    """How many there are once those that are ending have ended."""
    async with asyncio.timeout(20):
        while threading.active_count() > limit:  # noqa: ASYNC110 - threads tell nobody
            await asyncio.sleep(0.01)
    return threading.active_count()


@pytest.mark.parametrize("name", RIGS)
async def test_nothing_stays_behind(name: str, tmp_path: Path) -> None:
    async with RIGS[name](tmp_path) as rig:
        warm_up, cycles = (4, FEW_CYCLES) if name in SLOW_CABLES else (WARM_UP, CYCLES)
        await open_and_close(rig.device, warm_up)
        threads, handles = threading.active_count(), descriptors()
        tracemalloc.start(1)
        await open_and_close(rig.device, 2)
        driver_bytes()  # the counting itself keeps a little, once
        before = driver_bytes()
        await open_and_close(rig.device, cycles)
        grown = driver_bytes() - before
        tracemalloc.stop()
        assert await settled_threads(threads) <= threads
        assert descriptors() <= handles
        assert grown <= GROWTH_BYTES_A_CYCLE * cycles + ONCE_BYTES


class Forgetful:
    """A device that keeps a little of every opening."""

    def __init__(self) -> None:
        self.capabilities: Mapping[str, str] = {}
        self._kept: list[bytearray] = []

    async def connect(self) -> None:
        self._kept.append(bytearray(64))

    async def close(self) -> None:
        """Forgets nothing."""

    async def status(self) -> StatusReport:
        return StatusReport(device=DeviceStatus.ONLINE)


async def test_a_device_that_forgets_to_let_go_would_be_seen() -> None:
    device = Forgetful()
    tracemalloc.start(1)
    before = driver_bytes()
    await open_and_close(device, CYCLES)
    grown = driver_bytes() - before
    tracemalloc.stop()
    assert grown > GROWTH_BYTES_A_CYCLE * CYCLES
