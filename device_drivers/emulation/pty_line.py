"""A serial line that ends in a pty: what every serial emulator hangs on.

Programs open a symbolic link, so that a line unplugged and plugged in again is found under the
same name, as udev would do it.
"""

import contextlib
import errno
import os
import select
import tempfile
import termios
import threading
import time
import tty
from collections.abc import Callable, Mapping
from pathlib import Path

from device_drivers.emulation.wire_fault import Disturber

_SLICE_S = 0.001
"""A UART hands over its 16-byte FIFO about once a millisecond at 115200 baud."""

_BAUD: Mapping[int, int] = {
    termios.B9600: 9600,
    termios.B19200: 19200,
    termios.B38400: 38400,
    termios.B57600: 57600,
    termios.B115200: 115200,
}


class PtyLine:
    """One line, unplugged at first. `on_bytes` is called in the line's own thread.

    `bytes_per_s` is the pace in both directions (115200 baud with 8N1 is 11520), None for as fast
    as the machine can; it may be set anew at any time. Whoever plugs the line in must `close` it.
    """

    def __init__(
        self, link: Path | None, on_bytes: Callable[[bytes], None], *, bytes_per_s: float | None
    ) -> None:
        self._own_folder: tempfile.TemporaryDirectory[str] | None = None
        if link is None:
            self._own_folder = tempfile.TemporaryDirectory(prefix="pty-line-")
            link = Path(self._own_folder.name) / "line"
        self.link = link
        self._on_bytes = on_bytes
        self.bytes_per_s = bytes_per_s
        self.disturber = Disturber()
        """What is wrong with this wire."""
        self._plugged: _Plugged | None = None

    @property
    def port(self) -> str:
        """What stands in a configuration to reach the near end."""
        return f"serial:{self.link}"

    @property
    def is_plugged(self) -> bool:
        """True while there is something to open under the link."""
        return self._plugged is not None

    @property
    def baud(self) -> int:
        """The speed the program at the near end has set, in bits a second; 0 while unplugged."""
        return 0 if self._plugged is None else self._plugged.baud

    def plug(self) -> None:
        """Make the line appear; nothing happens when it is there."""
        if self._plugged is None:
            self._plugged = _Plugged(self)
            fresh = self.link.with_name(f"{self.link.name}.new")
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(self._plugged.path)
            fresh.replace(self.link)

    def unplug(self) -> None:
        """Make the line vanish: the link goes, and whoever has it open sees a hang-up."""
        plugged, self._plugged = self._plugged, None
        if plugged is not None:
            self.link.unlink(missing_ok=True)
            plugged.end()

    def hand_over(self, data: bytes) -> None:
        """Give the device what came from the program; called in the line's own thread."""
        heard = self.disturber.hears(data)
        if heard:
            self._on_bytes(heard)

    def send(self, data: bytes) -> None:
        """Send to the program at the pace of the line; lost, as on a wire, where nobody listens."""
        plugged = self._plugged
        if plugged is not None:
            disturbed = self.disturber.says(data)
            plugged.send(disturbed.data, after_s=disturbed.delay_s)

    def close(self) -> None:
        """Unplug for good and remove what was made. Safe to call twice."""
        self.unplug()
        if self._own_folder is not None:
            self._own_folder.cleanup()


class _Plugged:
    """One pty from plug to unplug, with the thread that reads it."""

    def __init__(self, line: PtyLine) -> None:
        self._line = line
        self._master, self._slave = os.openpty()  # the slave kept open: no hang-up between programs
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.path = os.ttyname(self._slave)
        self._ending = threading.Event()
        self._sending = threading.Lock()
        self._wake_reader, self._wake_writer = os.pipe()
        self._thread = threading.Thread(target=self._listen, name="pty-line", daemon=True)
        self._thread.start()

    @property
    def baud(self) -> int:
        speed: int = termios.tcgetattr(self._slave)[4]
        return _BAUD.get(speed, speed)

    @property
    def _seconds_per_byte(self) -> float:
        if self._line.bytes_per_s is None:
            return 0.0
        return self._line.disturber.pace / self._line.bytes_per_s

    def send(self, data: bytes, *, after_s: float) -> None:
        with self._sending:
            if after_s and self._ending.wait(after_s):
                return
            begun = time.monotonic()
            seconds_per_byte = self._seconds_per_byte
            size = len(data)
            if seconds_per_byte:
                size = max(1, round(_SLICE_S / seconds_per_byte))
            for start in range(0, len(data), size or 1):
                piece = data[start : start + size]
                due = begun + (start + len(piece)) * seconds_per_byte
                if self._ending.wait(max(0.0, due - time.monotonic())):
                    return
                with contextlib.suppress(BlockingIOError):  # nobody reads and the queue is full
                    os.write(self._master, piece)

    def end(self) -> None:
        self._ending.set()
        os.write(self._wake_writer, b"!")
        if threading.current_thread() is not self._thread:
            self._thread.join()
        with self._sending:
            for descriptor in (self._slave, self._master, self._wake_reader, self._wake_writer):
                os.close(descriptor)

    def _listen(self) -> None:
        poll = select.poll()
        poll.register(self._master, select.POLLIN)
        poll.register(self._wake_reader, select.POLLIN)
        while not self._ending.is_set():
            poll.poll()
            try:
                data = os.read(self._master, 4096)
            except BlockingIOError:
                continue
            except OSError as error:
                if error.errno != errno.EIO:  # EIO: a program closed in this very moment
                    raise
                continue
            if not self._ending.wait(len(data) * self._seconds_per_byte):
                self._line.hand_over(data)
