"""News reach whoever listens to their topic, from any thread, and nobody else."""

import asyncio

import pytest

from fleet_server.live import LiveBus, News


async def test_news_reach_every_listener_of_the_topic() -> None:
    bus = LiveBus()
    with bus.listen("kiosk", "case") as first, bus.listen("kiosk") as second:
        bus.publish("case", "7")
        await asyncio.to_thread(bus.publish, "kiosk", "hz0001")
        assert await first.next(within_s=20) == News("case", "7")
        assert await first.next(within_s=20) == News("kiosk", "hz0001")
        assert await second.next(within_s=20) == News("kiosk", "hz0001")
        assert await second.next(within_s=0.05) is None


async def test_nobody_is_told_after_leaving() -> None:
    bus = LiveBus()
    with bus.listen("kiosk") as listener:
        pass
    bus.publish("kiosk", "hz0001")
    assert await listener.next(within_s=0.05) is None


async def test_a_listener_that_sleeps_holds_nobody_up() -> None:
    bus = LiveBus()
    with bus.listen("kiosk") as sleeper:
        for number in range(2000):
            bus.publish("kiosk", str(number))
        assert await sleeper.next(within_s=20) == News("kiosk", "0")


@pytest.mark.parametrize("turns", range(6))
async def test_a_listener_stopped_in_any_turn_after_news_stays_stopped(turns: int) -> None:
    bus = LiveBus()

    async def listen_for_ever() -> None:
        with bus.listen("case") as listener:
            while True:
                await listener.next(within_s=60)

    task = asyncio.ensure_future(listen_for_ever())
    await asyncio.sleep(0.01)
    bus.publish("case", "x")
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=20)
    assert done == {task}
