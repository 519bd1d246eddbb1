"""The fleet on real wires: asked, lent, lost and found again."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from device_drivers.errors import DeviceFault, DeviceMissing
from device_drivers.id_card_reader.emulator import SamVEmulator
from device_drivers.receipt_printer.emulator import ReceiptPrinterEmulator
from kiosk.config import BadConfig, DeviceConfig
from kiosk.contract.devices import DeviceKind, DeviceState, DeviceStatus
from kiosk.devices.fleet import Fleet
from kiosk.devices.watch import watch_devices

pytestmark = pytest.mark.slow

PRINTER = DeviceKind.RECEIPT_PRINTER
READER = DeviceKind.ID_CARD_READER


@pytest.fixture
async def printer() -> AsyncIterator[ReceiptPrinterEmulator]:
    emulator = ReceiptPrinterEmulator(mm_per_s=None)
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
async def reader(tmp_path: Path) -> AsyncIterator[SamVEmulator]:
    emulator = SamVEmulator(tmp_path / "id")
    emulator.plug()
    yield emulator
    await asyncio.to_thread(emulator.close)


@pytest.fixture
async def fleet(printer: ReceiptPrinterEmulator, reader: SamVEmulator) -> AsyncIterator[Fleet]:
    made = Fleet.from_config(
        {
            PRINTER: DeviceConfig(model="escpos", port=printer.port),
            READER: DeviceConfig(model="sam_v", port=reader.port),
        }
    )
    yield made
    await made.close()


class Edges:
    """What the watch reported, in order."""

    def __init__(self) -> None:
        self.seen: list[tuple[DeviceKind, DeviceState]] = []
        self._more = asyncio.Event()

    def __call__(self, kind: DeviceKind, state: DeviceState) -> None:
        self.seen.append((kind, state))
        self._more.set()

    def of(self, kind: DeviceKind) -> list[tuple[DeviceStatus, str | None]]:
        return [(state.status, state.fault) for each, state in self.seen if each is kind]

    async def until(self, kind: DeviceKind, status: DeviceStatus) -> None:
        """Wait for it; how soon it comes is `make bench`'s to say."""
        await self._while(lambda: not self.of(kind) or self.of(kind)[-1][0] is not status)

    async def until_not(self, kind: DeviceKind, status: DeviceStatus) -> None:
        """As `until`, for any other status."""
        await self._while(lambda: self.of(kind)[-1][0] is status)

    async def _while(self, still: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while still():
                self._more.clear()
                await self._more.wait()


@pytest.fixture
async def edges(fleet: Fleet) -> AsyncIterator[Edges]:
    reported = Edges()
    watching = asyncio.create_task(watch_devices(fleet, reported))
    yield reported
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)


def test_before_the_first_answer_a_device_is_neither_fine_nor_broken() -> None:
    made = Fleet.from_config({PRINTER: DeviceConfig(model="escpos", port="tcp:127.0.0.1:9")})
    assert made.states() == {PRINTER: DeviceState(status=DeviceStatus.UNKNOWN)}


@pytest.mark.parametrize(
    ("model", "port", "named"),
    [
        ("laser", "tcp:127.0.0.1:9", "laser"),
        ("escpos", "usb:1", "port"),
        ("escpos", "pcsc:some", "pcsc"),
    ],
)
def test_a_device_that_cannot_be_made_is_named(model: str, port: str, named: str) -> None:
    with pytest.raises(BadConfig, match=named):
        Fleet.from_config({PRINTER: DeviceConfig(model=model, port=port)})


async def test_each_device_is_reported_once_and_then_only_when_it_changes(
    edges: Edges, printer: ReceiptPrinterEmulator
) -> None:
    await edges.until(PRINTER, DeviceStatus.ONLINE)
    await edges.until(READER, DeviceStatus.ONLINE)
    await asyncio.sleep(2.5)
    assert len(edges.seen) == 2
    printer.set_paper(left_mm=0)
    await edges.until(PRINTER, DeviceStatus.USER_ERROR)
    assert edges.of(PRINTER)[-1][1] == "D301"
    printer.refill()
    await edges.until(PRINTER, DeviceStatus.ONLINE)
    assert len(edges.seen) == 4


async def test_a_cable_cut_and_restored_is_seen_each_time(
    edges: Edges, printer: ReceiptPrinterEmulator
) -> None:
    await edges.until(PRINTER, DeviceStatus.ONLINE)
    await printer.unplug()
    await edges.until_not(PRINTER, DeviceStatus.ONLINE)
    assert (edges.of(PRINTER)[-1][1] or "").startswith("D1")
    await asyncio.sleep(3)
    await printer.plug()
    await edges.until(PRINTER, DeviceStatus.ONLINE)


async def test_a_card_laid_down_is_no_news(edges: Edges, reader: SamVEmulator) -> None:
    await edges.until(READER, DeviceStatus.ONLINE)
    before = len(edges.of(READER))
    reader.lay({"kind": "resident", "name": "张明远", "number": "370321198503120011"})
    await asyncio.sleep(2.5)
    assert len(edges.of(READER)) == before


async def test_a_lent_device_is_not_asked(fleet: Fleet, reader: SamVEmulator) -> None:
    async with fleet.id_card_reader():
        (keeper,) = [each for each in fleet.keepers if each.kind is READER]
        assert keeper.is_lent
        async with asyncio.timeout(20):
            assert await keeper.ask() == DeviceState(status=DeviceStatus.UNKNOWN)
    assert (await keeper.ask()).status is DeviceStatus.ONLINE
    assert reader.port


async def test_a_fault_in_use_is_known_at_once_and_the_next_use_opens_the_port_again(
    fleet: Fleet, reader: SamVEmulator
) -> None:
    await asyncio.to_thread(reader.unplug)
    with pytest.raises(DeviceFault):
        await _use(fleet)
    assert (fleet.states()[READER].fault or "").startswith("D1")
    reader.plug()
    await _use(fleet)


async def _use(fleet: Fleet) -> None:
    async with fleet.id_card_reader():
        return


async def test_a_device_the_kiosk_does_not_have_is_missing(fleet: Fleet) -> None:
    with pytest.raises(DeviceMissing):
        async with fleet.qr_scanner():
            pass


async def test_after_a_fault_nobody_knows_any_more_how_its_parts_are(fleet: Fleet) -> None:
    (keeper,) = [each for each in fleet.keepers if each.kind is PRINTER]
    known = (await keeper.ask()).parts
    assert known["paper"] == "full"
    with pytest.raises(DeviceMissing):
        async with fleet.receipt_printer():
            raise DeviceMissing(PRINTER.value, "the cable was pulled")
    assert keeper.state.status is DeviceStatus.NO_DEVICE
    assert keeper.state.parts == dict.fromkeys(known, "unknown")
    assert (await keeper.ask()).parts == known
