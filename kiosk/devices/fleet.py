"""The devices of one kiosk: connected when needed, lent to one effect at a time."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, Generic, Protocol, Self, TypeVar

from device_drivers.cabinet.interface import Cabinet
from device_drivers.device import Device
from device_drivers.document_camera.interface import DocumentCamera
from device_drivers.document_printer.interface import DocumentPrinter
from device_drivers.errors import DeviceFault, DeviceMissing
from device_drivers.id_card_reader.interface import IdCardReader
from device_drivers.ports import Port
from device_drivers.power_supply.interface import PowerSupply
from device_drivers.qr_scanner.interface import QrScanner
from device_drivers.receipt_printer.interface import ReceiptPrinter
from device_drivers.registry import make_device
from device_drivers.social_security_card.interface import SocialSecurityCardReader
from device_drivers.status import DeviceKind as DriverKind
from kiosk.config import BadConfig, DeviceConfig
from kiosk.contract.devices import DeviceKind, DeviceState, DeviceStatus

_LOG: Final = logging.getLogger(__name__)

UNASKED: Final = DeviceState(status=DeviceStatus.UNKNOWN)
"""Before the first answer."""

_PASSING: Final = frozenset({"media", "headset", "person"})
"""Parts that change with every citizen; a card laid down is no news for the console."""

_UNKNOWN: Final = "unknown"
"""The word of every part that nothing is known of."""

_CANNOT_TALK: Final = "D1"
"""Faults of this family: the port must be opened again."""

_OWNED: Final[Mapping[DeviceKind, Mapping[str, object]]] = {
    DeviceKind.DOCUMENT_PRINTER: {"sweeps": True},
}
"""What only the app tells a driver, for the device is its own: a technician's command beside it
must not purge what it prints."""

D = TypeVar("D", bound=Device)


class Watched(Protocol):
    """One device as supervision sees it, whatever it is."""

    @property
    def kind(self) -> DeviceKind:
        """Which of the kiosk's devices."""

    @property
    def state(self) -> DeviceState:
        """What it last said."""

    @property
    def is_lent(self) -> bool:
        """An effect is using it now."""

    async def ask(self) -> DeviceState:
        """Connect where needed and ask how it is; what it said last while it is lent."""

    async def examine(self) -> DeviceState:
        """Close it, connect anew, look and ask; what it said last while it is lent."""

    async def close(self) -> None:
        """Release the port."""


class Keeper(Generic[D]):
    """Keeps one device: whether it is connected, who has it, what it last said."""

    def __init__(
        self, kind: DeviceKind, device: D, *, look: Callable[[D], Awaitable[object]] | None = None
    ) -> None:
        """`look` is the deeper look of the self-test, where there is one. Raises DeviceFault."""
        self.kind = kind
        self.device = device
        self._look = look
        self.state: DeviceState = UNASKED
        self._is_connected = False
        self._lock = asyncio.Lock()

    @property
    def is_lent(self) -> bool:
        """An effect is using it now."""
        return self._lock.locked()

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[D]:
        """The device, connected, for one effect. Raises DeviceFault."""
        async with self._lock:
            try:
                await self._connect()
                yield self.device
            except DeviceFault as fault:
                await self._failed(fault)
                raise

    async def ask(self) -> DeviceState:
        """Connect where needed and ask how it is; what it said last while it is lent."""
        if self.is_lent:
            return self.state
        async with self._lock:
            try:
                await self._connect()
            except DeviceFault as fault:
                await self._failed(fault)
                return self.state
            return await self._ask()

    async def examine(self) -> DeviceState:
        """Close it, connect anew, look and ask; what it said last while it is lent."""
        if self.is_lent:
            return self.state
        async with self._lock:
            await self._disconnect()
            try:
                await self._connect()
                if self._look is not None:
                    await self._look(self.device)
            except DeviceFault as fault:
                await self._failed(fault)
                return self.state
            return await self._ask()

    async def _ask(self) -> DeviceState:
        report = await self.device.status()
        parts = {name: word for name, word in report.parts().items() if name not in _PASSING}
        fault_code = None if report.fault is None else report.fault.value
        self.state = DeviceState(
            status=DeviceStatus(report.device.value), fault=fault_code, parts=parts
        )
        if fault_code is not None and fault_code.startswith(_CANNOT_TALK):
            await self._disconnect()
        return self.state

    async def close(self) -> None:
        """Release the port."""
        async with self._lock:
            await self._disconnect()

    async def _connect(self) -> None:
        if not self._is_connected:
            await self.device.connect()
            self._is_connected = True

    async def _disconnect(self) -> None:
        self._is_connected = False
        await self.device.close()

    async def _failed(self, fault: DeviceFault) -> None:
        status = (
            DeviceStatus.NO_DEVICE
            if isinstance(fault, DeviceMissing)
            else DeviceStatus.OFFLINE
            if fault.code.value.startswith(_CANNOT_TALK)
            else DeviceStatus.HARDWARE_ERROR
        )
        # nobody knows any more how its parts are
        parts = dict.fromkeys(self.state.parts, _UNKNOWN)
        self.state = DeviceState(status=status, fault=fault.code.value, parts=parts)
        if fault.code.value.startswith(_CANNOT_TALK):
            await self._disconnect()


class Fleet:
    """All devices of one kiosk; implements `kiosk.flow.ports.DevicePool`."""

    def __init__(
        self,
        *,
        id_card_reader: IdCardReader | None = None,
        social_security_card_reader: SocialSecurityCardReader | None = None,
        qr_scanner: QrScanner | None = None,
        document_camera: DocumentCamera | None = None,
        receipt_printer: ReceiptPrinter | None = None,
        cabinet: Cabinet | None = None,
        power_supply: PowerSupply | None = None,
        document_printer: DocumentPrinter | None = None,
    ) -> None:
        self._id_card = _keeper(
            DeviceKind.ID_CARD_READER, id_card_reader, look=lambda reader: reader.module_id()
        )
        self._social = _keeper(DeviceKind.SOCIAL_SECURITY_CARD, social_security_card_reader)
        self._scanner = _keeper(DeviceKind.QR_SCANNER, qr_scanner)
        self._camera = _keeper(DeviceKind.DOCUMENT_CAMERA, document_camera)
        self._printer = _keeper(DeviceKind.RECEIPT_PRINTER, receipt_printer)
        self._cabinet = _keeper(DeviceKind.CABINET, cabinet)
        self._power = _keeper(DeviceKind.POWER_SUPPLY, power_supply)
        self._a4_printer = _keeper(DeviceKind.DOCUMENT_PRINTER, document_printer)

    @classmethod
    def from_config(cls, devices: Mapping[DeviceKind, DeviceConfig]) -> Self:
        """Make the configured drivers; opens nothing yet. Raises BadConfig naming the device."""

        def port(kind: DeviceKind) -> Port:
            try:
                return Port.parse(devices[kind].port)
            except ValueError as error:
                raise BadConfig(f"devices.{kind.value}.port: {error}") from error

        made: dict[DeviceKind, Device] = {}
        for kind, config in devices.items():
            settings: dict[str, object] = {**config.settings, **_OWNED.get(kind, {})}
            try:
                made[kind] = make_device(
                    DriverKind(kind.value), config.model, port(kind), **settings
                )
            except (ValueError, TypeError, ModuleNotFoundError) as error:
                raise BadConfig(f"devices.{kind.value}: {error}") from error
        return cls(**{_ARGUMENTS[kind]: device for kind, device in made.items()})  # type: ignore[arg-type]  # the registry makes the kind it was asked for

    @property
    def keepers(self) -> tuple[Watched, ...]:
        """One for each device there is."""
        every: tuple[Watched | None, ...] = (
            self._id_card,
            self._social,
            self._scanner,
            self._camera,
            self._printer,
            self._cabinet,
            self._power,
            self._a4_printer,
        )
        return tuple(keeper for keeper in every if keeper is not None)

    def states(self) -> dict[DeviceKind, DeviceState]:
        """What each device last said."""
        return {keeper.kind: keeper.state for keeper in self.keepers}

    def id_card_reader(self) -> AbstractAsyncContextManager[IdCardReader]:
        """Lend it. Raises DeviceFault on entering."""
        return _there(self._id_card, DeviceKind.ID_CARD_READER).lend()

    def social_security_card_reader(
        self,
    ) -> AbstractAsyncContextManager[SocialSecurityCardReader]:
        """Lend it. Raises DeviceFault on entering."""
        return _there(self._social, DeviceKind.SOCIAL_SECURITY_CARD).lend()

    def qr_scanner(self) -> AbstractAsyncContextManager[QrScanner]:
        """Lend it. Raises DeviceFault on entering."""
        return _there(self._scanner, DeviceKind.QR_SCANNER).lend()

    def document_camera(self) -> AbstractAsyncContextManager[DocumentCamera]:
        """Lend it. Raises DeviceFault on entering."""
        return _there(self._camera, DeviceKind.DOCUMENT_CAMERA).lend()

    def receipt_printer(self) -> AbstractAsyncContextManager[ReceiptPrinter]:
        """Lend it. Raises DeviceFault on entering."""
        return _there(self._printer, DeviceKind.RECEIPT_PRINTER).lend()

    def cabinet(self) -> AbstractAsyncContextManager[Cabinet]:
        """Lend it. Raises DeviceFault on entering."""
        return _there(self._cabinet, DeviceKind.CABINET).lend()

    def document_printer(self) -> AbstractAsyncContextManager[DocumentPrinter]:
        """Lend it. Raises DeviceFault on entering."""
        return _there(self._a4_printer, DeviceKind.DOCUMENT_PRINTER).lend()

    async def close(self) -> None:
        """Release every port, all at once: one that hangs costs its limit, not each its own.

        No effect may be using one. Raises the first error of a device, after all have been tried.
        """
        ended = await asyncio.gather(
            *(keeper.close() for keeper in self.keepers), return_exceptions=True
        )
        for error in ended:
            if isinstance(error, BaseException):
                raise error


_ARGUMENTS: Final = {
    DeviceKind.ID_CARD_READER: "id_card_reader",
    DeviceKind.SOCIAL_SECURITY_CARD: "social_security_card_reader",
    DeviceKind.QR_SCANNER: "qr_scanner",
    DeviceKind.DOCUMENT_CAMERA: "document_camera",
    DeviceKind.RECEIPT_PRINTER: "receipt_printer",
    DeviceKind.CABINET: "cabinet",
    DeviceKind.POWER_SUPPLY: "power_supply",
    DeviceKind.DOCUMENT_PRINTER: "document_printer",
}


def _keeper(
    kind: DeviceKind,
    device: D | None,
    *,
    look: Callable[[D], Awaitable[object]] | None = None,
) -> Keeper[D] | None:
    return None if device is None else Keeper(kind, device, look=look)


def _there(keeper: Keeper[D] | None, kind: DeviceKind) -> Keeper[D]:
    if keeper is None:
        raise DeviceMissing(kind.value, "this kiosk has none")
    return keeper
