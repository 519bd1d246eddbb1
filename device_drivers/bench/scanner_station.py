"""The station for codes: a scanner, and what a citizen may hold before it."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

from device_drivers.bench.catalogue import Catalogue
from device_drivers.bench.refusal import Refused, chosen, text_of
from device_drivers.bench.station import Action, Body, at_once, in_thread
from device_drivers.qr_scanner.emulator import LineScannerEmulator

QR_CAPACITY_BYTES = 2953
"""Version 40 with level L, byte mode (ISO/IEC 18004)."""


class QrScannerStation:
    """A scanner that sends lines, and codes to hold before it."""

    def __init__(self, link: Path, catalogue: Catalogue) -> None:
        self._codes = catalogue.codes
        self._emulator = LineScannerEmulator(link)
        self._shown: str | None = None
        self._is_plugged = False

    @property
    def port(self) -> str:
        """The serial line's stable link."""
        return self._emulator.port

    @property
    def actions(self) -> Mapping[str, Action]:
        """Show a text or a prepared code, cut and restore the cable."""
        return {
            "show": self._show,
            "unplug": in_thread(self._unplug),
            "plug": at_once(self._plug),
        }

    def state(self) -> dict[str, object]:
        """The code shown last."""
        return {"plugged": self._is_plugged, "shown": self._shown}

    async def start(self) -> None:
        """Plug it in."""
        self._plug()

    async def stop(self) -> None:
        """Remove the line."""
        await asyncio.to_thread(self._emulator.close)

    async def _show(self, body: Body) -> None:
        if "code" in body:
            text = self._codes[chosen(body, "code", self._codes)].text
        else:
            text = text_of(body, "text", max_bytes=QR_CAPACITY_BYTES)
        if not self._is_plugged:
            raise Refused(HTTPStatus.CONFLICT, "unplugged", "the scanner is unplugged")
        await asyncio.to_thread(self._emulator.show, text)
        self._shown = text

    def _unplug(self) -> None:
        self._emulator.unplug()
        self._is_plugged = False

    def _plug(self) -> None:
        if not self._is_plugged:
            self._emulator.plug()
            self._is_plugged = True
