"""A Newland scanner (新大陆), new or old, written from `DEVICES.md` 5.1."""

import math
import re
import time
from pathlib import Path
from typing import Literal

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

Command = Literal["trigger", "setting", "leaving"]
"""What it can be slow to answer: a trigger, a unified setting, and leaving the old settings."""
_TAGS = ("SCNMOD", "ORTSET", "RRDENA", "TSUSET", "QRCENC", "ILLSCN", "AMLENA", "GRBENA")


class NewlandScannerEmulator(ScannerEmulator):
    """Looks when triggered, and away after a code; `is_old` knows the old settings instead.

    In its settings an old one looks at nothing and refuses whatever is no setting; there it stays
    for 5 s, or until it is told to leave where `stays_in_settings`. The document is silent on both.
    """

    def __init__(
        self,
        link: Path | None = None,
        *,
        is_old: bool = False,
        stays_in_settings: bool = False,
        suffix: bytes = b"\r",
        bytes_per_s: float | None = BYTES_PER_S_115200,
    ) -> None:
        super().__init__(link, bytes_per_s=bytes_per_s)
        self._is_old = is_old
        self._setting_s = math.inf if stays_in_settings else _SETTING_S
        self._suffix = suffix
        self._setting_until = 0.0
        self._laid: list[bytes] = []
        self._held_back: tuple[frozenset[Command], int] = (frozenset(), 0)
        self._answers = b""
        """Those that wait for the next codes."""
        self.settings = {"SCNMOD": "0", "ORTSET": "3000", "GRBENA": "1"}
        self.refuses = False
        """True: every command gets NAK."""
        self.refusals = 0
        """How many of the next commands get NAK."""
        self.refuses_while_sending = False
        """True: a trigger that finds it sending a code gets NAK."""
        self.flash_writes = 0
        """How often a setting went to the flash, which wears."""

    @property
    def is_in_settings(self) -> bool:
        """Is it in its settings, where it looks at nothing?"""
        return time.monotonic() < self._setting_until

    def enter_settings(self) -> None:
        """Be in its settings, as a program that was cut off may have left it."""
        self._setting_until = time.monotonic() + self._setting_s
        self._look_away()

    def lay(self, *payloads: bytes) -> None:
        """Lay these codes before it: it sees them as soon as it looks, and sends them at once."""
        self._laid += payloads

    def hold_back(self, *commands: Command, behind: int) -> None:
        """Let the answers to these wait for the next codes.

        They stand on the same line, behind so many of them.
        """
        self._held_back = (frozenset(commands), behind)

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
        if self.refuses or self.refusals:
            self.refusals -= bool(self.refusals)
            self._line.send(b"\x15")
        elif self._is_old and self.is_in_settings:
            self._answer_in_settings(found)
        elif found["trigger"]:
            is_refused = self.refuses_while_sending and bool(self._laid)
            self._say("trigger", b"\x15" if is_refused else b"\x06")
            self._look(_READING_S if found["trigger"] == b"1" else math.inf)
            if self._laid:
                laid, self._laid = self._laid, []
                self._send_codes(laid)
        elif found["suffix"] and not self._is_old:
            self._set(found["storage"], found["command"].decode("ascii"))
        elif found["suffix"] or not self._is_old:
            self._report(found[0])
        elif found["enter"]:
            self.enter_settings()
            self._line.send(b"@@@@")
        elif found["leave"]:
            self._say("leaving", b"^^^^")
        else:
            self._line.send(b"?..;")

    def _answer_in_settings(self, found: re.Match[bytes]) -> None:
        self._setting_until = time.monotonic() + self._setting_s
        if found["enter"]:
            self._line.send(b"@@@@")
        elif found["leave"]:
            self._setting_until = 0.0
            self._say("leaving", b"^^^^")
        elif found["number"]:
            self._line.send(b"!" + found["number"] + b";")
        else:
            self._line.send(b"?..;")

    def _say(self, to: Command, answer: bytes) -> None:
        if to in self._held_back[0]:
            self._answers += answer
        else:
            self._line.send(answer)

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
            self.flash_writes += storage == b"@"
        if tag == "SCNMOD" and value in {"0", "2", "3"}:
            self._look_away()
            if value != "0":
                self._look(math.inf)
        done = b"\x02\x010000" + storage + command.encode("ascii") + b"\x06;\x03"
        self._say("setting", done)

    def _send_code(self, payload: bytes, identifier: str) -> None:
        del identifier
        self._send_codes([payload])

    def _send_codes(self, payloads: list[bytes]) -> None:
        if self.settings["SCNMOD"] == "0":
            self._look_away()
        answers, self._answers = self._answers, b""
        lines = [payload + self._suffix for payload in payloads]
        lines.insert(self._held_back[1], answers)
        self._line.send(b"".join(lines))
