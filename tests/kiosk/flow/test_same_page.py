"""A page that stays under the camera when the next one is asked for, on a real camera driver."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from nacl.public import PrivateKey

from device_drivers.document_camera.emulator import DocumentCameraEmulator
from kiosk.config import DeviceConfig
from kiosk.contract.devices import DeviceKind
from kiosk.contract.services import Photograph
from kiosk.devices.fleet import Fleet
from kiosk.flow import effects as ef
from kiosk.flow import events as ev
from kiosk.flow.clerk import Clerk
from kiosk.flow.performing import SAME_PAGE_S, Performer
from kiosk.store.cases import CaseDesk
from kiosk.store.database import Store
from kiosk.store.outbox import Outbox
from kiosk.store.paper_journal import PaperJournal
from tests.kiosk.flow.night_desk import PaneOfGlass
from tests.kiosk.flow.visits import world

PATIENT_S = 60.0
"""For a busy machine; a page takes a second."""


@dataclass
class Desk:
    """A performer with a camera, and what it told the flow."""

    camera: DocumentCameraEmulator
    glass: PaneOfGlass
    performer: Performer
    told: list[ev.Event] = field(default_factory=list)

    async def photograph(self, *, before: bytes = b"") -> ev.Event:
        await self.performer.perform(
            ef.CapturePage(within_s=PATIENT_S, before=before), self.told.append
        )
        return self.told[-1]

    async def first_page(self) -> bytes:
        self.camera.put("employer_letter")
        captured = await self.photograph()
        assert isinstance(captured, ev.PageCaptured)
        return captured.page.jpeg


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    camera, glass = DocumentCameraEmulator(tmp_path / "desk"), PaneOfGlass()
    fleet = Fleet.from_config(
        {DeviceKind.DOCUMENT_CAMERA: DeviceConfig(model="opencv", port=camera.port)}
    )
    store = Store.open(tmp_path / "kiosk.sqlite")
    outbox = Outbox(store)
    performer = Performer(
        devices=fleet,
        desk=CaseDesk(store, outbox, PrivateKey.generate().public_key),
        papers=PaperJournal(store, outbox),
        changes=store.changes,
        glass=glass,
        clerk=Clerk(),
    )
    yield Desk(camera, glass, performer)
    await fleet.close()
    store.close()


@pytest.mark.slow
async def test_the_same_page_is_not_taken_again_while_it_may_only_have_been_forgotten(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.flow.performing.SAME_PAGE_S", PATIENT_S)
    first = await desk.first_page()
    again = asyncio.create_task(desk.photograph(before=first))
    async with asyncio.timeout(PATIENT_S):
        while not desk.glass.same_pages:  # noqa: ASYNC110  it was seen, and the citizen is told why
            await asyncio.sleep(0.05)
    assert not again.done()
    again.cancel()
    await asyncio.wait([again])
    assert len(desk.told) == 1


@pytest.mark.slow
async def test_who_leaves_it_there_for_long_means_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    stays_s = 2.0
    monkeypatch.setattr("kiosk.flow.performing.SAME_PAGE_S", stays_s)
    first = await desk.first_page()
    asked_at = asyncio.get_running_loop().time()
    again = await desk.photograph(before=first)
    assert isinstance(again, ev.PageCaptured)
    assert asyncio.get_running_loop().time() - asked_at >= stays_s


@pytest.mark.slow
async def test_another_page_is_taken_without_waiting(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: nothing but sameness holds a page up."""
    monkeypatch.setattr("kiosk.flow.performing.SAME_PAGE_S", 10 * PATIENT_S)
    first = await desk.first_page()
    desk.camera.put("application_form")
    assert isinstance(await desk.photograph(before=first), ev.PageCaptured)
    assert desk.glass.same_pages == 0


def test_every_published_service_waits_long_enough_for_two_copies() -> None:
    steps = [
        step
        for service in world().content.bundle.services.values()
        for step in service.definition.steps.values()
        if isinstance(step, Photograph)
    ]
    assert steps
    assert min(step.within_s for step in steps) >= 2 * SAME_PAGE_S
