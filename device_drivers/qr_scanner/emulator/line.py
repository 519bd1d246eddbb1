"""A self-triggering scanner that sends plain lines, written from `DEVICES.md` 5.1."""

import math
from pathlib import Path

from device_drivers.qr_scanner.emulator.scanner import BYTES_PER_S_115200, ScannerEmulator


class LineScannerEmulator(ScannerEmulator):
    """Always looks.

    `prefix` and `suffix` are what it is set to send around every code, `identifies` whether it
    sends the AIM identifier in front.
    """

    def __init__(
        self,
        link: Path | None = None,
        *,
        prefix: bytes = b"",
        suffix: bytes = b"\r\n",
        identifies: bool = False,
        bytes_per_s: float | None = BYTES_PER_S_115200,
    ) -> None:
        super().__init__(link, bytes_per_s=bytes_per_s)
        self._prefix = prefix
        self._suffix = suffix
        self._identifies = identifies
        self._look(math.inf)

    def _lose_power(self) -> None:
        """It looks whenever it has power."""

    def _obey(self) -> None:
        """A scanner set to plain lines takes no commands."""
        self._heard = b""

    def _send_code(self, payload: bytes, identifier: str) -> None:
        front = identifier.encode("ascii") if self._identifies else b""
        self._line.send(self._prefix + front + payload + self._suffix)
