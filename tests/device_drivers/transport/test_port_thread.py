"""The one thread of a port: order, cancelling, closing, and a call that never comes back."""

import asyncio
import gc
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from device_drivers.errors import DeviceMissing
from device_drivers.transport.port_thread import PortThread

ROOT = Path(__file__).resolve().parents[3]
NAME = "port under test"
PATIENCE_S = 20.0
"""For what comes at once, on a machine that has much else to do."""


class Hanging:
    """Work that does not come back until it is let go."""

    def __init__(self) -> None:
        self.is_begun = threading.Event()
        self.is_let_go = threading.Event()

    def __call__(self) -> str:
        self.is_begun.set()
        self.is_let_go.wait(120)
        return "late"

    async def begun(self) -> None:
        assert await asyncio.to_thread(self.is_begun.wait, PATIENCE_S)


@pytest.fixture
def port() -> PortThread:
    return PortThread("qr_scanner", name=NAME)


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    made = Hanging()
    yield made
    made.is_let_go.set()


def threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == NAME]


async def until_no_thread() -> None:
    async with asyncio.timeout(PATIENCE_S):
        while threads():  # noqa: ASYNC110 - threads send no events
            await asyncio.sleep(0.01)


async def let_go(port: PortThread, hanging: Hanging) -> None:
    hanging.is_let_go.set()
    await port.close(lambda: None, within_s=PATIENCE_S)


async def test_calls_are_made_in_order_in_one_daemon_thread(port: PortThread) -> None:
    made: list[int] = []
    pending = [port.submit(lambda number=number: made.append(number)) for number in range(100)]  # type: ignore[misc]  # a lambda's default
    await asyncio.gather(*(asyncio.wrap_future(each) for each in pending))
    assert made == list(range(100))
    thread = await port.run(threading.current_thread)
    assert threads() == [thread]
    assert thread.daemon
    assert await port.close(lambda: None, within_s=PATIENCE_S)
    assert not thread.is_alive()


@pytest.mark.parametrize("error", [ValueError("why"), SystemExit("why")])
async def test_what_a_call_raises_comes_out_and_the_thread_lives(
    port: PortThread, error: BaseException
) -> None:
    def fail() -> None:
        raise error

    before = await port.run(threading.current_thread)
    failing = port.submit(fail)
    assert await port.run(threading.current_thread) is before
    assert failing.exception() is error
    assert await port.close(lambda: None, within_s=PATIENCE_S)


async def test_what_the_release_raises_comes_out_and_the_thread_ends(port: PortThread) -> None:
    def fail() -> None:
        raise OSError("cannot be released")

    with pytest.raises(OSError, match="cannot be released"):
        await port.close(fail, within_s=PATIENCE_S)
    await until_no_thread()


async def test_a_cancelled_caller_leaves_its_call_to_end_before_the_next(
    port: PortThread, hanging: Hanging
) -> None:
    first = asyncio.create_task(port.run(hanging))
    await hanging.begun()
    first.cancel()
    await asyncio.wait([first])
    following = asyncio.create_task(port.run(hanging.is_let_go.is_set))
    _, waiting = await asyncio.wait([following], timeout=0.1)
    assert waiting
    hanging.is_let_go.set()
    assert await following
    await let_go(port, hanging)


async def test_a_call_cancelled_before_its_turn_is_never_made(
    port: PortThread, hanging: Hanging
) -> None:
    port.submit(hanging)
    made: list[str] = []
    waiting = port.submit(lambda: made.append("never"))
    assert waiting.cancel()
    await let_go(port, hanging)
    assert made == []


async def test_release_runs_behind_all_that_is_under_way(
    port: PortThread, hanging: Hanging
) -> None:
    order: list[str] = []
    port.submit(hanging)
    port.submit(lambda: order.append("waiting"))
    closing = asyncio.create_task(port.close(lambda: order.append("released"), within_s=PATIENCE_S))
    await hanging.begun()
    assert order == []
    hanging.is_let_go.set()
    assert await closing
    assert order == ["waiting", "released"]
    assert threads() == []


async def test_a_call_that_hangs_is_left_behind_and_released_when_it_comes_back(
    port: PortThread, hanging: Hanging
) -> None:
    order: list[str] = []
    under_way = asyncio.create_task(port.run(hanging))
    waiting = asyncio.create_task(port.run(lambda: order.append("waiting")))
    await hanging.begun()
    began = time.monotonic()
    assert not await port.close(lambda: order.append("released"), within_s=0.1)
    assert time.monotonic() - began < PATIENCE_S
    for each in (under_way, waiting):
        with pytest.raises(DeviceMissing, match="closed"):
            await asyncio.wait_for(each, PATIENCE_S)
    assert order == []
    hanging.is_let_go.set()
    await until_no_thread()
    assert order == ["released"]


async def test_what_is_asked_after_closing_waits_for_the_call_that_hangs_on_the_same_thread(
    port: PortThread, hanging: Hanging
) -> None:
    released: list[threading.Thread] = []
    port.submit(hanging)
    await hanging.begun()
    assert not await port.close(lambda: released.append(threading.current_thread()), within_s=0.1)
    anew = asyncio.create_task(port.run(threading.current_thread))
    _, waiting = await asyncio.wait([anew], timeout=0.1)
    assert waiting
    hanging.is_let_go.set()
    assert [await anew] == released
    await let_go(port, hanging)


async def test_a_release_that_hangs_is_waited_for_no_longer(
    port: PortThread, hanging: Hanging
) -> None:
    def release() -> None:
        hanging()

    assert not await port.close(release, within_s=0.1)
    hanging.is_let_go.set()
    await until_no_thread()


async def test_a_cancelled_close_goes_on_by_itself(port: PortThread, hanging: Hanging) -> None:
    released = threading.Event()
    port.submit(hanging)
    closing = asyncio.create_task(port.close(released.set, within_s=PATIENCE_S))
    await hanging.begun()
    closing.cancel()
    await asyncio.wait([closing])
    hanging.is_let_go.set()
    assert await asyncio.to_thread(released.wait, PATIENCE_S)
    await until_no_thread()


async def test_asked_and_closed_again_and_again_a_call_that_hangs_collects_nothing(
    port: PortThread, hanging: Hanging
) -> None:
    released: list[str] = []

    def release() -> None:
        released.append("once")

    port.submit(hanging)
    await hanging.begun()
    for _ in range(50):
        asked = asyncio.create_task(port.run(lambda: "status"))
        await asyncio.sleep(0)
        asked.cancel()
        await asyncio.wait([asked])
        assert not await port.close(release, within_s=0)
    assert len(threads()) == 1
    assert len(port._calls) <= 2
    hanging.is_let_go.set()
    await until_no_thread()
    assert released == ["once"]


async def test_a_thread_the_system_does_not_give_is_asked_for_again(
    port: PortThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as no_thread:
        no_thread.setattr(threading.Thread, "start", refuse)
        with pytest.raises(DeviceMissing, match="no thread"):
            port.submit(lambda: made.append("refused"))
        with pytest.raises(DeviceMissing, match="no thread"):
            port.let_go(lambda: made.append("refused"))
    assert await asyncio.wait_for(port.run(lambda: "a later one"), PATIENCE_S) == "a later one"
    assert made == []
    assert await port.close(lambda: None, within_s=PATIENCE_S)


@pytest.mark.slow
async def test_nothing_is_left_over_after_many_openings(port: PortThread) -> None:
    class Result:
        """Something that can be watched."""

    results: list[weakref.ref[Result]] = []

    def make() -> None:
        results.append(weakref.ref(Result()))

    for _ in range(500):
        await port.run(make)
        assert await port.close(make, within_s=PATIENCE_S)
        assert threads() == []
    gc.collect()
    assert [each for each in results if each() is not None] == []


async def test_the_thread_keeps_nothing_of_the_last_result(port: PortThread) -> None:
    class Result:
        """Something that can be watched."""

    watched = weakref.ref(await port.run(Result))
    async with asyncio.timeout(PATIENCE_S):
        while watched() is not None:  # noqa: ASYNC110 - the thread may not be through with it yet
            await asyncio.sleep(0.01)
    assert len(threads()) == 1
    await port.close(lambda: None, within_s=PATIENCE_S)


_HUNG_PROGRAM = """
import asyncio, threading
{imports}

is_never = threading.Event()
is_begun = threading.Event()

def hang() -> None:
    is_begun.set()
    is_never.wait()

async def main() -> None:
{main}

asyncio.run(main())
print("ended", flush=True)
"""
_ON_A_PORT = _HUNG_PROGRAM.format(
    imports="from device_drivers.transport.port_thread import PortThread",
    main="""
    port = PortThread("qr_scanner", name="port")
    port.submit(hang)
    await asyncio.to_thread(is_begun.wait)
    print(await port.close(is_never.set, within_s=0.1))
""",
)
_IN_A_POOL = _HUNG_PROGRAM.format(
    imports="from concurrent.futures import ThreadPoolExecutor",
    main="""
    pool = ThreadPoolExecutor(1)
    pool.submit(hang)
    pool.shutdown(wait=False)
""",
)


@pytest.fixture
def start() -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    begun: list[subprocess.Popen[str]] = []

    def run(program: str) -> subprocess.Popen[str]:
        begun.append(
            subprocess.Popen(
                [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True
            )
        )
        return begun[-1]

    yield run
    for each in begun:
        each.kill()
        each.communicate()


def test_a_process_ends_by_itself_while_a_call_hangs(
    start: Callable[[str], subprocess.Popen[str]],
) -> None:
    out, _ = start(_ON_A_PORT).communicate(timeout=3 * PATIENCE_S)
    assert out.split() == ["False", "ended"]


@pytest.mark.slow
def test_a_pool_that_keeps_its_process_from_ending_would_be_seen(
    start: Callable[[str], subprocess.Popen[str]],
) -> None:
    process = start(_IN_A_POOL)
    assert process.stdout is not None
    assert process.stdout.readline() == "ended\n"
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1)
