"""The promises of a social security card reader, kept by the driver whatever is behind the port.

They run against an emulated card below a real pcscd; a real reader is the same port by another
name, with a person in place of `SlotHand`.
"""

from collections.abc import AsyncIterator
from typing import Protocol

import pytest

from device_drivers.registry import make_device
from device_drivers.social_security_card.interface import (
    CardUnreadable,
    MediaStatus,
    NoCard,
    SocialSecurityCard,
    SocialSecurityCardReader,
    UnsupportedCard,
)
from device_drivers.social_security_card.private_pcscd import PrivatePcscd
from device_drivers.status import DeviceKind, DeviceStatus
from tests.device_drivers.social_security_card.virtual_slot import (
    PERSON,
    SLOT_PORT,
    slot,
    slot_of_module,
    until_media,
)

__all__ = ["slot", "slot_of_module"]

pytestmark = pytest.mark.slow


class Hand(Protocol):
    """Puts cards in and takes them out."""

    def insert_social_security_card(self) -> None: ...
    def insert_bank_card(self) -> None: ...
    def pull_during_read(self) -> None: ...
    def take_out(self) -> None: ...


class SlotHand:
    """The hand of the virtual slot."""

    def __init__(self, pcscd: PrivatePcscd) -> None:
        self._pcscd = pcscd

    def insert_social_security_card(self) -> None:
        self._pcscd.insert_card(PERSON)

    def insert_bank_card(self) -> None:
        self._pcscd.insert_foreign_card()

    def pull_during_read(self) -> None:
        self._pcscd.insert_card(PERSON, pulled_after=4)

    def take_out(self) -> None:
        self._pcscd.remove_card()


@pytest.fixture
def hand(slot: PrivatePcscd) -> Hand:
    return SlotHand(slot)


@pytest.fixture
async def reader(hand: Hand) -> AsyncIterator[SocialSecurityCardReader]:
    del hand  # the slot is there before the reader and after
    reader = make_device(DeviceKind.SOCIAL_SECURITY_CARD, "sssc", SLOT_PORT)
    await reader.connect()
    await until_media(reader, MediaStatus.NOT_PRESENT)
    yield reader
    await reader.close()


async def test_says_so_when_no_card_comes(reader: SocialSecurityCardReader) -> None:
    assert await reader.read_card(within_s=0.2) == NoCard()
    assert (await reader.status()).device is DeviceStatus.ONLINE


async def test_reads_a_card_and_follows_it_in_the_status(
    reader: SocialSecurityCardReader, hand: Hand
) -> None:
    hand.insert_social_security_card()
    card = await reader.read_card(within_s=20)
    assert isinstance(card, SocialSecurityCard)
    assert card.social_security_number == PERSON["social_security_number"]
    assert (await reader.status()).parts() == {"media": "present"}
    hand.take_out()
    await until_media(reader, MediaStatus.NOT_PRESENT)


async def test_returns_what_a_citizen_causes(reader: SocialSecurityCardReader, hand: Hand) -> None:
    hand.insert_bank_card()
    assert isinstance(await reader.read_card(within_s=20), UnsupportedCard)
    hand.take_out()
    await until_media(reader, MediaStatus.NOT_PRESENT)
    hand.pull_during_read()
    assert await reader.read_card(within_s=20) == CardUnreadable("removed")


async def test_may_be_closed_twice_and_connected_again(
    reader: SocialSecurityCardReader, hand: Hand
) -> None:
    await reader.close()
    await reader.close()
    await reader.connect()
    hand.insert_social_security_card()
    assert isinstance(await reader.read_card(within_s=20), SocialSecurityCard)
