"""The social security card on real pcscd, through the fleet: inserted, wrong, left, gone."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from device_drivers.errors import DeviceFault
from device_drivers.social_security_card.interface import (
    SocialSecurityCard,
    UnsupportedCard,
)
from device_drivers.social_security_card.private_pcscd import PrivatePcscd
from kiosk.config import DeviceConfig
from kiosk.contract.devices import DeviceKind, DeviceStatus
from kiosk.devices.fleet import Fleet
from tests.device_drivers.social_security_card.virtual_slot import (
    PERSON,
    SLOT_PORT,
    slot,
    slot_of_module,
)

__all__ = ["slot", "slot_of_module"]

pytestmark = pytest.mark.slow

SLOT = DeviceKind.SOCIAL_SECURITY_CARD


@pytest.fixture
async def fleet(slot: PrivatePcscd) -> AsyncIterator[Fleet]:
    assert slot.environment
    made = Fleet.from_config({SLOT: DeviceConfig(model="sssc", port=str(SLOT_PORT))})
    yield made
    await made.close()


async def test_a_card_is_read_and_a_bank_card_is_not(fleet: Fleet, slot: PrivatePcscd) -> None:
    async with fleet.social_security_card_reader() as reader:
        await asyncio.to_thread(slot.insert_card, PERSON)
        card = await reader.read_card(within_s=20)
        assert isinstance(card, SocialSecurityCard)
        assert card.social_security_number == PERSON["social_security_number"]
        await asyncio.to_thread(slot.remove_card)
        await asyncio.to_thread(slot.insert_foreign_card)
        assert isinstance(await reader.read_card(within_s=20), UnsupportedCard)


async def test_a_reader_unplugged_in_use_is_a_fault_and_known_to_the_fleet(
    fleet: Fleet, slot: PrivatePcscd
) -> None:
    (keeper,) = fleet.keepers
    assert (await keeper.ask()).status is DeviceStatus.ONLINE
    with pytest.raises(DeviceFault):
        await _read_while_it_is_unplugged(fleet, slot)
    assert fleet.states()[SLOT].fault is not None
    await asyncio.to_thread(slot.plug_reader)
    async with asyncio.timeout(20):
        while (await keeper.ask()).status is not DeviceStatus.ONLINE:  # noqa: ASYNC110  as the watch does
            await asyncio.sleep(0.5)


async def _read_while_it_is_unplugged(fleet: Fleet, slot: PrivatePcscd) -> None:
    async with fleet.social_security_card_reader() as reader:
        reading = asyncio.create_task(reader.read_card(within_s=20))
        await asyncio.sleep(0.3)
        await asyncio.to_thread(slot.unplug_reader)
        await reading
