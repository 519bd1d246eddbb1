"""The one thread of one port: what blocks runs there, in order, and whatever hangs, hangs there."""

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from functools import partial
from typing import Generic, TypeVar

from device_drivers.errors import DeviceMissing, DeviceSilent

T = TypeVar("T")

CLOSE_S = 3.0
"""The longest call that ends by itself, keeping an A4 page and reading its codes, took 1.06 s on
two busy cores; three times that. A kiosk closes its ports at once, after up to 15 s for a last
paper, and systemd gives its app 25 s to end (TimeoutStopSec): all of them may hang."""


class PortThread:
    """Runs calls one after another, on one thread that lives from a call until it is let go.

    There is never a second one: while the port holds a call, everything else waits behind it,
    however often the port is closed and opened, and nothing of the port is used by two threads.
    The thread is a daemon: a call that never comes back does not keep the process from ending.
    Methods may be called from any thread; the awaited ones by one event loop.
    """

    def __init__(self, device: str, *, name: str) -> None:
        self._device = device
        self._name = name
        self._changed = threading.Condition()
        self._calls: deque[_Call[object]] = deque()
        self._under_way: _Call[object] | None = None
        self._thread: threading.Thread | None = None
        self._is_wanted = False
        """False: the thread ends as soon as nothing is left to do."""
        self._owed: Future[object] | None = None
        """A call that missed its time and has not come back, as `run_within` knows it."""

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Have it called after all that was submitted before, unless it is cancelled by then.

        Raises DeviceMissing, as every method that needs the thread, where the system gives none;
        nothing is submitted then, and whoever asks again may get one.
        """
        call = _Call(work)
        with self._changed:
            self._put(call)
            self._is_wanted = True
        return call.future

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises; a cancelled caller leaves it to end by itself.

        Raises DeviceMissing when `close` did not wait for it any longer.
        """
        return await asyncio.wrap_future(self.submit(work))

    async def run_within(
        self,
        work: Callable[[], T],
        *,
        within_s: float,
        when_late: Callable[[T], None] | None = None,
    ) -> T:
        """As `run`, for what may hang in a library: raises DeviceSilent after `within_s`.

        Until such a call is back, every further one gets DeviceSilent at once. `when_late` is
        given, in this port's thread, what nobody awaits any more, also when the caller was
        cancelled; a call that has not begun by then is never made.
        """
        if self._owed is not None and not self._owed.done():
            raise DeviceSilent(self._device, "still owes an earlier answer")
        self._owed = None
        future = self.submit(work)
        answer = asyncio.wrap_future(future)
        answer.add_done_callback(_heard)
        try:
            done, _ = await asyncio.wait([answer], timeout=within_s)
        except asyncio.CancelledError:
            self._abandon(future, when_late)
            raise
        if done:
            return answer.result()
        if self._abandon(future, when_late):
            self._owed = future  # type: ignore[assignment]  # only asked whether it is done
        raise DeviceSilent(self._device, f"no answer in {within_s:g} s")

    def rest(self) -> None:
        """End the thread when all that was submitted is done, unless more comes meanwhile."""
        with self._changed:
            self._is_wanted = False
            self._changed.notify()

    def let_go(self, release: Callable[[], None]) -> None:
        """Run `release` behind what is under way, then rest; waits for nothing."""
        self._put_last(release)

    async def close(self, release: Callable[[], None], *, within_s: float) -> bool:
        """Let go, and wait for it; False when the port still holds a call after `within_s`.

        Such a call is left behind: who waits for it, or for one between it and `release`, gets
        DeviceMissing, its result is thrown away whenever it comes, and `release` runs then.
        Raises what `release` raises in time. Cancelled, it all goes on without the caller.
        """
        deadline = asyncio.get_running_loop().time() + within_s
        thread, last = self._put_last(release)
        released = asyncio.wrap_future(last.future)
        released.add_done_callback(_heard)
        await asyncio.wait([released], timeout=within_s)
        if not released.done():
            self._leave_behind(last)
            return False
        if not self._is_wanted:  # else somebody has opened the port anew
            left_s = max(0.0, deadline - asyncio.get_running_loop().time())
            await asyncio.to_thread(thread.join, left_s)
        released.result()
        return True

    def _put_last(self, release: Callable[[], None]) -> "tuple[threading.Thread, _Call[object]]":
        with self._changed:
            self._forget_cancelled()
            # Who closes again and again while a call hangs adds nothing: it waits for the same.
            is_there = bool(self._calls) and self._calls[-1].work == release
            last = self._calls[-1] if is_there else _Call[object](release)
            thread = self._begun() if is_there else self._put(last)
            self._is_wanted = False
            return thread, last

    def _put(self, call: "_Call[T]") -> threading.Thread:
        self._forget_cancelled()
        self._calls.append(call)  # type: ignore[arg-type]  # nobody looks into its result here
        try:
            thread = self._begun()
        except RuntimeError as error:
            self._calls.pop()
            raise DeviceMissing(self._device, f"no thread for its port: {error}") from error
        self._changed.notify()
        return thread

    def _begun(self) -> threading.Thread:
        if self._thread is None:
            thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            thread.start()  # it waits for the lock we hold
            self._thread = thread
        return self._thread

    def _forget_cancelled(self) -> None:
        """Drop what nobody waits for: asked every second, a hung port would collect it."""
        if any(call.future.cancelled() for call in self._calls):
            self._calls = deque(call for call in self._calls if not call.future.cancelled())

    def _abandon(self, future: Future[T], when_late: Callable[[T], None] | None) -> bool:
        """Is it under way, or done, and so beyond recall? Then `when_late` gets what it brings."""
        if future.cancel():
            return False
        if when_late is not None:
            future.add_done_callback(partial(self._hand_over, when_late))
        return True

    def _hand_over(self, when_late: Callable[[T], None], future: Future[T]) -> None:
        if future.cancelled() or future.exception() is not None:
            return
        if threading.current_thread() is self._thread:
            when_late(future.result())
        else:  # it came between the end of the wait and this look
            self.submit(partial(when_late, future.result()))

    def _leave_behind(self, last: "_Call[object]") -> None:
        left: list[_Call[object]] = []
        with self._changed:
            if last in self._calls:  # else it has come back just now, or `release` itself hangs
                left += [self._under_way] if self._under_way is not None else []
                while self._calls[0] is not last:
                    left.append(self._calls.popleft())
        for call in left:
            call.fail(DeviceMissing(self._device, "the port was closed, and hangs"))

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._calls or not self._is_wanted)
                if not self._calls:
                    self._thread = None
                    return
                call = self._calls.popleft()
                if not call.future.set_running_or_notify_cancel():
                    continue
                self._under_way = call
            call.do()
            with self._changed:
                self._under_way = None
            del call  # what it brought may be a citizen's, and the next call may be long in coming


class _Call(Generic[T]):
    """Work, and what comes of it. Settled once: by its end, or by who no longer waits for it."""

    def __init__(self, work: Callable[[], T]) -> None:
        self.work = work
        self.future: Future[T] = Future()

    def do(self) -> None:
        try:
            result = self.work()
        except BaseException as error:  # noqa: BLE001 - handed over to whoever awaits it
            self.fail(error)
            del self  # a circle otherwise: the error knows this frame
        else:
            with contextlib.suppress(InvalidStateError):  # left behind
                self.future.set_result(result)

    def fail(self, error: BaseException) -> None:
        with contextlib.suppress(InvalidStateError):
            self.future.set_exception(error)


def _heard(answer: "asyncio.Future[T]") -> None:
    """What comes after its time is nobody's; asyncio would complain that nobody took it."""
    if not answer.cancelled():
        answer.exception()
