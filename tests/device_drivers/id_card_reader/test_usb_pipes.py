"""The driver over USB: the same module behind four pipes, below everything pyusb offers."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from device_drivers.errors import DeviceMissing
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
