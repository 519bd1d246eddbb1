"""A Honeywell scanner, written from `DEVICES.md` 5.1."""

import re
from pathlib import Path

from device_drivers.qr_scanner.emulator.scanner import BYTES_PER_S_115200, ScannerEmulator

_READING_S = 30.0
_COMMANDS = re.compile(
    rb"\x16T\r(?P<on>)|\x16U\r(?P<off>)"
    rb"|\x16M\r(?P<tag>[0-9A-Za-z]{6})(?P<value>[0-9]{0,6}|[?^*])(?P<storage>[.!])"
)
_LONGEST_COMMAND = 32
_DEFAULTS = {"232BAD": ("9", "0-9"), "TRGMOD": ("0", "0-5"), "BEPBEP": ("1", "0|1")}


class HoneywellScannerEmulator(ScannerEmulator):
    """Looks when triggered, and away after a code or when told; the trigger gets no answer."""

    def __init__(
        self,
        link: Path | None = None,
        *,
        suffix: bytes = b"\r",
        bytes_per_s: float | None = BYTES_PER_S_115200,
    ) -> None:
        super().__init__(link, bytes_per_s=bytes_per_s)
        self._suffix = suffix
        self._values = {tag: value for tag, (value, _) in _DEFAULTS.items()}
        self.flash_writes = 0
        """How often a setting went to the flash, which wears."""
        self.is_mute = False
        """True: no question is answered, as with a broken return wire."""

    def _obey(self) -> None:
        while (found := _COMMANDS.search(self._heard)) is not None:
            if found.start():
                self.unknown.append(self._heard[: found.start()])
            self._heard = self._heard[found.end() :]
            if found["on"] is not None:
                self._look(_READING_S)
            elif found["off"] is not None:
                self._look_away()
            else:
                self._menu(found["tag"].decode("ascii").upper(), found)
        if len(self._heard) > _LONGEST_COMMAND:
            self.unknown.append(self._heard)
            self._heard = b""

    def _menu(self, tag: str, found: re.Match[bytes]) -> None:
        value, storage = found["value"].decode("ascii"), found["storage"].decode("ascii")
        if tag not in _DEFAULTS:
            self.unknown.append(found[0])
            self._answer(f"{tag}{value}\x05{storage}")
            return
        told = {"?": self._values[tag], "^": _DEFAULTS[tag][0], "*": _DEFAULTS[tag][1]}
        if value not in told:
            self._values[tag] = value
            self.flash_writes += storage == "."
        self._answer(f"{tag}{told.get(value, value)}\x06{storage}")

    def _answer(self, text: str) -> None:
        if not self.is_mute:
            self._line.send(text.encode("ascii"))

    def _send_code(self, payload: bytes, identifier: str) -> None:
        del identifier
        self._look_away()
        self._line.send(payload + self._suffix)
