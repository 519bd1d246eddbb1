"""A Newland scanner (新大陆), new or old, written from `DEVICES.md` 5.1."""

import math
import re
import time
from pathlib import Path

from device_drivers.qr_scanner.emulator.scanner import BYTES_PER_S_115200, ScannerEmulator

_READING_S = 3.0
_SETTING_S = 5.0
"""`%%%%` leaves the setting mode, and so do five seconds without a command."""
_COMMANDS = re.compile(
    rb"\x1b(?P<trigger>[123])"
    rb"|(?P<enter>\$\$\$\$)|(?P<leave>%%%%)|#(?P<number>[0-9]{8});"
    rb"|\x7e\x010000(?P<storage>[@#])(?P<command>[0-9A-Z*&^]+)(?P<suffix>;\x03)"
)
_LONGEST_COMMAND = 96
_TAGS = ("SCNMOD", "ORTSET", "RRDENA", "TSUSET", "QRCENC", "ILLSCN", "AMLENA", "GRBENA")


class NewlandScannerEmulator(ScannerEmulator):
    """Looks when triggered, and away after a code; `is_old` knows the old settings instead."""

    def __init__(
        self,
        link: Path | None = None,
        *,
        is_old: bool = False,
        suffix: bytes = b"\r",
        bytes_per_s: float | None = BYTES_PER_S_115200,
    ) -> None:
        super().__init__(link, bytes_per_s=bytes_per_s)
        self._is_old = is_old
        self._suffix = suffix
        self._setting_until = 0.0
        self.settings = {"SCNMOD": "0", "ORTSET": "3000", "GRBENA": "1"}
        self.refuses = False
        """True: every command gets NAK."""

    def _obey(self) -> None:
        while (found := _COMMANDS.search(self._heard)) is not None:
            self._report(self._heard[: found.start()])
            self._heard = self._heard[found.end() :]
            self._answer(found)
        if len(self._heard) > _LONGEST_COMMAND:
            self._report(self._heard)
            self._heard = b""

    def _report(self, noise: bytes) -> None:
        if noise:
            self.unknown.append(noise)

    def _answer(self, found: re.Match[bytes]) -> None:
        if self.refuses:
            self._line.send(b"\x15")
        elif found["trigger"]:
            self._line.send(b"\x06")
            self._look(_READING_S if found["trigger"] == b"1" else math.inf)
        elif found["suffix"] and not self._is_old:
            self._set(found["storage"], found["command"].decode("ascii"))
        elif found["suffix"] or not self._is_old:
            self._report(found[0])
        elif found["enter"]:
            self._setting_until = time.monotonic() + _SETTING_S
            self._line.send(b"@@@@")
        elif found["leave"]:
            self._setting_until = 0.0
            self._line.send(b"^^^^")
        elif time.monotonic() < self._setting_until:
            self._line.send(b"!" + found["number"] + b";")
        else:
            self._line.send(b"?..;")

    def _set(self, storage: bytes, command: str) -> None:
        tag, value = command[:6], command[6:]
        if tag not in _TAGS:
            self._report(command.encode("ascii"))
            self._line.send(b"\x02\x010000" + storage + command.encode("ascii") + b"\x15;\x03")
            return
        if value == "*":
            command = tag + self.settings.get(tag, "0")
        else:
            self.settings[tag] = value
        if tag == "SCNMOD" and value in {"0", "2", "3"}:
            self._look_away()
            if value != "0":
                self._look(math.inf)
        self._line.send(b"\x02\x010000" + storage + command.encode("ascii") + b"\x06;\x03")

    def _send_code(self, payload: bytes, identifier: str) -> None:
        del identifier
        if self.settings["SCNMOD"] == "0":
            self._look_away()
        self._line.send(payload + self._suffix)
