"""The five devices of the first kiosk, side by side, for one process to own."""

import asyncio
import contextlib
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Self

from device_drivers.bench.card_stations import IdCardStation, SocialSecurityCardStation
from device_drivers.bench.catalogue import Catalogue
from device_drivers.bench.paper_stations import DocumentCameraStation, ReceiptPrinterStation
from device_drivers.bench.refusal import Refused
from device_drivers.bench.scanner_station import QrScannerStation
from device_drivers.bench.station import Station
from device_drivers.status import DeviceKind


class Desk:
    """All stations, switched on while it is entered.

    Serial links, pictures and pcscd's socket lie in `directory`, always under the same names.
    Called in one event loop.
    """

    def __init__(self, directory: Path, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._social_security_card = SocialSecurityCardStation(directory / "pcscd", catalogue)
        self.camera = DocumentCameraStation(directory / "desk")
        self.printer = ReceiptPrinterStation()
        self._stations: dict[str, Station] = {
            DeviceKind.ID_CARD_READER.value: IdCardStation(directory / "id_card_reader", catalogue),
            DeviceKind.SOCIAL_SECURITY_CARD.value: self._social_security_card,
            DeviceKind.QR_SCANNER.value: QrScannerStation(directory / "qr_scanner", catalogue),
            DeviceKind.DOCUMENT_CAMERA.value: self.camera,
            DeviceKind.RECEIPT_PRINTER.value: self.printer,
        }
        self._hands = {name: asyncio.Lock() for name in self._stations}
        """Two hands do not reach for one device at a time."""
        self._running = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Switch everything on. Raises PcscdFailed; what was started is stopped again."""
        try:
            for station in self._stations.values():
                self._running.push_async_callback(station.stop)
                await station.start()
        except BaseException:
            await self._running.aclose()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._running.aclose()

    def ports(self) -> dict[str, object]:
        """The port of each device by its kind, and the environment pcscd's clients need."""
        ports: dict[str, object] = {name: each.port for name, each in self._stations.items()}
        return {**ports, "environment": self._social_security_card.environment}

    def state(self) -> dict[str, object]:
        """What there is to see at each device now."""
        return {
            name: {"port": station.port, **station.state()}
            for name, station in self._stations.items()
        }

    def catalogue(self) -> dict[str, object]:
        """What lies ready, and what can be done at each device."""
        return {
            **self._catalogue.describe(),
            "papers": list(self.camera.PAPERS),
            "actions": {name: sorted(actions) for name, actions in self.actions().items()},
        }

    def actions(self) -> dict[str, frozenset[str]]:
        """What can be done at each device."""
        return {name: frozenset(each.actions) for name, each in self._stations.items()}

    async def act(self, device: str, action: str, body: Mapping[str, object]) -> None:
        """Do one thing at one device, after what is being done there now. Raises Refused."""
        station = self._stations.get(device)
        if station is None or action not in station.actions:
            known = ", ".join(sorted(self._stations[device].actions if station else self._stations))
            raise Refused(
                HTTPStatus.NOT_FOUND, "no_such_action", f"no {device}/{action} here, but {known}"
            )
        async with self._hands[device]:
            await station.actions[action](body)
