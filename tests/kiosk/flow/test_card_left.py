"""A card left in a real slot: asked for until it is out, and not read for the next citizen."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from nacl.public import PrivateKey

from device_drivers.social_security_card.interface import (
    CardReading,
    SlotStatus,
    SocialSecurityCard,
)
from device_drivers.social_security_card.private_pcscd import PrivatePcscd
from device_drivers.status import DeviceStatus as DriverStatus
from kiosk.config import DeviceConfig
from kiosk.contract.devices import DeviceKind
from kiosk.devices.fleet import Fleet
from kiosk.flow import effects as ef
from kiosk.flow import events as ev
from kiosk.flow.clerk import Clerk
from kiosk.flow.performing import Performer, Task
from kiosk.store.cases import CaseDesk
from kiosk.store.database import Store
from kiosk.store.outbox import Outbox
from kiosk.store.paper_journal import PaperJournal
from tests.device_drivers.social_security_card.virtual_slot import (
    PERSON,
    SLOT_PORT,
    slot,
    slot_of_module,
)
from tests.kiosk.flow.night_desk import PaneOfGlass

__all__ = ["slot", "slot_of_module"]

pytestmark = pytest.mark.slow


@pytest.fixture
async def performer(slot: PrivatePcscd, tmp_path: Path) -> AsyncIterator[Performer]:
    assert slot.environment
    config = DeviceConfig(model="sssc", port=str(SLOT_PORT))
    fleet = Fleet.from_config({DeviceKind.SOCIAL_SECURITY_CARD: config})
    store = Store.open(tmp_path / "kiosk.sqlite")
    outbox = Outbox(store)
    yield Performer(
        devices=fleet,
        desk=CaseDesk(store, outbox, PrivateKey.generate().public_key),
        papers=PaperJournal(store, outbox),
        changes=store.changes,
        glass=PaneOfGlass(),
        clerk=Clerk(),
    )
    await fleet.close()
    store.close()


@pytest.fixture
async def seen_empty(performer: Performer) -> Performer:
    """The same, once the slot was seen to be empty."""
    await performer.perform(ef.AwaitCardTaken(30), lambda _event: None)
    return performer


async def test_a_card_that_was_in_before_the_app_started_is_not_read(
    performer: Performer, slot: PrivatePcscd
) -> None:
    await asyncio.to_thread(slot.insert_card, PERSON)
    assert await said(performer, ef.ReadSocialSecurityCard(10)) == [ev.OldCardInSlot()]


class SlotThatKnowsNothing:
    """A slot held by a card that hangs, or without its service: nobody can say what is in it."""

    async def connect(self) -> None:
        """There."""

    async def close(self) -> None:
        """Gone."""

    @property
    def capabilities(self) -> dict[str, str]:
        return {}

    async def status(self) -> SlotStatus:
        return SlotStatus(device=DriverStatus.DEVICE_BUSY)

    async def read_card(self, *, within_s: float) -> CardReading:
        raise AssertionError("what may be the card before must not be read")


async def test_a_slot_nobody_knows_of_is_not_read_until_it_was_seen_empty(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "kiosk.sqlite")
    outbox = Outbox(store)
    performer = Performer(
        devices=Fleet(social_security_card_reader=SlotThatKnowsNothing()),
        desk=CaseDesk(store, outbox, PrivateKey.generate().public_key),
        papers=PaperJournal(store, outbox),
        changes=store.changes,
        glass=PaneOfGlass(),
        clerk=Clerk(),
    )
    assert await said(performer, ef.AwaitCardTaken(0.2)) == [ev.CardTaken()]
    assert await said(performer, ef.ReadSocialSecurityCard(10)) == [
        ev.DeviceFailed(DeviceKind.SOCIAL_SECURITY_CARD, "D102")
    ]
    store.close()


async def until_said(performer: Performer, effect: Task, events: list[ev.Event]) -> None:
    """Ask again until that is the answer: pcscd looks into its slot every 0.4 s."""
    async with asyncio.timeout(30):
        while await said(performer, effect) != events:  # noqa: ASYNC110 - the slot is asked
            await asyncio.sleep(0.1)


async def said(performer: Performer, effect: Task) -> list[ev.Event]:
    fed: list[ev.Event] = []
    await performer.perform(effect, fed.append)
    return fed


async def test_an_empty_slot_is_not_waited_for(performer: Performer) -> None:
    async with asyncio.timeout(20):
        assert await said(performer, ef.AwaitCardTaken(30)) == [ev.CardTaken()]


async def test_a_card_in_the_slot_is_seen_and_its_leaving_noticed(
    seen_empty: Performer, slot: PrivatePcscd
) -> None:
    performer = seen_empty
    await asyncio.to_thread(slot.insert_card, PERSON)
    await said(performer, ef.ReadSocialSecurityCard(10))
    fed: list[ev.Event] = []
    waiting = asyncio.create_task(performer.perform(ef.AwaitCardTaken(30), fed.append))
    async with asyncio.timeout(20):
        while not fed:  # noqa: ASYNC110 - the slot is asked twice a second
            await asyncio.sleep(0.05)
        assert fed == [ev.CardSeen()]
        await asyncio.to_thread(slot.remove_card)
        await waiting
    assert fed == [ev.CardSeen(), ev.CardTaken()]


async def test_a_card_nobody_took_is_not_read_for_the_next_citizen_until_it_was_out(
    seen_empty: Performer, slot: PrivatePcscd
) -> None:
    performer = seen_empty
    await asyncio.to_thread(slot.insert_card, PERSON)
    (first,) = await said(performer, ef.ReadSocialSecurityCard(10))
    assert isinstance(first, ev.SocialSecurityCardRead)
    stayed = await said(performer, ef.AwaitCardTaken(0.2))
    assert stayed == [ev.CardSeen(), ev.CardStayed()]
    assert await said(performer, ef.ReadSocialSecurityCard(10)) == [ev.OldCardInSlot()]
    await asyncio.to_thread(slot.remove_card)
    # a slot seen to be empty has nothing left in it, and says so without a card seen first
    await until_said(performer, ef.AwaitCardTaken(0.2), [ev.CardTaken()])
    reading = asyncio.create_task(said(performer, ef.ReadSocialSecurityCard(10)))
    await asyncio.sleep(1)
    await asyncio.to_thread(slot.insert_card, PERSON)
    (own,) = await reading
    assert isinstance(own, ev.SocialSecurityCardRead)
    assert isinstance(own.reading, SocialSecurityCard)
