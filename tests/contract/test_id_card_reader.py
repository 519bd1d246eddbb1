"""What every ID card reader promises; the same for the emulator and, on a bench, for hardware."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Final, Literal, Protocol

import pytest

from device_drivers.id_card_reader.driver import SamVIdCardReader
from device_drivers.id_card_reader.emulator import SamVEmulator, Worn
from device_drivers.id_card_reader.interface import (
    CardKind,
    CardUnreadable,
    IdCard,
    IdCardReader,
    MediaStatus,
    NoCard,
)
from device_drivers.id_card_reader.usb_emulator import UsbWire
from device_drivers.ports import Port
from device_drivers.registry import make_device
from device_drivers.status import DeviceKind, DeviceStatus
from tests.conftest import Technician
from tests.device_drivers.id_card_reader.people import (
    ELDERLY,
    FOREIGNER_2017,
    FOREIGNER_2023,
    PERMIT,
    RESIDENT,
)

NEWER_ADDRESS = "山东省淄博市桓台县少海路2号"

DEVICE: Final[Literal[DeviceKind.ID_CARD_READER]] = DeviceKind.ID_CARD_READER


class Hand(Protocol):
    """Lays cards down and takes them away."""

    async def lay(self, card: Mapping[str, str]) -> Mapping[str, str]:
        """Lay a card of this kind down; the fields that are known to be on it."""

    async def take(self) -> None:
        """Leave the reader empty."""

    async def take_during_a_read(self) -> None:
        """Take the card away while it is being read."""


class EmulatorsHand:
    """The hand over the emulated reader."""

    def __init__(self, emulator: SamVEmulator) -> None:
        self._emulator = emulator

    async def lay(self, card: Mapping[str, str]) -> Mapping[str, str]:
        self._emulator.lay(card)
        return card

    async def take(self) -> None:
        self._emulator.take()

    async def take_during_a_read(self) -> None:
        assert await asyncio.to_thread(self._emulator.wait_until_reading, 20)
        self._emulator.take()


class TechniciansHand:
    """The hand of a person beside a real reader; what is on their cards is nobody's business."""

    def __init__(self, technician: Technician) -> None:
        self._technician = technician

    async def lay(self, card: Mapping[str, str]) -> Mapping[str, str]:
        await self._technician.please(f"Lay a card of the kind {card['kind']} on the reader")
        return {"kind": card["kind"]}

    async def take(self) -> None:
        await self._technician.please("Take every card away from the reader")

    async def take_during_a_read(self) -> None:
        await self._technician.please("Take the card away at the very moment you press Enter")


Stand = tuple[Port, Hand]


@pytest.fixture
async def stand(stand_kind: str, request: pytest.FixtureRequest) -> AsyncIterator[Stand]:
    """A reader with nothing on it, and the hand beside it."""
    async with STANDS[stand_kind](request) as standing:
        yield standing


@asynccontextmanager
async def emulated(request: pytest.FixtureRequest) -> AsyncIterator[Stand]:
    del request
    with SamVEmulator(radio_s=0.05) as emulator:
        yield Port.parse(emulator.port), EmulatorsHand(emulator)


@asynccontextmanager
async def real(request: pytest.FixtureRequest) -> AsyncIterator[Stand]:
    hand = TechniciansHand(request.getfixturevalue("technician"))
    await hand.take()
    yield request.getfixturevalue("hardware_port"), hand


STANDS = {"emulator": emulated, "hardware": real}


@pytest.fixture
def hand(stand: Stand) -> Hand:
    return stand[1]


@pytest.fixture
async def reader(stand: Stand) -> AsyncIterator[IdCardReader]:
    made = make_device(DEVICE, "sam_v", stand[0])
    await made.connect()
    yield made
    await made.close()


async def test_says_so_when_no_card_comes(reader: IdCardReader) -> None:
    assert await reader.read_card(within_s=0.2) == NoCard()
    status = await reader.status()
    assert status.device is DeviceStatus.ONLINE
    assert status.media is not MediaStatus.PRESENT


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
    known = await hand.lay(fields)
    card = await reader.read_card(within_s=20)
    assert isinstance(card, IdCard)
    assert card.kind is CardKind(fields["kind"])
    assert len(card.photo_wlt) == 1024
    for name, value in known.items():
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
    for fields in (RESIDENT, ELDERLY, RESIDENT):
        known = await hand.lay(fields)
        card = await reader.read_card(within_s=20)
        assert isinstance(card, IdCard)
        assert card.number == known.get("number", card.number)
        await hand.take()


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


# What a person at a bench cannot bring about: settings of the module, and worn cards.


@pytest.fixture
def emulator() -> Iterator[SamVEmulator]:
    with SamVEmulator() as running:
        yield running


@asynccontextmanager
async def reading(emulator: SamVEmulator, **settings: object) -> AsyncIterator[SamVIdCardReader]:
    """A reader at that emulator, connected or not."""
    made = SamVIdCardReader(Port.parse(emulator.port), **settings)  # type: ignore[arg-type]
    yield made
    await made.close()


@pytest.mark.parametrize(("fingers", "size"), [("0", 0), ("1", 512), ("2", 1024)])
async def test_fingerprints_are_read_where_they_are_wanted(
    emulator: SamVEmulator, fingers: str, size: int
) -> None:
    emulator.lay({**RESIDENT, "fingers": fingers})
    async with reading(emulator, fingerprints=True) as reader:
        card = await reader.read_card(within_s=20)
    assert isinstance(card, IdCard)
    assert (card.name, len(card.photo_wlt), len(card.fingerprints)) == ("李桓台", 1024, size)


async def test_a_newer_address_on_the_card_is_read_too(emulator: SamVEmulator) -> None:
    emulator.lay({**RESIDENT, "appended_address": NEWER_ADDRESS})
    async with reading(emulator) as reader:
        card = await reader.read_card(within_s=20)
    assert isinstance(card, IdCard)
    assert (card.address, card.appended_address) == (RESIDENT["address"], NEWER_ADDRESS)


async def test_the_modules_number_is_read(emulator: SamVEmulator) -> None:
    async with reading(emulator) as reader:
        assert await reader.module_id() == "05.03-20120312-0000000123-1234567890"


SPEEDS = [57600, *(pytest.param(baud, marks=pytest.mark.slow) for baud in (38400, 19200, 9600))]


@pytest.mark.parametrize("answers_at_new_speed", [False, True])
@pytest.mark.parametrize("baud", SPEEDS)
async def test_a_module_at_another_speed_is_found_and_brought_to_the_wanted_one(
    tmp_path: Path, baud: int, answers_at_new_speed: bool
) -> None:
    link = tmp_path / "slow"
    with SamVEmulator(link, baud=baud, answers_at_new_speed=answers_at_new_speed) as slow:
        async with reading(slow) as reader:
            await reader.connect()
            assert slow.baud == 115200
            slow.lay(RESIDENT)
            assert isinstance(await reader.read_card(within_s=20), IdCard)


@pytest.mark.parametrize("baud", SPEEDS)
async def test_a_module_is_brought_to_any_speed_that_is_wanted(
    emulator: SamVEmulator, baud: int
) -> None:
    async with reading(emulator, baud=baud) as reader:
        await reader.connect()
        assert emulator.baud == baud
        assert (await reader.status()).device is DeviceStatus.ONLINE


@pytest.mark.parametrize(
    ("worn", "why"),
    [
        (Worn.SELECT_FAILS, "rejected"),
        (Worn.REJECTED, "rejected"),
        (Worn.REJECTS, "rejected"),
        (Worn.NOT_VERIFIED, "rejected"),
        (Worn.UNKNOWN_KIND, "unknown_kind"),
        (Worn.READ_FAILS, "damaged"),
    ],
)
async def test_a_worn_card_is_unreadable_and_the_next_card_is_read(
    emulator: SamVEmulator, worn: Worn, why: str
) -> None:
    async with reading(emulator) as reader:
        emulator.lay(RESIDENT, worn=worn)
        assert await reader.read_card(within_s=20) == CardUnreadable(why)
        emulator.lay(RESIDENT)
        assert isinstance(await reader.read_card(within_s=20), IdCard)


async def test_the_same_module_is_read_over_usb() -> None:
    wires: list[UsbWire] = []

    def on_a_wire(on_bytes: Callable[[bytes], None]) -> UsbWire:
        wires.append(UsbWire(on_bytes))
        return wires[-1]

    with SamVEmulator(make_wire=on_a_wire) as module:
        async with reading(module, usb_backend=wires[0].backend) as reader:
            await reader.connect()
            assert await reader.read_card(within_s=0) == NoCard()
            assert (await reader.status()).parts() == {"media": "notPresent"}
            module.lay(RESIDENT)
            assert isinstance(await reader.read_card(within_s=20), IdCard)
