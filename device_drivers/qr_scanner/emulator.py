"""A self-triggering scanner on a pty that sends plain lines, written from `DEVICES.md` 5.1."""

from pathlib import Path

from device_drivers.emulation.pty_line import PtyLine
from device_drivers.emulation.serial_emulator import SerialEmulator

_BYTES_PER_S_115200 = 11520.0


class LineScannerEmulator(SerialEmulator):
    """One scanner. Show it codes, cut its cable; from any thread.

    `suffix` is what it is set to send behind every code, `identifies` whether it sends the AIM
    identifier in front; `bytes_per_s` is the pace of its line, None for no pace.
    """

    def __init__(
        self,
        link: Path | None = None,
        *,
        suffix: bytes = b"\r\n",
        identifies: bool = False,
        bytes_per_s: float | None = _BYTES_PER_S_115200,
    ) -> None:
        super().__init__(PtyLine(link, self._ignore, bytes_per_s=bytes_per_s))
        self._suffix = suffix
        self._identifies = identifies

    def show(self, text: str, *, encoding: str = "utf-8") -> None:
        """Hold a QR code of this text in front of the scanner; returns when it was sent."""
        self.show_bytes(text.encode(encoding))

    def show_bytes(self, payload: bytes, *, identifier: str = "]Q1") -> None:
        """Hold a code of these bytes in front of the scanner."""
        front = identifier.encode("ascii") if self._identifies else b""
        self._line.send(front + payload + self._suffix)

    def babble(self, data: bytes) -> None:
        """Send these bytes and nothing else, as a broken scanner or a wrong speed would."""
        self._line.send(data)

    def _ignore(self, data: bytes) -> None:
        """A scanner set to plain lines takes no commands."""
