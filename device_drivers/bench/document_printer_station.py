"""The station for the A4 printer: its tray, toner, door, cable, and the papers on top of it."""

import asyncio
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path

from device_drivers.bench.refusal import Refused
from device_drivers.bench.station import Action, Body, simply
from device_drivers.document_printer.emulator import PrintingFailed, PrivatePrinting

FULL_TRAY_SHEETS = 250
NEAR_END_SHEETS = 20
LOW_TONER_PERCENT = 5
FULL_TONER_PERCENT = 100
SLOW_PAGE_S = 8.0
"""An old printer that has to warm up for each page."""


class DocumentPrinterStation:
    """A CUPS of our own, the printer behind it, and what was printed."""

    def __init__(self, directory: Path) -> None:
        """`directory` is a folder for this station alone; its path must be short (sockets)."""
        self._printing = PrivatePrinting(directory)
        self._is_plugged = True
        self._is_served = True
        self._is_jammed = False
        self._is_door_open = False
        self._is_slow = False
        self._toner_percent = FULL_TONER_PERCENT
        self._taken = 0
        """Papers up to this number have been taken away."""

    @property
    def port(self) -> str:
        """The queue; reached only with `settings`."""
        return self._printing.port

    @property
    def settings(self) -> dict[str, str]:
        """What the driver must be told besides the port."""
        return self._printing.settings

    @property
    def actions(self) -> Mapping[str, Action]:
        """What hands, and bad luck, do to a printer and to its print service."""
        return {
            "take": simply(self._take),
            "out_of_paper": self._tray(0),
            "near_end": self._tray(NEAR_END_SHEETS),
            "refill": self._tray(FULL_TRAY_SHEETS),
            "out_of_toner": self._toner(0),
            "low_toner": self._toner(LOW_TONER_PERCENT),
            "new_toner": self._toner(FULL_TONER_PERCENT),
            "jam": self._fault(is_jammed=True),
            "free_jam": self._fault(is_jammed=False),
            "open_door": self._fault(is_door_open=True),
            "close_door": self._fault(is_door_open=False),
            "slow": self._speed(is_slow=True),
            "fast": self._speed(is_slow=False),
            "unplug": self._cable(is_plugged=False),
            "plug": self._cable(is_plugged=True),
            "stop_service": self._service(is_served=False),
            "start_service": self._service(is_served=True),
        }

    def state(self) -> dict[str, object]:
        """Tray, toner, door, and every paper, oldest first, those not yet taken apart."""
        printed = self._printing.printed()
        return {
            "plugged": self._is_plugged,
            "service": self._is_served,
            "sheets": self._printing.sheets,
            "toner_percent": self._toner_percent,
            "jammed": self._is_jammed,
            "door_open": self._is_door_open,
            "slow": self._is_slow,
            "lying": [number for number in printed if number > self._taken],
            "papers": [{"number": number, "pages": pages} for number, pages in printed.items()],
        }

    def page(self, number: int, page: int) -> bytes:
        """One printed page as PNG. Raises Refused."""
        if not 1 <= page <= self._printing.printed().get(number, 0):
            raise Refused(HTTPStatus.NOT_FOUND, "no_such_paper", "no such paper is kept")
        return self._printing.page(number, page)

    async def start(self) -> None:
        """Start CUPS and the printer. Raises PrintingFailed."""
        await asyncio.to_thread(self._printing.start)
        await asyncio.to_thread(self._printing.set_toner, FULL_TONER_PERCENT)
        self._taken = max(self._printing.printed(), default=0)

    async def stop(self) -> None:
        """End both."""
        await asyncio.to_thread(self._printing.close)

    async def _take(self) -> None:
        self._taken = max(self._printing.printed(), default=0)

    def _tray(self, sheets: int) -> Action:
        return self._doing(lambda: self._printing.put_paper(sheets))

    def _toner(self, percent: int) -> Action:
        def change() -> None:
            self._printing.set_toner(percent)
            self._toner_percent = percent

        return self._doing(change)

    def _fault(self, *, is_jammed: bool | None = None, is_door_open: bool | None = None) -> Action:
        def change() -> None:
            if is_jammed is not None:
                self._printing.jam(is_jammed=is_jammed)
                self._is_jammed = is_jammed
            if is_door_open is not None:
                self._printing.open_door(is_open=is_door_open)
                self._is_door_open = is_door_open

        return self._doing(change)

    def _speed(self, *, is_slow: bool) -> Action:
        def change() -> None:
            if is_slow:
                self._printing.take_per_page(SLOW_PAGE_S)
            else:
                self._printing.take_per_page()
            self._is_slow = is_slow

        return self._doing(change)

    def _cable(self, *, is_plugged: bool) -> Action:
        def change() -> None:
            if is_plugged:
                self._printing.plug()
            else:
                self._printing.unplug()
            self._is_plugged = is_plugged

        return self._doing(change)

    def _service(self, *, is_served: bool) -> Action:
        def change() -> None:
            if is_served:
                self._printing.start_service()
            else:
                self._printing.stop_service()
            self._is_served = is_served

        return self._doing(change)

    @staticmethod
    def _doing(call: Callable[[], None]) -> Action:
        async def action(body: Body) -> None:
            del body
            try:
                await asyncio.to_thread(call)
            except PrintingFailed as error:
                status = HTTPStatus.INTERNAL_SERVER_ERROR
                raise Refused(status, "printing_failed", str(error)) from error

        return action
