"""The nightly self-test: when it is due, whom it never disturbs, what it finds and tells once."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from device_drivers.id_card_reader.emulator import SamVEmulator
from device_drivers.receipt_printer.emulator import ReceiptPrinterEmulator
from kiosk.config import DeviceConfig
from kiosk.contract.devices import DeviceKind, DeviceState, DeviceStatus
from kiosk.devices.fleet import Fleet
from kiosk.devices.self_test import SelfTest, due_night, night_of

AT = time(3, 30)
PRINTER, READER = DeviceKind.RECEIPT_PRINTER, DeviceKind.ID_CARD_READER
NIGHT = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
"""03:30 of the 23rd in China."""


@pytest.mark.parametrize(
    ("after", "done", "due"),
    [
        (timedelta(seconds=-1), None, None),
        (timedelta(0), None, date(2026, 11, 23)),
        (timedelta(hours=1, minutes=59), None, date(2026, 11, 23)),
        (timedelta(hours=2), None, None),
        (timedelta(hours=12), None, None),
        (timedelta(minutes=5), date(2026, 11, 22), date(2026, 11, 23)),
        (timedelta(minutes=5), date(2026, 11, 23), None),
        (timedelta(days=1, minutes=5), date(2026, 11, 23), date(2026, 11, 24)),
    ],
)
def test_is_due_once_in_the_two_hours_after_its_local_time(
    after: timedelta, done: date | None, due: date | None
) -> None:
    assert due_night(NIGHT + after, AT, done) == due


def test_a_night_that_goes_over_midnight_is_one_night() -> None:
    late = time(23, 30)
    after_midnight = datetime(2026, 11, 22, 16, 40, tzinfo=UTC)  # 00:40 of the 23rd in China
    assert night_of(after_midnight, late) == date(2026, 11, 22)
    assert due_night(after_midnight, late, None) == date(2026, 11, 22)
    assert due_night(after_midnight, late, date(2026, 11, 22)) is None


class Asked:
    """A device as supervision sees it, which counts how often it was tested."""

    def __init__(self, kind: DeviceKind) -> None:
        self.kind = kind
        self.state = DeviceState(status=DeviceStatus.ONLINE)
        self.is_lent = False
        self.times = 0

    async def ask(self) -> DeviceState:
        return self.state

    async def examine(self) -> DeviceState:
        self.times += 1
        return self.state

    async def close(self) -> None: ...


class Hall:
    """A self-test with its clock, its citizen and what it told."""

    def __init__(self, last_at: datetime | None = None) -> None:
        self.now = NIGHT
        self.is_free = True
        self.told: list[Mapping[DeviceKind, DeviceState]] = []
        self.devices = (Asked(PRINTER), Asked(READER))
        self.self_test = SelfTest(
            self.devices,
            at=AT,
            is_free=lambda: self.is_free,
            on_done=self.told.append,
            last_at=last_at,
            clock=lambda: self.now,
        )

    @property
    def times(self) -> list[int]:
        return [device.times for device in self.devices]


async def test_each_device_is_tested_once_a_night_and_told_together() -> None:
    hall = Hall()
    await hall.self_test.look()
    await hall.self_test.look()
    assert (hall.times, len(hall.told)) == ([1, 1], 1)
    assert set(hall.told[0]) == {PRINTER, READER}
    hall.now += timedelta(days=1)
    await hall.self_test.look()
    assert (hall.times, len(hall.told)) == ([2, 2], 2)


async def test_waits_while_a_citizen_is_there_and_begins_when_they_have_left() -> None:
    hall = Hall()
    hall.is_free = False
    await hall.self_test.look()
    assert (hall.times, hall.told) == ([0, 0], [])
    hall.is_free = True
    hall.now += timedelta(minutes=20)
    await hall.self_test.look()
    assert (hall.times, len(hall.told)) == ([1, 1], 1)


async def test_goes_on_where_it_stopped_and_never_touches_a_device_that_is_lent() -> None:
    hall = Hall()
    hall.devices[1].is_lent = True
    await hall.self_test.look()
    assert (hall.times, hall.told) == ([1, 0], [])
    hall.devices[1].is_lent = False
    await hall.self_test.look()
    assert (hall.times, len(hall.told)) == ([1, 1], 1)


async def test_a_kiosk_in_use_all_night_is_tested_the_next_one_from_the_beginning() -> None:
    hall = Hall()
    hall.devices[1].is_lent = True
    await hall.self_test.look()
    hall.now += timedelta(hours=3)
    hall.devices[1].is_lent = False
    await hall.self_test.look()
    assert (hall.times, hall.told) == ([1, 0], [])
    hall.now = NIGHT + timedelta(days=1)
    await hall.self_test.look()
    assert (hall.times, len(hall.told)) == ([2, 1], 1)


async def test_a_kiosk_that_was_restarted_after_its_test_does_not_test_again() -> None:
    hall = Hall(last_at=NIGHT + timedelta(minutes=1))
    hall.now += timedelta(minutes=10)
    await hall.self_test.look()
    assert (hall.times, hall.told) == ([0, 0], [])


@pytest.fixture
async def printer() -> AsyncIterator[ReceiptPrinterEmulator]:
    emulator = ReceiptPrinterEmulator(mm_per_s=None)
    await emulator.start()
    yield emulator
    await emulator.stop()


async def test_real_drivers_are_opened_anew_and_no_paper_is_used(
    printer: ReceiptPrinterEmulator, tmp_path: Path
) -> None:
    printer.set_paper(0.0)
    told: list[Mapping[DeviceKind, DeviceState]] = []
    with SamVEmulator(tmp_path / "id") as reader:
        fleet = Fleet.from_config(
            {
                PRINTER: DeviceConfig(model="escpos", port=printer.port),
                READER: DeviceConfig(model="sam_v", port=reader.port),
            }
        )
        self_test = SelfTest(
            fleet.keepers,
            at=AT,
            is_free=lambda: True,
            on_done=told.append,
            last_at=None,
            clock=lambda: NIGHT,
        )
        await self_test.look()
        await fleet.close()
    (found,) = told
    assert found[READER].status is DeviceStatus.ONLINE
    assert found[PRINTER].fault == "D301"
    assert list(printer.receipts) == []


async def test_a_device_that_went_in_the_night_is_found_missing(tmp_path: Path) -> None:
    port = f"serial:{tmp_path}/gone"
    fleet = Fleet.from_config({READER: DeviceConfig(model="sam_v", port=port)})
    (keeper,) = fleet.keepers
    found = await keeper.examine()
    await fleet.close()
    assert (found.status, found.fault) == (DeviceStatus.NO_DEVICE, "D101")
