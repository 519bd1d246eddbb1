"""A card whose contacts are slow, dirty or dead, on a real pcscd."""

import pytest

from device_drivers.emulation.wire_fault import WireFault
from device_drivers.social_security_card.driver import PcscSocialSecurityCardReader
from device_drivers.social_security_card.interface import (
    CardUnreadable,
    MediaStatus,
    NoCard,
    SocialSecurityCard,
)
from device_drivers.social_security_card.private_pcscd import PrivatePcscd
from tests.device_drivers.social_security_card.virtual_slot import PERSON, SLOT_PORT, until_media

pytestmark = pytest.mark.slow


async def test_a_card_whose_contacts_hang_is_mute_and_is_read_once_they_are_clean(
    slot: PrivatePcscd,
) -> None:
    reader = PcscSocialSecurityCardReader(SLOT_PORT, answer_limit_s=0.3)
    await until_media(reader, MediaStatus.NOT_PRESENT)
    slot.disturb(WireFault.SILENT)
    slot.insert_card(PERSON)
    assert await reader.read_card(within_s=20) == CardUnreadable("mute")
    slot.disturb(WireFault.NONE)
    slot.remove_card()
    await until_media(reader, MediaStatus.NOT_PRESENT)
    slot.insert_card(PERSON)
    assert isinstance(await reader.read_card(within_s=20), SocialSecurityCard)
    await reader.close()


@pytest.mark.parametrize("fault", [WireFault.NOISY, WireFault.WRONG])
async def test_spoilt_answers_of_a_card_are_a_typed_result_and_never_a_fault(
    slot: PrivatePcscd, fault: WireFault
) -> None:
    reader = PcscSocialSecurityCardReader(SLOT_PORT)
    await until_media(reader, MediaStatus.NOT_PRESENT)
    slot.disturb(fault)
    slot.insert_card(PERSON)
    try:
        reading = await reader.read_card(within_s=20)
    finally:
        slot.disturb(WireFault.NONE)
        await reader.close()
    assert not isinstance(reading, NoCard)
