"""Whoever has the keys breaks down, or never answers: the card stays guarded, and no more."""

import asyncio

import pytest

from device_drivers.social_security_card.driver import PcscSocialSecurityCardReader
from device_drivers.social_security_card.interface import NeedsAuthentication
from device_drivers.social_security_card.private_pcscd import PrivatePcscd
from device_drivers.social_security_card.secure_module import Challenge, Proof
from tests.device_drivers.social_security_card.virtual_slot import PERSON, SLOT_PORT

pytestmark = pytest.mark.slow

GUARDED = {**PERSON, "version": "3.00", "secret": "00112233445566778899aabbccddeeff"}


class PulledOut:
    """A module whose cable is pulled while it is asked; its words quote what it was asked."""

    async def prove(self, challenge: Challenge) -> Proof | None:
        raise OSError(f"cannot send {challenge.random.hex()}")


class OfAnotherStandard:
    """A module whose answer is no proof at all."""

    async def prove(self, challenge: Challenge) -> Proof | None:
        return Proof(0x00, challenge.random)


class Silent:
    """A module that never answers."""

    async def prove(self, challenge: Challenge) -> Proof | None:
        del challenge
        await asyncio.Event().wait()
        return None


@pytest.mark.parametrize(
    ("holder", "said"),
    [
        (PulledOut(), "the secure module broke down: OSError"),
        (OfAnotherStandard(), "the secure module broke down: ValueError"),
        (Silent(), "the secure module did not answer within 0.3 s"),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_the_card_stays_guarded_and_the_log_says_why_without_its_words(
    holder: PulledOut | OfAnotherStandard | Silent,
    said: str,
    slot: PrivatePcscd,
    caplog: pytest.LogCaptureFixture,
) -> None:
    reader = PcscSocialSecurityCardReader(SLOT_PORT, secure_module=holder, proof_limit_s=0.3)
    slot.insert_card(GUARDED)
    reading = await reader.read_card(within_s=20)
    assert isinstance(reading, NeedsAuthentication)
    assert reading.read.version == "3.00"
    assert [each.getMessage() for each in caplog.records] == [said]
    await reader.close()
