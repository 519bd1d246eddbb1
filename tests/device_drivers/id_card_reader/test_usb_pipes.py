"""The driver over USB: the same module behind four pipes, below everything pyusb offers."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator

import pytest
import usb.core

from device_drivers.errors import DeviceMissing, DeviceSilent
from device_drivers.id_card_reader import frames, usb_frames
from device_drivers.id_card_reader.driver import SamVIdCardReader
from device_drivers.id_card_reader.emulator import Disturbance, SamVEmulator
from device_drivers.id_card_reader.interface import CardUnreadable, IdCard, NoCard
from device_drivers.id_card_reader.usb_emulator import UsbWire
from device_drivers.ports import Port
from device_drivers.status import DeviceStatus
from tests.device_drivers.id_card_reader.people import RESIDENT


class Stand:
    """An emulated module on a USB wire."""

    def __init__(self) -> None:
        self.wires: list[UsbWire] = []
        self.emulator = SamVEmulator(radio_s=0.02, make_wire=self._wire)

    def _wire(self, on_bytes: object) -> UsbWire:
        assert callable(on_bytes)
        self.wires.append(UsbWire(on_bytes))
        return self.wires[-1]


@pytest.fixture
def stand() -> Iterator[Stand]:
    made = Stand()
    with made.emulator:
        yield made


@pytest.fixture
async def reader(stand: Stand) -> AsyncIterator[SamVIdCardReader]:
    port = Port.parse(stand.emulator.port)
    made = SamVIdCardReader(port, usb_backend=stand.wires[0].backend)
    yield made
    await made.close()


def test_a_frame_is_cut_into_header_and_body() -> None:
    frame = frames.encode(frames.FIND_CARD)
    assert usb_frames.HEADER_BYTES == 7
    assert usb_frames.split(frame) == (bytes.fromhex("AAAAAA96690003"), bytes.fromhex("200122"))


async def test_reads_a_card(reader: SamVIdCardReader, stand: Stand) -> None:
    await reader.connect()
    assert await reader.read_card(within_s=0) == NoCard()
    stand.emulator.lay(RESIDENT)
    card = await reader.read_card(within_s=20)
    assert isinstance(card, IdCard)
    assert (card.name, len(card.photo_wlt)) == (RESIDENT["name"], 1024)


@pytest.mark.parametrize("disturbance", list(Disturbance))
async def test_one_spoilt_reply_does_not_matter(
    reader: SamVIdCardReader, stand: Stand, disturbance: Disturbance
) -> None:
    stand.emulator.lay(RESIDENT)
    stand.emulator.disturb(disturbance)
    assert isinstance(await reader.read_card(within_s=20), IdCard)


async def test_a_card_lifted_during_a_read_is_told(reader: SamVIdCardReader) -> None:
    slow = Stand()
    with SamVEmulator(radio_s=20, make_wire=slow._wire) as emulator:
        other = SamVIdCardReader(Port.parse(emulator.port), usb_backend=slow.wires[-1].backend)
        emulator.lay(RESIDENT)
        reading = asyncio.create_task(other.read_card(within_s=20))
        assert await asyncio.to_thread(emulator.wait_until_reading, 20)
        emulator.take()
        assert await reading == CardUnreadable("lifted")
        await other.close()


async def test_unplugged_is_missing_and_plugged_in_again_it_reads(
    reader: SamVIdCardReader, stand: Stand
) -> None:
    await reader.connect()
    waiting = asyncio.create_task(reader.read_card(within_s=30))
    await asyncio.sleep(0.05)
    stand.emulator.unplug()
    with pytest.raises(DeviceMissing):
        await waiting
    assert (await reader.status()).device is DeviceStatus.NO_DEVICE
    stand.emulator.plug()
    stand.emulator.lay(RESIDENT)
    assert (await reader.status()).device is DeviceStatus.ONLINE
    assert isinstance(await reader.read_card(within_s=20), IdCard)


async def test_cancelling_leaves_the_reader_idle(reader: SamVIdCardReader, stand: Stand) -> None:
    for wait_s in (0.0, 0.005, 0.05, 0.16):
        reading = asyncio.create_task(reader.read_card(within_s=30))
        await asyncio.sleep(wait_s)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
    stand.emulator.lay(RESIDENT)
    assert isinstance(await reader.read_card(within_s=20), IdCard)


@pytest.fixture
def claims(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Event, list[str]]]:
    """Finding the module hangs until the event is set; how often it was begun."""
    is_let_go, begun = threading.Event(), []
    find = usb.core.find

    def find_late(**wanted: object) -> object:
        begun.append("find")
        is_let_go.wait(120)
        return find(**wanted)

    monkeypatch.setattr(usb.core, "find", find_late)
    yield is_let_go, begun
    is_let_go.set()


@pytest.mark.slow
async def test_a_module_whose_claiming_hangs_is_silent_in_time_and_claimed_once(
    reader: SamVIdCardReader, claims: tuple[threading.Event, list[str]]
) -> None:
    is_let_go, begun = claims
    async with asyncio.timeout(20):
        for _ in range(3):
            with pytest.raises(DeviceSilent, match="hangs"):
                await reader.connect()
    assert begun == ["find"]
    is_let_go.set()
    assert await reader.read_card(within_s=0) == NoCard()
    assert begun == ["find"]


async def test_closed_while_its_claiming_hangs_a_module_is_claimed_anew(
    reader: SamVIdCardReader,
    claims: tuple[threading.Event, list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("device_drivers.id_card_reader.usb_pipes.CLOSE_S", 0.1)
    is_let_go, begun = claims
    with pytest.raises(DeviceSilent, match="hangs"):
        await reader.connect()
    await reader.close()
    is_let_go.set()
    assert await reader.read_card(within_s=0) == NoCard()
    assert begun == ["find", "find"]
