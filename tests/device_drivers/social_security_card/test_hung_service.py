"""A pcscd, or a card, that holds a call and gives nothing back: one thread waits, never two."""

import asyncio
import os
import signal
import threading
from collections.abc import Iterator

import pytest

from device_drivers.errors import DeviceSilent
from device_drivers.social_security_card.driver import PcscSocialSecurityCardReader
from device_drivers.social_security_card.interface import (
    CardUnreadable,
    MediaStatus,
    SocialSecurityCard,
)
from device_drivers.social_security_card.private_pcscd import PrivatePcscd
from device_drivers.status import DeviceStatus
from tests.device_drivers.social_security_card.virtual_slot import (
    PERSON,
    SLOT_PORT,
    pcscd_pid,
    until_media,
)

pytestmark = pytest.mark.slow

RECONNECTS = 4


@pytest.fixture
def frozen_service(slot: PrivatePcscd) -> Iterator[int]:
    """The process number of a pcscd that may be frozen; it goes on at the end."""
    pid = pcscd_pid(slot.directory)
    yield pid
    os.kill(pid, signal.SIGCONT)


async def reconnect(reader: PcscSocialSecurityCardReader) -> None:
    """As supervision does with a device that does not answer."""
    await reader.close()
    with pytest.raises(DeviceSilent):
        await reader.connect()


def threads() -> int:
    return sum(each.name.startswith("pcsc ") for each in threading.enumerate())


async def until_threads(number: int) -> None:
    async with asyncio.timeout(20):
        while threads() != number:  # noqa: ASYNC110 - threads send no events
            await asyncio.sleep(0.02)


async def test_a_frozen_service_costs_one_thread_and_is_used_again_once_it_goes_on(
    slot: PrivatePcscd, frozen_service: int
) -> None:
    await until_threads(0)
    reader = PcscSocialSecurityCardReader(SLOT_PORT)
    await until_media(reader, MediaStatus.NOT_PRESENT)
    os.kill(frozen_service, signal.SIGSTOP)
    for _ in range(RECONNECTS):
        await reconnect(reader)
        assert (await reader.status()).device is DeviceStatus.DEVICE_BUSY
        assert threads() == 1
    os.kill(frozen_service, signal.SIGCONT)
    await until_media(reader, MediaStatus.NOT_PRESENT)
    slot.insert_card(PERSON)
    assert isinstance(await reader.read_card(within_s=20), SocialSecurityCard)
    await reader.close()
    await until_threads(0)


async def test_a_card_that_hangs_costs_one_thread_however_often_it_is_tried_again(
    slot: PrivatePcscd,
) -> None:
    await until_threads(0)
    reader = PcscSocialSecurityCardReader(SLOT_PORT, answer_limit_s=0.3)
    await until_media(reader, MediaStatus.NOT_PRESENT)
    slot.insert_card(PERSON, think_s=60)
    assert await reader.read_card(within_s=20) == CardUnreadable("mute")
    for _ in range(RECONNECTS):
        await reconnect(reader)
        assert threads() == 1
    slot.remove_card()
    await until_media(reader, MediaStatus.NOT_PRESENT)
    slot.insert_card(PERSON)
    assert isinstance(await reader.read_card(within_s=20), SocialSecurityCard)
    await reader.close()
    await until_threads(0)


async def test_a_reader_closed_while_the_service_hangs_ends_its_thread_when_it_goes_on(
    slot: PrivatePcscd, frozen_service: int
) -> None:
    del slot
    await until_threads(0)
    reader = PcscSocialSecurityCardReader(SLOT_PORT)
    await until_media(reader, MediaStatus.NOT_PRESENT)
    os.kill(frozen_service, signal.SIGSTOP)
    assert (await reader.status()).device is DeviceStatus.DEVICE_BUSY
    await reader.close()
    assert threads() == 1
    os.kill(frozen_service, signal.SIGCONT)
    await until_threads(0)
