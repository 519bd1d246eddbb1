"""Bytes over one serial line or one TCP connection, awaited from asyncio.

Opening, reading and writing block, so they run in the port's own thread; the event loop only waits.
The thread sleeps in `poll` on the line and on a wake pipe, which is how cancelling or closing ends
a wait at once.
"""

import asyncio
import contextlib
import errno
import os
import select
import socket
import termios
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from typing import TypeVar

import serial

from device_drivers.errors import DeviceMissing, DeviceSilent
from device_drivers.ports import Port, Scheme
from device_drivers.transport.port_thread import CLOSE_S, PortThread

_Result = TypeVar("_Result")

_CHUNK_BYTES = 4096
"""One read of the kernel: the size of Linux's tty input queue (N_TTY_BUF_SIZE)."""

TCP_CONNECT_S = 0.8
"""A device on the hall's own network answers a SYN in milliseconds, and `Device.status` promises
an answer within 1 s. Who loses a SYN is asked again."""
OPEN_S = TCP_CONNECT_S + 0.1
"""A name server may take longer."""


class SerialPort:
    """A tty (8N1) or a TCP connection as bytes in and bytes out.

    `device` names the device in faults. Every method may be called from several tasks of one
    event loop; who sends a question and waits for its answer holds `conversation()` meanwhile.
    One thread serves the line, so a read waits until a write under way is done, and the reverse.
    A line that hangs up closes itself and raises DeviceMissing; `open()` tries again.
    """

    def __init__(self, port: Port, *, device: str, baud: int = 115200) -> None:
        if port.scheme not in {Scheme.SERIAL, Scheme.TCP}:
            raise ValueError(f"{port} is neither a serial line nor a TCP address")
        self._port = port
        self._device = device
        self._baud = baud
        self._talking = asyncio.Lock()
        self._opening = asyncio.Lock()
        self._thread = PortThread(device, name=f"line-{port.scheme.value}")
        self._line: _Line | None = None
        self._held = b""
        """Bytes a cancelled read had already taken from the line."""

    @property
    def is_open(self) -> bool:
        """True until the port is closed or the line is seen to have hung up."""
        return self._line is not None

    @contextlib.asynccontextmanager
    async def conversation(self) -> AsyncIterator[None]:
        """Keep every other conversation off the line meanwhile."""
        async with self._talking:
            yield

    async def open(self, *, within_s: float = OPEN_S) -> None:
        """Open the line; nothing happens when it is open. Raises DeviceMissing.

        A tty opens at once; TCP takes `TCP_CONNECT_S` at most, and no more than `within_s`. Tried
        again and again while an opening hangs, it collects nothing.
        """
        async with self._opening:
            if self._line is not None:
                return
            line = _Line(self._port, self._baud, self._thread)
            try:
                async with asyncio.timeout(within_s):
                    await line.open()
            except OSError as error:
                line.begin_end()
                raise DeviceMissing(self._device, f"{self._port}: {_reason(error)}") from error
            except UnicodeError as error:  # a host no name server can be asked for
                line.begin_end()
                raise DeviceMissing(self._device, f"{self._port}: no such host") from error
            except asyncio.CancelledError:
                if self._port.scheme is not Scheme.TCP:
                    await line.end()  # until then the tty is locked against its next user
                else:
                    line.begin_end()
                raise
            except BaseException:
                line.begin_end()
                raise
            self._held = b""
            self._line = line

    async def close(self) -> None:
        """Release the line. Safe to call twice; a wait under way raises DeviceMissing."""
        line, self._line = self._line, None
        self._held = b""
        if line is not None:
            await line.end()

    async def write(self, data: bytes, *, within_s: float) -> None:
        """Hand all bytes to the line.

        Raises DeviceSilent when the far side has not taken them all within `within_s` seconds,
        DeviceMissing when the line is closed or hangs up. Cancelled or late, some of the bytes
        may have gone out.
        """
        line = self._opened()
        left = await self._on_line(line, lambda turn: line.write(turn, data, within_s))
        if left:
            raise DeviceSilent(
                self._device, f"{self._port} took {len(data) - left} of {len(data)} bytes"
            )

    async def read(self, *, within_s: float) -> bytes:
        """Return the bytes that are there, waiting up to `within_s` seconds for the first.

        Empty when none came. Raises DeviceMissing when the line is closed or hangs up. Cancelling
        loses no byte: what the thread had taken is returned by the next read.
        """
        line = self._opened()
        if self._held:
            held, self._held = self._held, b""
            return held
        return await self._on_line(line, lambda turn: line.read(turn, within_s), keep=self._hold)

    async def discard_input(self) -> int:
        """Throw away what has arrived and nobody read; the number of bytes thrown away."""
        line = self._opened()
        count = len(self._held)
        self._held = b""
        return count + await self._on_line(line, line.discard)

    async def check(self) -> None:
        """See at once that the line still stands, leaving its bytes alone. Raises DeviceMissing."""
        if self._opened().has_hung_up():
            await self.close()
            raise DeviceMissing(self._device, f"{self._port} hung up")

    async def set_baud(self, baud: int) -> None:
        """Talk at another speed from now on, also after the port is opened anew.

        What the far side has not yet taken is thrown away. Does nothing on TCP, where the far
        end's serial server has a speed of its own. Raises DeviceMissing.
        """
        self._baud = baud
        if self._line is not None and self._port.scheme is Scheme.SERIAL:
            line = self._line
            await self._on_line(line, lambda _turn: line.set_baud(baud))

    def _hold(self, data: bytes) -> None:
        self._held += data

    def _opened(self) -> "_Line":
        if self._line is None:
            raise DeviceMissing(self._device, f"{self._port} is not open")
        return self._line

    async def _on_line(
        self,
        line: "_Line",
        work: "Callable[[_Turn], _Result]",
        *,
        keep: Callable[[_Result], None] | None = None,
    ) -> _Result:
        """Run `work` in the line's thread; cancelled, wait for its end and `keep` its result."""
        turn = _Turn()
        running = asyncio.ensure_future(line.run(lambda: work(turn)))
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            turn.is_over = True
            line.wake()
            await asyncio.wait([running])
            if running.exception() is None and keep is not None and self._line is line:
                keep(running.result())
            raise
        except OSError as error:
            if self._line is line:
                await self.close()
            raise DeviceMissing(self._device, f"{self._port}: {_reason(error)}") from error


class _Turn:
    """One piece of work in the thread; `is_over` set and the line woken, it ends at once."""

    def __init__(self) -> None:
        self.is_over = False


class _Line:
    """The blocking half: one descriptor and one wake pipe. Its work raises OSError."""

    def __init__(self, port: Port, baud: int, thread: PortThread) -> None:
        self._port = port
        self._baud = baud
        self._thread = thread
        self._descriptor: serial.Serial | socket.socket | None = None
        self._opening: Future[None] | None = None
        self._wake_reader, self._wake_writer = -1, -1
        self._is_ended = False

    async def open(self) -> None:
        """Open in the port's thread; once, before anything else."""
        self._opening = self._thread.submit(self._open)
        await asyncio.wrap_future(self._opening)

    async def run(self, work: Callable[[], _Result]) -> _Result:
        """Do `work` in the port's thread, after whatever it is doing now."""
        if self._is_ended:
            raise OSError(errno.EBADF, "closed")
        return await self._thread.run(work)

    def wake(self) -> None:
        """Have the thread look again whether its turn is over."""
        if not self._is_ended:
            self._ring()

    def begin_end(self) -> None:
        """End the wait under way, then close everything; once."""
        if self._has_to_be_released():
            self._thread.let_go(self._release)

    async def end(self) -> None:
        """The same, and wait until it is closed, or for `CLOSE_S`; once."""
        if self._has_to_be_released():
            await self._thread.close(self._release, within_s=CLOSE_S)

    def _has_to_be_released(self) -> bool:
        """End the wait under way. False the second time, and where the opening never had its turn.

        Behind an opening that hangs, each of those that follow would leave its release otherwise.
        """
        if self._is_ended:
            return False
        self._is_ended = True
        if self._opening is None or self._opening.cancel():
            self._thread.rest()
            return False
        self._ring()
        return True

    def _open(self) -> None:
        self._wake_reader, self._wake_writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._port.scheme is Scheme.TCP:
            address = (self._port.address, self._port.number)
            connection = socket.create_connection(address, timeout=TCP_CONNECT_S)
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            self._descriptor = connection
            return
        try:
            self._descriptor = serial.Serial(
                self._port.address, self._baud, timeout=0, write_timeout=0, exclusive=True
            )
        except termios.error as error:  # pyserial lets some of these through; not an OSError
            raise OSError(*error.args) from error

    def has_hung_up(self) -> bool:
        """Ask the kernel at once; called from the event loop, which also is where lines end."""
        poll = select.poll()
        poll.register(self._number(), select.POLLRDHUP)
        return bool(poll.poll(0))

    def set_baud(self, baud: int) -> None:
        """Change the speed of a tty; what is still to go out would be garbage at the new one."""
        self._number()
        if isinstance(self._descriptor, serial.Serial):
            try:
                self._descriptor.reset_output_buffer()
                self._descriptor.baudrate = baud
            except termios.error as error:
                raise OSError(*error.args) from error

    def read(self, turn: _Turn, within_s: float) -> bytes:
        """Whatever is there, or comes within the time; empty when nothing did."""
        if not self._wait(turn, select.POLLIN, time.monotonic() + within_s):
            return b""
        try:
            data = os.read(self._number(), _CHUNK_BYTES)
        except BlockingIOError:
            return b""
        if not data:
            raise OSError(errno.EIO, "hung up")
        return data

    def discard(self, turn: _Turn) -> int:
        """Read until nothing is there, in one turn: a babbler may be faster than one after another.

        The number of bytes.
        """
        count = 0
        while not turn.is_over and (chunk := self.read(turn, 0)):
            count += len(chunk)
        return count

    def write(self, turn: _Turn, data: bytes, within_s: float) -> int:
        """Send; the number of bytes left over when the time or the turn was over."""
        left = memoryview(data)
        deadline = time.monotonic() + within_s
        while left and self._wait(turn, select.POLLOUT, deadline):
            with contextlib.suppress(BlockingIOError):
                left = left[os.write(self._number(), left) :]
        return len(left)

    def _number(self) -> int:
        if self._is_ended or self._descriptor is None:
            raise OSError(errno.EBADF, "closed")
        return self._descriptor.fileno()

    def _wait(self, turn: _Turn, wanted: int, deadline: float) -> bool:
        """Sleep until the line is `wanted` or has hung up; False when time or turn is over."""
        number = self._number()
        poll = select.poll()
        poll.register(number, wanted)
        poll.register(self._wake_reader, select.POLLIN)
        while not turn.is_over:
            left_s = max(0.0, deadline - time.monotonic())
            ready = dict(poll.poll(left_s * 1000))
            self._number()
            if self._wake_reader in ready:
                os.read(self._wake_reader, _CHUNK_BYTES)
                continue
            if ready.get(number, 0) & select.POLLHUP and wanted == select.POLLOUT:
                raise OSError(errno.EIO, "hung up")
            return number in ready
        return False

    def _ring(self) -> None:
        if self._wake_writer < 0:
            return  # not yet opened, so nothing waits
        with contextlib.suppress(BlockingIOError):  # full of unread rings: it will wake anyway
            os.write(self._wake_writer, b"!")

    def _release(self) -> None:
        """In the thread, as its last work: nothing else uses the descriptors any more."""
        if isinstance(self._descriptor, serial.Serial):
            with contextlib.suppress(OSError, termios.error):
                # else closing waits until a stuck device has taken what was written (tty drain)
                self._descriptor.reset_output_buffer()
        with contextlib.suppress(OSError):
            if self._descriptor is not None:
                self._descriptor.close()
        for number in (self._wake_reader, self._wake_writer):
            if number >= 0:
                os.close(number)


def _reason(error: OSError) -> str:
    """Say in the kernel's words what went wrong, without a library's own."""
    if error.errno in {errno.EAGAIN, errno.EBUSY}:  # flock(2) and TIOCEXCL of whoever has the tty
        return "in use by another program"
    if error.errno is not None and error.errno in errno.errorcode:
        return os.strerror(error.errno)
    return str(error) or "timed out"
