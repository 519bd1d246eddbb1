"""What every ID card reader promises; the same for the emulator and, on a bench, for hardware."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import date
from typing import Protocol

import pytest

from device_drivers.id_card_reader.driver import SamVIdCardReader
from device_drivers.id_card_reader.emulator import SamVEmulator
from device_drivers.id_card_reader.interface import (
    CardKind,
    CardUnreadable,
    IdCard,
    IdCardReader,
    MediaStatus,
    NoCard,
)
from device_drivers.ports import Port
from device_drivers.status import DeviceStatus
from tests.device_drivers.id_card_reader.people import (
    ELDERLY,
    FOREIGNER_2017,
    FOREIGNER_2023,
    PERMIT,
    RESIDENT,
)


class Hand(Protocol):
    """Lays cards down and takes them away."""

    async def lay(self, card: Mapping[str, str]) -> None: ...
    async def take(self) -> None: ...
    async def take_during_a_read(self) -> None: ...


class EmulatorsHand:
    """The hand over the emulated reader."""

    def __init__(self, emulator: SamVEmulator) -> None:
        self._emulator = emulator

    async def lay(self, card: Mapping[str, str]) -> None:
        self._emulator.lay(card)

    async def take(self) -> None:
        self._emulator.take()

    async def take_during_a_read(self) -> None:
        assert await asyncio.to_thread(self._emulator.wait_until_reading, 20)
        self._emulator.take()


@pytest.fixture
def emulator() -> Iterator[SamVEmulator]:
    with SamVEmulator(radio_s=0.05) as running:
        yield running


@pytest.fixture
def hand(emulator: SamVEmulator) -> Hand:
    return EmulatorsHand(emulator)


@pytest.fixture
async def reader(emulator: SamVEmulator) -> AsyncIterator[IdCardReader]:
    made = SamVIdCardReader(Port.parse(emulator.port))
    await made.connect()
    yield made
    await made.close()


async def test_says_so_when_no_card_comes(reader: IdCardReader) -> None:
    assert await reader.read_card(within_s=0.2) == NoCard()
    status = await reader.status()
    assert (status.device, status.media) == (DeviceStatus.ONLINE, MediaStatus.NOT_PRESENT)


async def test_sees_a_card_that_lies_there(reader: IdCardReader, hand: Hand) -> None:
    await hand.lay(RESIDENT)
    assert (await reader.status()).parts() == {"media": "present"}
    assert isinstance(await reader.read_card(within_s=20), IdCard)


async def test_waits_for_a_card(reader: IdCardReader, hand: Hand) -> None:
    reading = asyncio.create_task(reader.read_card(within_s=20))
    await asyncio.sleep(0.2)
    assert not reading.done()
    await hand.lay(RESIDENT)
    assert isinstance(await reading, IdCard)


@pytest.mark.parametrize(
    "fields", [RESIDENT, ELDERLY, PERMIT, FOREIGNER_2017, FOREIGNER_2023], ids=lambda f: f["number"]
)
async def test_reads_back_every_field_of_every_kind_of_card(
    reader: IdCardReader, hand: Hand, fields: dict[str, str]
) -> None:
    await hand.lay(fields)
    card = await reader.read_card(within_s=20)
    assert isinstance(card, IdCard)
    assert card.kind is CardKind(fields["kind"])
    assert len(card.photo_wlt) == 1024
    for name, value in fields.items():
        assert _as_laid(getattr(card, name)) == value


def _as_laid(value: object) -> object:
    """A field of a card as the hand writes it."""
    if isinstance(value, date):
        return value.isoformat()
    return "长期" if value is None else value


async def test_a_card_lifted_during_a_read_is_told_apart_from_no_card(
    reader: IdCardReader, hand: Hand
) -> None:
    await hand.lay(RESIDENT)
    reading = asyncio.create_task(reader.read_card(within_s=20))
    await hand.take_during_a_read()
    assert await reading == CardUnreadable("lifted")
    await hand.lay(ELDERLY)
    assert isinstance(await reader.read_card(within_s=20), IdCard)


async def test_reads_one_card_after_the_other(reader: IdCardReader, hand: Hand) -> None:
    numbers = []
    for fields in (RESIDENT, ELDERLY, RESIDENT):
        await hand.lay(fields)
        card = await reader.read_card(within_s=20)
        assert isinstance(card, IdCard)
        numbers.append(card.number)
        await hand.take()
    assert numbers == [RESIDENT["number"], ELDERLY["number"], RESIDENT["number"]]


async def test_cancelling_leaves_the_reader_idle(reader: IdCardReader, hand: Hand) -> None:
    for wait_s in (0.0, 0.003, 0.05, 0.16):
        reading = asyncio.create_task(reader.read_card(within_s=30))
        await asyncio.sleep(wait_s)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
    await hand.lay(RESIDENT)
    assert isinstance(await reader.read_card(within_s=20), IdCard)


async def test_works_again_after_close_and_connect(reader: IdCardReader, hand: Hand) -> None:
    await reader.close()
    await reader.close()
    await reader.connect()
    await hand.lay(RESIDENT)
    assert isinstance(await reader.read_card(within_s=20), IdCard)
