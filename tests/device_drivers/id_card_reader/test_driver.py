"""The driver against the emulator on a real pty: what a line and a module can do to it."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from device_drivers.emulation.pty_line import PtyLine
from device_drivers.errors import (
    DeviceGarbled,
    DeviceMissing,
    DeviceSilent,
    FaultCode,
)
from device_drivers.id_card_reader.driver import SamVIdCardReader
from device_drivers.id_card_reader.emulator import Disturbance, SamVEmulator
from device_drivers.id_card_reader.interface import CardUnreadable, IdCard, MediaStatus, NoCard
from device_drivers.ports import Port
from device_drivers.status import DeviceStatus
from tests.device_drivers.id_card_reader.people import RESIDENT

pytestmark = pytest.mark.slow  # at the speed of a real line


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[SamVEmulator]:
    with SamVEmulator(tmp_path / "id_card", radio_s=0.02) as running:
        yield running


@pytest.fixture
async def reader(emulator: SamVEmulator) -> AsyncIterator[SamVIdCardReader]:
    made = SamVIdCardReader(Port.parse(emulator.port))
    await made.connect()
    yield made
    await made.close()


@pytest.mark.parametrize(
    "disturbance", [Disturbance.BYTE_FLIPPED, Disturbance.CUT_SHORT, Disturbance.SWALLOWED]
)
async def test_one_spoilt_reply_is_asked_for_again(
    reader: SamVIdCardReader, emulator: SamVEmulator, disturbance: Disturbance
) -> None:
    emulator.lay(RESIDENT)
    emulator.disturb(disturbance)
    assert isinstance(await reader.read_card(within_s=20), IdCard)


@pytest.mark.parametrize("late_replies", [1, 2])
async def test_a_late_reply_is_not_taken_for_the_reply_to_a_later_command(
    reader: SamVIdCardReader, emulator: SamVEmulator, late_replies: int
) -> None:
    await reader.read_card(within_s=0)
    emulator.disturb(*[Disturbance.LATE] * late_replies)  # "no card" arrives when one is there
    with contextlib.suppress(DeviceSilent):
        await reader.read_card(within_s=0)
    emulator.lay(RESIDENT)
    assert isinstance(await reader.read_card(within_s=20), IdCard)


async def test_a_whole_card_that_comes_late_is_nobodys(
    reader: SamVIdCardReader, emulator: SamVEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("device_drivers.id_card_reader.driver.READ_S", 0.1)
    emulator.lay(RESIDENT)
    emulator.disturb(Disturbance.NOISE_BEFORE, Disturbance.NOISE_BEFORE, Disturbance.LATE)
    with pytest.raises(DeviceSilent):
        await reader.read_card(within_s=1)
    emulator.take()
    assert await reader.read_card(within_s=0) == NoCard()


async def test_two_cards_at_once_are_unreadable_and_one_of_them_alone_is_read(
    reader: SamVIdCardReader, emulator: SamVEmulator
) -> None:
    emulator.lay(RESIDENT)
    emulator.lay_second()
    assert await reader.read_card(within_s=0.1) == CardUnreadable("rejected")
    emulator.take_second()
    assert isinstance(await reader.read_card(within_s=20), IdCard)


async def test_a_module_that_knows_no_newer_address_does_not_spoil_the_card(
    reader: SamVIdCardReader, emulator: SamVEmulator
) -> None:
    emulator.lay({**RESIDENT, "appended_address": "山东省淄博市桓台县少海路2号"})
    emulator.disturb(*[Disturbance.NOISE_BEFORE] * 3, Disturbance.SWALLOWED)
    card = await reader.read_card(within_s=20)
    assert isinstance(card, IdCard)
    assert card.appended_address == ""


@pytest.mark.slow
async def test_a_module_that_falls_back_to_its_own_speed_is_found_again(tmp_path: Path) -> None:
    with SamVEmulator(tmp_path / "slow", baud=19200) as slow:
        reader = SamVIdCardReader(Port.parse(slow.port))
        await reader.connect()
        await asyncio.to_thread(slow.unplug)
        slow.plug()
        assert (await reader.status()).device is DeviceStatus.NO_DEVICE
        assert (await reader.status()).fault is not None  # at 115200 it is not understood
        await reader.close()
        await reader.connect()
        assert (await reader.status()).device is DeviceStatus.ONLINE
        await reader.close()


async def test_noise_before_every_reply_does_not_matter(
    reader: SamVIdCardReader, emulator: SamVEmulator
) -> None:
    emulator.lay(RESIDENT)
    emulator.disturb(*[Disturbance.NOISE_BEFORE] * 3)
    assert isinstance(await reader.read_card(within_s=20), IdCard)


async def test_a_card_whose_read_reply_was_spoilt_has_to_be_laid_again(
    reader: SamVIdCardReader, emulator: SamVEmulator
) -> None:
    emulator.lay(RESIDENT)
    emulator.disturb(Disturbance.NOISE_BEFORE, Disturbance.NOISE_BEFORE, Disturbance.BYTE_FLIPPED)
    assert await reader.read_card(within_s=20) == CardUnreadable("damaged")
    emulator.take()
    emulator.lay(RESIDENT)
    assert isinstance(await reader.read_card(within_s=20), IdCard)


async def test_a_line_that_spoils_everything_is_garbled(
    reader: SamVIdCardReader, emulator: SamVEmulator
) -> None:
    emulator.disturb(*[Disturbance.BYTE_FLIPPED] * 10)
    with pytest.raises(DeviceGarbled):
        await reader.read_card(within_s=1)
    status = await reader.status()
    assert (status.device, status.fault) == (DeviceStatus.OFFLINE, FaultCode.DEVICE_GARBLED)


@pytest.mark.slow
async def test_a_module_that_says_nothing_is_silent(
    reader: SamVIdCardReader, emulator: SamVEmulator
) -> None:
    emulator.disturb(*[Disturbance.SWALLOWED] * 10)
    with pytest.raises(DeviceSilent):
        await reader.read_card(within_s=1)
    status = await reader.status()
    assert (status.device, status.fault) == (DeviceStatus.OFFLINE, FaultCode.DEVICE_SILENT)


async def test_a_card_that_was_read_is_not_found_until_it_is_lifted(
    reader: SamVIdCardReader, emulator: SamVEmulator
) -> None:
    emulator.lay(RESIDENT)
    assert isinstance(await reader.read_card(within_s=20), IdCard)
    assert await reader.read_card(within_s=0.2) == NoCard()
    assert (await reader.status()).media is MediaStatus.UNKNOWN
    emulator.take()
    emulator.lay(RESIDENT)
    assert (await reader.status()).media is MediaStatus.PRESENT
    assert isinstance(await reader.read_card(within_s=20), IdCard)


@pytest.mark.slow
async def test_a_read_under_way_shows_as_busy(emulator: SamVEmulator) -> None:
    with SamVEmulator(radio_s=1.0) as slow:
        reader = SamVIdCardReader(Port.parse(slow.port))
        slow.lay(RESIDENT)
        reading = asyncio.create_task(reader.read_card(within_s=20))
        assert await asyncio.to_thread(slow.wait_until_reading, 20)
        assert (await reader.status()).device is DeviceStatus.DEVICE_BUSY
        assert isinstance(await reading, IdCard)
        await reader.close()


async def test_a_cancelled_read_waits_for_the_reply_and_leaves_the_reader_idle() -> None:
    with SamVEmulator(radio_s=0.3) as slow:
        reader = SamVIdCardReader(Port.parse(slow.port))
        slow.lay(RESIDENT)
        reading = asyncio.create_task(reader.read_card(within_s=30))
        assert await asyncio.to_thread(slow.wait_until_reading, 20)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        slow.take()
        assert await reader.read_card(within_s=0) == NoCard()
        await reader.close()


async def test_a_cable_pulled_during_a_read_is_missing_and_plugged_in_again_it_reads(
    emulator: SamVEmulator, reader: SamVIdCardReader
) -> None:
    waiting = asyncio.create_task(reader.read_card(within_s=30))
    await asyncio.sleep(0.1)
    await asyncio.to_thread(emulator.unplug)
    with pytest.raises(DeviceMissing):
        await waiting
    status = await reader.status()
    assert (status.device, status.fault) == (DeviceStatus.NO_DEVICE, FaultCode.DEVICE_MISSING)
    emulator.plug()
    emulator.lay(RESIDENT)
    assert (await reader.status()).device is DeviceStatus.ONLINE
    assert isinstance(await reader.read_card(within_s=20), IdCard)


async def test_status_answers_whatever_the_line_does(
    reader: SamVIdCardReader, emulator: SamVEmulator
) -> None:
    for disturbance in Disturbance:
        emulator.disturb(*[disturbance] * 3)
        async with asyncio.timeout(10):
            await reader.status()


async def test_no_fault_holds_anything_of_the_holder(
    reader: SamVIdCardReader, emulator: SamVEmulator
) -> None:
    emulator.lay(RESIDENT)
    emulator.disturb(Disturbance.NOISE_BEFORE, Disturbance.NOISE_BEFORE)
    emulator.disturb(Disturbance.BYTE_FLIPPED, Disturbance.BYTE_FLIPPED)
    with pytest.raises(DeviceGarbled) as raised:
        await reader.read_card(within_s=1)
    assert RESIDENT["number"] not in str(raised.value)
    assert RESIDENT["name"] not in str(raised.value)


@pytest.mark.slow
async def test_a_line_that_never_ends_to_babble_is_garbled_in_time(tmp_path: Path) -> None:
    babbling = threading.Event()
    babbling.set()

    def babble() -> None:
        while babbling.is_set():
            line.send(b"\xaa\xaa\xaa\x96\x69\x05\x08" + bytes(range(256)))

    line = PtyLine(tmp_path / "babbler", lambda _data: None, bytes_per_s=100_000)
    line.plug()
    talking = threading.Thread(target=babble)
    talking.start()
    reader = SamVIdCardReader(Port.parse(line.port))
    async with asyncio.timeout(20):
        with pytest.raises(DeviceGarbled):
            await reader.read_card(within_s=0)
        assert (await reader.status()).fault is FaultCode.DEVICE_GARBLED
    babbling.clear()
    talking.join()
    await reader.close()
    line.close()


@pytest.mark.parametrize("answered", [1, 2, 3])
async def test_a_card_lifted_at_any_step_leaves_the_next_one_readable(
    emulator: SamVEmulator, answered: int
) -> None:
    reader = SamVIdCardReader(Port.parse(emulator.port))
    await reader.connect()
    emulator.lay(RESIDENT)
    emulator.take_after(answered)
    reading = await reader.read_card(within_s=0.2)
    assert not isinstance(reading, IdCard) or answered == 3
    emulator.lay(RESIDENT)
    assert isinstance(await reader.read_card(within_s=20), IdCard)
    await reader.close()
