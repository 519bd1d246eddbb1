"""The station for codes: a scanner, and what a citizen may hold before it."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

from device_drivers.bench.catalogue import Catalogue
from device_drivers.bench.refusal import Refused, chosen, text_of
from device_drivers.bench.serial_station import SerialStation
from device_drivers.bench.station import Action, Body
from device_drivers.qr_scanner.emulator import LineScannerEmulator

QR_CAPACITY_BYTES = 2953
"""Version 40 with level L, byte mode (ISO/IEC 18004)."""


class QrScannerStation(SerialStation):
    """A scanner that sends lines, and codes to hold before it."""

    def __init__(self, link: Path, catalogue: Catalogue) -> None:
        self._codes = catalogue.codes
        self._emulator = LineScannerEmulator(link)
        self._shown: str | None = None
        super().__init__(self._emulator)

    @property
    def actions(self) -> Mapping[str, Action]:
        """Show a text or a prepared code, cut and restore the cable."""
        return {"show": self._show, **super().actions}

    def state(self) -> dict[str, object]:
        """The code shown last."""
        return {**super().state(), "shown": self._shown}

    async def _show(self, body: Body) -> None:
        if "code" in body:
            text = self._codes[chosen(body, "code", self._codes)].text
        else:
            text = text_of(body, "text", max_bytes=QR_CAPACITY_BYTES)
        if not self._emulator.is_plugged:
            raise Refused(HTTPStatus.CONFLICT, "unplugged", "the scanner is unplugged")
        await asyncio.to_thread(self._emulator.show, text)
        self._shown = text
