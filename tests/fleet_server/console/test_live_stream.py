"""A page is told to look again: at once, only for its own kiosk, and never in a storm."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from sse_starlette import ServerSentEvent

from fleet_server.console.live_stream import looks
from fleet_server.live import LiveBus


async def count_looks(stream: AsyncIterator[ServerSentEvent], *, within_s: float) -> int:
    found = 0
    try:
        async with asyncio.timeout(within_s):
            async for each in stream:
                assert each.event == "look"
                found += 1
    except TimeoutError:
        return found
    return found


async def test_an_open_page_looks_once_and_then_only_for_news() -> None:
    assert await count_looks(looks(LiveBus()), within_s=0.3) == 1


async def test_news_reach_the_page() -> None:
    bus = LiveBus()
    stream = looks(bus)
    await anext(stream)
    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0.02)
    bus.publish("kiosk", "hz0001")
    assert (await asyncio.wait_for(waiting, 20)).event == "look"
    await stream.aclose()


async def test_news_of_another_kiosk_are_not_for_this_page() -> None:
    bus = LiveBus()
    stream = looks(bus, "hz0001")
    await anext(stream)
    counting = asyncio.ensure_future(count_looks(stream, within_s=0.4))
    await asyncio.sleep(0.02)
    bus.publish("kiosk", "hz0002")
    assert await counting == 0


@pytest.mark.slow
async def test_a_thousand_news_are_a_handful_of_looks() -> None:
    bus = LiveBus()
    counting = asyncio.ensure_future(count_looks(looks(bus), within_s=1.5))
    began = time.monotonic()
    for number in range(1000):
        await asyncio.sleep(0.0005)
        bus.publish("kiosk", f"hz{number:04}")
    took_s = time.monotonic() - began
    # the first, then three times a second at most while they come, and once more afterwards
    assert 2 <= await counting <= 2 + took_s / 0.3 + 1
