"""Ten thousand times opened and closed: no thread, no descriptor and no memory stays behind."""

import asyncio
import gc
import os
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from device_drivers.device import Device
from device_drivers.errors import DeviceGarbled, DeviceSilent
from device_drivers.status import DeviceStatus, StatusReport
from tests.device_drivers.rigs import IS_NIGHT, RIGS, SLOW_CABLES

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

CYCLES = 10_000 if IS_NIGHT else 100
SETTLED_S = 20.0
"""A thread that is ending has ended long before, on any machine."""
FEWEST_CYCLES_AT_NIGHT = 1_000
FEWER_CYCLES: Mapping[str, int] = (
    {"qr_scanner_to_be_found_out": FEWEST_CYCLES_AT_NIGHT}
    if IS_NIGHT
    else dict.fromkeys(SLOW_CABLES, 6)
)
"""At night: an opening of this one puts four questions and gives each a quarter of a second, as it
must where nobody answers; 10,000 would take 2.8 h, these take 17 minutes, and one object lost an
opening still shows (`test_one_object_lost_an_opening_would_be_seen`)."""
SPOILT_AT_MOST_ONE_IN = 5
WARM_UP = 50
"""Caches, interned words and pools have their size after these."""
GROWTH_BYTES_A_CYCLE = 8
"""A leaked object of any kind is larger."""
ONCE_BYTES = 10_000
"""What the first cycles under tracemalloc itself may still bring."""


def most_bytes(cycles: int) -> int:
    """What so many openings may leave behind, all together."""
    return GROWTH_BYTES_A_CYCLE * cycles + ONCE_BYTES


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
    """An opening that a busy machine spoilt must leave nothing either; most must succeed."""
    spoilt = 0
    for _ in range(cycles):
        try:
            await device.connect()
        except (DeviceSilent, DeviceGarbled):
            spoilt += 1
        finally:
            await device.close()
    assert spoilt <= cycles // SPOILT_AT_MOST_ONE_IN


async def growth_bytes(device: Device, cycles: int) -> int:
    """What the openings left in memory. A second round is held where the first left too much: what
    leaks does so again, and a table that was made larger is not made larger at once."""
    least = sys.maxsize
    for _ in range(2):
        before = driver_bytes()
        await open_and_close(device, cycles)
        least = min(least, driver_bytes() - before)
        if least <= most_bytes(cycles):
            break
    return least


def threads() -> list[str]:
    """The names of those that run, but for the event loop's own: `asyncio.to_thread` begins one
    whenever all others seem busy, up to a fixed number, and they stay as long as the loop."""
    names = (each.name for each in threading.enumerate())
    return sorted(name for name in names if not name.startswith("asyncio_"))


async def settled_threads(limit: int) -> list[str]:
    """Which there are once those that are ending have ended, or in the end did not."""
    deadline = time.monotonic() + SETTLED_S
    # threads tell nobody
    while len(threads()) > limit and time.monotonic() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    return threads()


@pytest.mark.parametrize("name", RIGS)
async def test_nothing_stays_behind(
    name: str, tmp_path: Path, measured: Callable[[str], None]
) -> None:
    cycles = FEWER_CYCLES.get(name, CYCLES)
    async with RIGS[name](tmp_path) as rig:
        await open_and_close(rig.device, min(WARM_UP, cycles))
        running, handles = threads(), descriptors()
        tracemalloc.start(1)
        await open_and_close(rig.device, 2)
        driver_bytes()  # the counting itself keeps a little, once
        begun = time.monotonic()
        grown = await growth_bytes(rig.device, cycles)
        lasted_s = time.monotonic() - begun
        tracemalloc.stop()
        measured(f"{name:28} opened {cycles:6} times in {lasted_s:6.0f} s, {grown:7} bytes more")
        assert len(await settled_threads(len(running))) <= len(running)
        assert descriptors() <= handles
        assert grown <= most_bytes(cycles)


class Forgetful:
    """A device that keeps the smallest object there is of every opening."""

    def __init__(self) -> None:
        self.capabilities: Mapping[str, str] = {}
        self._kept: list[object] = []

    async def connect(self) -> None:
        self._kept.append(object())

    async def close(self) -> None:
        """Forgets nothing."""

    async def status(self) -> StatusReport:
        return StatusReport(device=DeviceStatus.ONLINE)


async def test_a_thread_that_goes_on_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.device_drivers.test_endurance.SETTLED_S", 0.1)
    before = threads()
    is_over = threading.Event()
    left_behind = threading.Thread(target=is_over.wait, name="qr-scanner_0")
    left_behind.start()
    assert await settled_threads(len(before)) == sorted([*before, "qr-scanner_0"])
    is_over.set()
    left_behind.join()


@pytest.mark.parametrize("cycles", [FEWEST_CYCLES_AT_NIGHT, 10_000])
async def test_one_object_lost_an_opening_would_be_seen(cycles: int) -> None:
    device = Forgetful()
    tracemalloc.start(1)
    grown = await growth_bytes(device, cycles)
    tracemalloc.stop()
    assert grown > most_bytes(cycles)
