"""The promises of a social security card reader, kept by the driver whatever is behind the port.

They run against an emulated card below a real pcscd; a real reader is the same port by another
name, with a person in place of `SlotHand`.
"""

from collections.abc import AsyncIterator
from datetime import date
from typing import Final, Literal, Protocol

import pytest

from device_drivers.ports import Port
from device_drivers.registry import make_device
from device_drivers.social_security_card.interface import (
    CardUnreadable,
    MediaStatus,
    NeedsAuthentication,
    NoCard,
    SocialSecurityCard,
    SocialSecurityCardReader,
    UnsupportedCard,
)
from device_drivers.social_security_card.private_pcscd import PrivatePcscd
from device_drivers.status import DeviceKind, DeviceStatus
from tests.conftest import Technician
from tests.device_drivers.social_security_card.virtual_slot import (
    PERSON,
    SLOT_PORT,
    slot,
    slot_of_module,
    until_media,
)

__all__ = ["slot", "slot_of_module"]

pytestmark = pytest.mark.slow


DEVICE: Final[Literal[DeviceKind.SOCIAL_SECURITY_CARD]] = DeviceKind.SOCIAL_SECURITY_CARD


class Hand(Protocol):
    """Puts cards in and takes them out."""

    async def insert_social_security_card(self) -> None: ...
    async def insert_bank_card(self) -> None: ...
    async def pull_during_read(self) -> None: ...
    async def take_out(self) -> None: ...


class SlotHand:
    """The hand of the virtual slot."""

    def __init__(self, pcscd: PrivatePcscd) -> None:
        self._pcscd = pcscd

    async def insert_social_security_card(self) -> None:
        self._pcscd.insert_card(PERSON)

    async def insert_bank_card(self) -> None:
        self._pcscd.insert_foreign_card()

    async def pull_during_read(self) -> None:
        self._pcscd.insert_card(PERSON, pulled_after=4)

    async def take_out(self) -> None:
        self._pcscd.remove_card()


class TechniciansHand:
    """The hand of a person beside a real reader."""

    def __init__(self, technician: Technician) -> None:
        self._technician = technician

    async def insert_social_security_card(self) -> None:
        await self._technician.please("Put in a social security card, version 1 or 2")

    async def insert_bank_card(self) -> None:
        await self._technician.please("Put in a bank card")

    async def pull_during_read(self) -> None:
        await self._technician.please(
            "Press Enter while you push a card in and pull it out at once"
        )

    async def take_out(self) -> None:
        await self._technician.please("Leave the slot empty")


Stand = tuple[Port, Hand]


@pytest.fixture
def stand(stand_kind: str, request: pytest.FixtureRequest) -> Stand:
    """A reader and the hand beside it."""
    return STANDS[stand_kind](request)


def emulated(request: pytest.FixtureRequest) -> Stand:
    return SLOT_PORT, SlotHand(request.getfixturevalue("slot"))


def real(request: pytest.FixtureRequest) -> Stand:
    hand = TechniciansHand(request.getfixturevalue("technician"))
    return request.getfixturevalue("hardware_port"), hand


STANDS = {"emulator": emulated, "hardware": real}


@pytest.fixture
def hand(stand: Stand) -> Hand:
    return stand[1]


@pytest.fixture
async def reader(stand: Stand) -> AsyncIterator[SocialSecurityCardReader]:
    port, hand = stand
    reader = make_device(DEVICE, "sssc", port)
    await reader.connect()
    await hand.take_out()
    await until_media(reader, MediaStatus.NOT_PRESENT)
    yield reader
    await reader.close()


async def test_says_so_when_no_card_comes(reader: SocialSecurityCardReader) -> None:
    assert await reader.read_card(within_s=0.2) == NoCard()
    assert (await reader.status()).device is DeviceStatus.ONLINE


async def test_reads_a_card_and_follows_it_in_the_status(
    reader: SocialSecurityCardReader, hand: Hand
) -> None:
    await hand.insert_social_security_card()
    card = await reader.read_card(within_s=20)
    assert isinstance(card, SocialSecurityCard)
    assert len(card.social_security_number) == len(str(PERSON["social_security_number"]))
    assert (await reader.status()).parts() == {"media": "present"}
    await hand.take_out()
    await until_media(reader, MediaStatus.NOT_PRESENT)


async def test_returns_what_a_citizen_causes(reader: SocialSecurityCardReader, hand: Hand) -> None:
    await hand.insert_bank_card()
    assert isinstance(await reader.read_card(within_s=20), UnsupportedCard)
    await hand.take_out()
    await until_media(reader, MediaStatus.NOT_PRESENT)
    await hand.pull_during_read()
    assert await reader.read_card(within_s=20) == CardUnreadable("removed")


async def test_may_be_closed_twice_and_connected_again(
    reader: SocialSecurityCardReader, hand: Hand
) -> None:
    await reader.close()
    await reader.close()
    await reader.connect()
    await hand.insert_social_security_card()
    assert isinstance(await reader.read_card(within_s=20), SocialSecurityCard)


# What a person at a bench cannot have: a card of each habit there is, with known fields on it.

LONG_NAME = "阿卜杜勒买买提艾则孜江·吐尔逊𠮷"
"""More than the 30 bytes of a name: it goes on in its extension."""


@pytest.mark.parametrize(
    "habits",
    [
        {},
        {"addressing": "short_id"},
        {"addressing": "tag"},
        {"addressing": "tag", "select_p1": 0},
        {"version": "1.00", "name": LONG_NAME},
        {"select_answers": "9000"},
        {"select_answers": "fci"},
        {"atr": "3B80800101"},
        {"wrong_length": "6700", "name": LONG_NAME},
        {"wrong_length": "00", "extension_bytes": 30, "name": LONG_NAME},
        {"wrong_length": "6C", "extension_bytes": 30, "name": LONG_NAME},
        {"filler": "00", "padding": "20"},
        {"filler": "FF", "padding": "FF"},
        {"addressing": "tag", "refuses_ways_with": "6A81", "select_p1": 0},
        {"addressing": "tag", "refuses_ways_with": "6A82", "select_p1": 0},
        {"addressing": "tag", "refuses_ways_with": "6A83", "select_p1": 0},
        {"addressing": "tag", "refuses_ways_with": "6B00", "select_p1": 0},
    ],
    ids=str,
)
async def test_every_field_is_read_whatever_the_habits_of_the_card(
    slot: PrivatePcscd, habits: dict[str, object]
) -> None:
    reader = make_device(DEVICE, "sssc", SLOT_PORT)
    slot.insert_card({**PERSON, **habits})
    assert await reader.read_card(within_s=20) == SocialSecurityCard(
        card_number="C37000001",
        social_security_number="370321198804123523",
        name=str(habits.get("name", "沈知夏")),
        sex="2",
        ethnicity="01",
        birth_date=date(1988, 4, 12),
        issue_date=date(2019, 6, 10),
        valid_until=date(2029, 6, 10),
        version=str(habits.get("version", "2.00")),
        area="370321",
    )
    await reader.close()


@pytest.mark.parametrize(
    ("habits", "version"),
    [
        ({"version": "3.00"}, "3.00"),
        ({"version": "3.00", "refuses_with": "6985"}, "3.00"),
        ({"guards_person": True}, "2.00"),
        ({"guards_person": True, "refuses_with": "6985"}, "2.00"),
    ],
)
async def test_says_what_was_free_when_a_card_wants_authentication(
    slot: PrivatePcscd, habits: dict[str, object], version: str
) -> None:
    reader = make_device(DEVICE, "sssc", SLOT_PORT)
    slot.insert_card({**PERSON, **habits})
    reading = await reader.read_card(within_s=20)
    assert isinstance(reading, NeedsAuthentication)
    assert (reading.read.area, reading.read.version) == ("370321", version)
    assert reading.read.social_security_number == ""
    await reader.close()
