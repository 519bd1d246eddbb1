"""A call on a port's thread that misses its time: refused meanwhile, handed over when it comes."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from device_drivers.errors import DeviceSilent
from device_drivers.transport.port_thread import PortThread
from tests.device_drivers.transport.test_port_thread import PATIENCE_S, Hanging, let_go

_SHORT_S = 0.05


class HandedOver:
    """What came late, and in which thread."""

    def __init__(self) -> None:
        self.results: list[tuple[str, threading.Thread]] = []
        self.has_come = threading.Event()

    def __call__(self, result: str) -> None:
        self.results.append((result, threading.current_thread()))
        self.has_come.set()


@pytest.fixture
def port() -> PortThread:
    return PortThread("qr_scanner", name="port under test")


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    made = Hanging()
    yield made
    made.is_let_go.set()


async def _lets_go(hanging: Hanging, handed_over: HandedOver) -> None:
    hanging.is_let_go.set()
    assert await asyncio.to_thread(handed_over.has_come.wait, PATIENCE_S)


async def test_what_comes_in_time_or_is_raised_in_time_comes_out(port: PortThread) -> None:
    def fail() -> None:
        raise ValueError("why")

    handed_over = HandedOver()
    answer = await port.run_within(lambda: "now", within_s=PATIENCE_S, when_late=handed_over)
    assert (answer, handed_over.results) == ("now", [])
    with pytest.raises(ValueError, match="why"):
        await port.run_within(fail, within_s=PATIENCE_S)
    assert await port.close(lambda: None, within_s=PATIENCE_S)


async def test_a_call_that_misses_its_time_is_handed_over_in_the_ports_thread(
    port: PortThread, hanging: Hanging
) -> None:
    handed_over = HandedOver()
    with pytest.raises(DeviceSilent, match="no answer in"):
        await port.run_within(hanging, within_s=_SHORT_S, when_late=handed_over)
    made: list[str] = []
    with pytest.raises(DeviceSilent, match="still owes"):
        await port.run_within(lambda: made.append("meanwhile"), within_s=PATIENCE_S)
    await _lets_go(hanging, handed_over)
    thread = await port.run_within(threading.current_thread, within_s=PATIENCE_S)
    assert handed_over.results == [("late", thread)]
    assert made == []
    await let_go(port, hanging)


async def test_a_cancelled_callers_answer_is_handed_over_too(
    port: PortThread, hanging: Hanging
) -> None:
    handed_over = HandedOver()
    asked = asyncio.create_task(
        port.run_within(hanging, within_s=PATIENCE_S, when_late=handed_over)
    )
    await hanging.begun()
    asked.cancel()
    await asyncio.wait([asked])
    assert asked.cancelled()
    await _lets_go(hanging, handed_over)
    thread = await port.run(threading.current_thread)
    assert handed_over.results == [("late", thread)]
    await let_go(port, hanging)


async def test_an_answer_that_came_just_before_its_caller_was_cancelled_is_handed_over(
    port: PortThread, hanging: Hanging
) -> None:
    """The event loop has not heard of it yet, and the port's thread is through with it."""
    handed_over = HandedOver()
    asked = asyncio.create_task(
        port.run_within(hanging, within_s=PATIENCE_S, when_late=handed_over)
    )
    await hanging.begun()
    is_through = threading.Event()
    port.submit(is_through.set)
    hanging.is_let_go.set()
    is_through.wait(PATIENCE_S)  # noqa: ASYNC251  the loop must stand still meanwhile
    asked.cancel()
    await asyncio.wait([asked])
    assert await asyncio.to_thread(handed_over.has_come.wait, PATIENCE_S)
    thread = await port.run(threading.current_thread)
    assert handed_over.results == [("late", thread)]
    await let_go(port, hanging)


async def test_a_call_that_has_not_begun_in_time_is_never_made_and_owes_nothing(
    port: PortThread, hanging: Hanging
) -> None:
    made: list[str] = []
    handed_over = HandedOver()
    port.submit(hanging)
    await hanging.begun()
    for _ in range(2):
        with pytest.raises(DeviceSilent, match="no answer in"):
            await port.run_within(lambda: made.append("never"), within_s=_SHORT_S)
    await let_go(port, hanging)
    assert (made, handed_over.results) == ([], [])


async def test_what_a_late_call_raises_is_nobodys(port: PortThread, hanging: Hanging) -> None:
    def fail() -> str:
        hanging()
        raise ValueError("late")

    handed_over = HandedOver()
    with pytest.raises(DeviceSilent):
        await port.run_within(fail, within_s=_SHORT_S, when_late=handed_over)
    hanging.is_let_go.set()
    thread = await port.run(threading.current_thread)
    assert thread.is_alive()
    assert handed_over.results == []
    await let_go(port, hanging)
