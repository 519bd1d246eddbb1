"""News reach whoever listens to their topic, from any thread, and nobody else."""

import asyncio

from fleet_server.live import LiveBus, News


async def test_news_reach_every_listener_of_the_topic() -> None:
    bus = LiveBus()
    with bus.listen("kiosk", "case") as first, bus.listen("kiosk") as second:
        bus.publish("case", "7")
        await asyncio.to_thread(bus.publish, "kiosk", "hz0001")
        assert await first.next(within_s=1) == News("case", "7")
        assert await first.next(within_s=1) == News("kiosk", "hz0001")
        assert await second.next(within_s=1) == News("kiosk", "hz0001")
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
        assert await sleeper.next(within_s=1) == News("kiosk", "0")
