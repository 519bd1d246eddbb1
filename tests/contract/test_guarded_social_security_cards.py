"""Guarded cards, and whoever has their keys, on a real pcscd."""

import pytest

from device_drivers.social_security_card.driver import PcscSocialSecurityCardReader
from device_drivers.social_security_card.emulator import proof_for
from device_drivers.social_security_card.interface import NeedsAuthentication, SocialSecurityCard
from device_drivers.social_security_card.private_pcscd import PrivatePcscd
from device_drivers.social_security_card.secure_module import Challenge, Proof
from tests.device_drivers.social_security_card.virtual_slot import (
    PERSON,
    SLOT_PORT,
    slot,
    slot_of_module,
)

__all__ = ["slot", "slot_of_module"]

pytestmark = pytest.mark.slow

SECRET = "00112233445566778899aabbccddeeff"
GUARDED = {**PERSON, "version": "3.00", "secret": SECRET}


class KeyHolder:
    """Has the emulated cards' secret, or another."""

    def __init__(self, secret: str = SECRET) -> None:
        self._secret = secret
        self.asked: list[Challenge] = []

    async def prove(self, challenge: Challenge) -> Proof | None:
        self.asked.append(challenge)
        return Proof(0x00, proof_for(self._secret, challenge.random))


class Unreachable:
    """A key holder that is away."""

    async def prove(self, challenge: Challenge) -> Proof | None:
        del challenge
        return None


async def test_a_guarded_card_is_opened_by_whoever_has_the_keys(slot: PrivatePcscd) -> None:
    holder = KeyHolder()
    reader = PcscSocialSecurityCardReader(SLOT_PORT, secure_module=holder)
    slot.insert_card(GUARDED)
    card = await reader.read_card(within_s=20)
    assert isinstance(card, SocialSecurityCard)
    assert (card.card_number, card.name) == (PERSON["card_number"], PERSON["name"])
    (challenge,) = holder.asked
    assert (challenge.area, challenge.version) == ("370321", "3.00")
    assert (len(challenge.historical_bytes), len(challenge.identification_code)) == (13, 16)
    await reader.close()


@pytest.mark.parametrize(
    ("atr", "historical"),
    [
        ("3B00", ""),
        ("3B0180", "80"),
        ("3B119580", "80"),
        ("3B80800101", ""),
        ("3B8F8001804F0CA000000306030001000000006A", "804f0ca00000030603000100000000"),
    ],
    ids=["none", "one", "one, at another speed", "contactless, none", "contactless"],
)
async def test_a_key_holder_is_told_the_historical_bytes_whatever_stands_around_them(
    slot: PrivatePcscd, atr: str, historical: str
) -> None:
    holder = KeyHolder()
    reader = PcscSocialSecurityCardReader(SLOT_PORT, secure_module=holder)
    slot.insert_card({**GUARDED, "atr": atr})
    assert isinstance(await reader.read_card(within_s=20), SocialSecurityCard)
    assert [each.historical_bytes.hex() for each in holder.asked] == [historical]
    await reader.close()


async def test_a_wrong_proof_is_given_once_and_no_more(slot: PrivatePcscd) -> None:
    holder = KeyHolder("ff" * 16)
    reader = PcscSocialSecurityCardReader(SLOT_PORT, secure_module=holder)
    slot.insert_card(GUARDED)
    reading = await reader.read_card(within_s=20)
    assert isinstance(reading, NeedsAuthentication)
    assert len(holder.asked) == 1
    await reader.close()


async def test_a_key_holder_that_is_away_leaves_the_card_guarded(slot: PrivatePcscd) -> None:
    reader = PcscSocialSecurityCardReader(SLOT_PORT, secure_module=Unreachable())
    slot.insert_card(GUARDED)
    reading = await reader.read_card(within_s=20)
    assert isinstance(reading, NeedsAuthentication)
    assert (reading.read.version, reading.read.name) == ("3.00", "")
    await reader.close()
