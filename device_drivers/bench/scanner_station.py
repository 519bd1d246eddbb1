"""The station for codes: a scanner of any make, and what a citizen may hold before it."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from pathlib import Path

from device_drivers.bench.catalogue import Catalogue
from device_drivers.bench.refusal import Refused, chosen, text_of
from device_drivers.bench.serial_station import SerialStation
from device_drivers.bench.station import Action, Body
from device_drivers.qr_scanner.emulator import (
    HoneywellScannerEmulator,
    LineScannerEmulator,
    NewlandScannerEmulator,
    ScannerEmulator,
    SsiScannerEmulator,
)

QR_CAPACITY_BYTES = 2953
"""Version 40 with level L, byte mode (ISO/IEC 18004)."""


_LANGUAGES: Mapping[str, Callable[[Path], ScannerEmulator]] = {
    "line": LineScannerEmulator,
    "framed": partial(LineScannerEmulator, prefix=b"\x02", suffix=b"\x03"),
    "newland": NewlandScannerEmulator,
    "newland_old": partial(NewlandScannerEmulator, is_old=True),
    "honeywell": HoneywellScannerEmulator,
    "ssi": SsiScannerEmulator,
}
"""Which scanner stands on the bench, by the language it speaks; `line` at first."""


class QrScannerStation(SerialStation):
    """A scanner on one line, which can be changed for another make, and codes to hold before it."""

    def __init__(self, link: Path, catalogue: Catalogue) -> None:
        self._codes = catalogue.codes
        self._link = link
        self._speaks = "line"
        self._emulator = _LANGUAGES[self._speaks](link)
        self._shown: str | None = None
        super().__init__(self._emulator)

    @property
    def actions(self) -> Mapping[str, Action]:
        """Show a text or a prepared code, put another make in place, cut and restore the cable."""
        return {"show": self._show, "speak": self._speak, **super().actions}

    def state(self) -> dict[str, object]:
        """The code shown last, and the language of the scanner."""
        return {**super().state(), "shown": self._shown, "speaks": self._speaks}

    async def _show(self, body: Body) -> None:
        if "code" in body:
            text = self._codes[chosen(body, "code", self._codes)].text
        else:
            text = text_of(body, "text", max_bytes=QR_CAPACITY_BYTES)
        if not self._emulator.is_plugged:
            raise Refused(HTTPStatus.CONFLICT, "unplugged", "the scanner is unplugged")
        await asyncio.to_thread(self._emulator.show, text)
        self._shown = text

    async def _speak(self, body: Body) -> None:
        """Unplug the one that is there and plug in one of the other language."""
        language = chosen(body, "language", _LANGUAGES)
        await asyncio.to_thread(self._emulator.close)
        self._speaks = language
        self._emulator = _LANGUAGES[language](self._link)
        self._cable = self._emulator
        self._emulator.plug()
