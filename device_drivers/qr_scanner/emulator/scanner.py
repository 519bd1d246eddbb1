"""What every emulated scanner has: a hand that holds codes, and eyes that are on or off."""

import threading
import time
from abc import abstractmethod
from pathlib import Path

from device_drivers.emulation.pty_line import PtyLine
from device_drivers.emulation.serial_emulator import SerialEmulator

BYTES_PER_S_115200 = 11520.0


class ScannerEmulator(SerialEmulator):
    """One scanner. Show it codes, cut its cable; from any thread.

    `bytes_per_s` is the pace of its line, None for no pace.
    """

    def __init__(
        self, link: Path | None = None, *, bytes_per_s: float | None = BYTES_PER_S_115200
    ) -> None:
        super().__init__(PtyLine(link, self._hear, bytes_per_s=bytes_per_s))
        self.unknown: list[bytes] = []
        """What came and is no command of this scanner's, in order."""
        self.begun = 0
        """How often it was told to look."""
        self._heard = b""
        self._looks_until = 0.0

    @property
    def is_looking(self) -> bool:
        """Does it look for codes now?"""
        return time.monotonic() < self._looks_until

    def show(self, text: str, *, encoding: str = "utf-8") -> None:
        """Hold a QR code of this text before the scanner; returns when it was sent.

        A scanner that does not look sees nothing.
        """
        self.show_bytes(text.encode(encoding))

    def show_bytes(self, payload: bytes, *, identifier: str = "]Q1") -> None:
        """Hold a code of these bytes before the scanner."""
        if self.is_looking:
            self._send_code(payload, identifier)

    def babble(self, data: bytes) -> None:
        """Send these bytes and nothing else, as a broken scanner or a wrong speed would."""
        self._line.send(data)

    def rub(self) -> None:
        """Let the plug lose its contact and find it again: NUL and FF are what the host hears."""
        self._line.send(b"\x00\xff\x00")

    def unplug(self) -> None:
        """Pull the cable: it has no power any more, and forgets what it was told."""
        super().unplug()
        self._lose_power()

    def _look(self, for_s: float) -> None:
        self.begun += 1
        self._looks_until = time.monotonic() + for_s

    def _look_away(self) -> None:
        self._looks_until = 0.0

    def _lose_power(self) -> None:
        self._heard = b""
        self._look_away()

    def _hear(self, data: bytes) -> None:
        self._heard += data
        self._obey()

    @abstractmethod
    def _obey(self) -> None:
        """Take every whole command from `_heard`."""

    @abstractmethod
    def _send_code(self, payload: bytes, identifier: str) -> None:
        """Send one code."""


class Acknowledgement:
    """Waits in one thread for what another hears."""

    def __init__(self) -> None:
        self._came = threading.Event()
        self._answer = 0

    def expect(self) -> None:
        """Forget what came before."""
        self._came.clear()

    def give(self, answer: int) -> None:
        """It came."""
        self._answer = answer
        self._came.set()

    def awaited(self, within_s: float) -> int | None:
        """What came; None where nothing does within the time."""
        return self._answer if self._came.wait(within_s) else None
