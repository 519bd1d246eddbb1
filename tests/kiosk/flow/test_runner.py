"""The loop on real wires: emulated devices, a real store, real seals."""

import asyncio
import io
import itertools
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from device_drivers.cabinet.interface import Slot
from kiosk.contract.services import Department
from kiosk.flow import events as ev
from kiosk.flow import states as st
from kiosk.flow.citizen import PaperState
from kiosk.flow.world import Times
from kiosk.store.database import Store
from kiosk.store.outbox import Outbox
from tests.kiosk.flow.night_desk import NightDesk, night_desk

pytestmark = pytest.mark.slow

TAX = "tax-payment-certificate"
POLICE = "police-no-criminal-record"
NOTICE = "TAX1:370321:20261100042317"
PHONE = "13805330042"
TO_TAX = (ev.Begin(), ev.DepartmentChosen(Department.TAX), ev.ServiceChosen(TAX), ev.Continue())
TO_POLICE = (
    ev.Begin(),
    ev.DepartmentChosen(Department.POLICE),
    ev.ServiceChosen(POLICE),
    ev.Continue(),
)


@pytest.fixture(autouse=True)
def every_record_fits(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A record that journal or outbox refuses is our defect, wherever it happens."""
    yield
    assert not [each for each in caplog.records if "could not be written" in each.message]


def _signature() -> bytes:
    """As the pad hands it over: black on transparent."""
    picture = Image.new("RGBA", (600, 200), (0, 0, 0, 0))
    ImageDraw.Draw(picture).line([(40, 160), (300, 30), (560, 150)], (0, 0, 0, 255), 8)
    png = io.BytesIO()
    picture.save(png, "PNG")
    return png.getvalue()


async def _scan(desk: NightDesk, text: str = NOTICE) -> None:
    """Show the code until the scanner, which discards what came before, has it."""
    await desk.until(st.AwaitingCode)
    while isinstance(desk.runner.state, st.AwaitingCode):
        await asyncio.to_thread(desk.scanner.show, text)
        with suppress(TimeoutError):
            async with asyncio.timeout(1.5):
                await desk.runner.next_step()


async def _to_printing(desk: NightDesk) -> None:
    desk.touch(*TO_TAX)
    await _scan(desk)
    await desk.until(st.Checking)
    desk.touch(ev.Continue())
    await desk.served(completed=True)


async def test_a_citizen_scans_a_notice_and_takes_the_certificate(tmp_path: Path) -> None:
    async with night_desk(tmp_path) as desk:
        await _to_printing(desk)
        ended = await desk.until(st.Ended)
        lit = [slots for slots, _ in itertools.groupby(desk.lamps.lit) if slots]
        assert lit[0] == {Slot.SCANNER}
        assert lit[-1] == {Slot.RECEIPT_PRINTER}
        assert isinstance(ended, st.Ended)
        assert ended.session.receipt is not None
        desk.touch(ev.Continue())
        rating = await desk.until(st.Rating)
        assert isinstance(rating, st.Rating)
        assert rating.session.receipt is None
        desk.touch(ev.Rated(5))
        await desk.until(st.Idle)
        (receipt,) = desk.printer.receipts
        assert any("37032611230000001" in line for line in receipt.lines)
        assert receipt.codes == (ended.session.receipt.verify_url,)
        assert desk.server.received[0].applicant.number == NOTICE
    assert "session_ended" in await _kinds_of(tmp_path)


async def test_what_happened_is_recorded_in_order_and_without_anything_personal(
    tmp_path: Path,
) -> None:
    async with night_desk(tmp_path) as desk:
        await _to_printing(desk)
        await desk.until(st.Ended)
        desk.touch(ev.Continue())
        await desk.until(st.Rating)
        desk.touch(ev.Rated(4))
        await desk.until(st.Idle)
    assert await _kinds_of(tmp_path) == [
        "session_started",
        "case_submitted",
        "paper_changed:intent",
        "paper_changed:sent",
        "paper_changed:presented",
        "session_ended",
        "case_rated",
    ]
    kept = _bytes_of(tmp_path)
    assert b"session_started" in kept
    assert NOTICE.encode() not in kept
    assert "张明远".encode() not in kept


def _bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("kiosk.sqlite*"))


def _second(state: st.ReviewingPage) -> bool:
    return len(state.session.gathered) == 1


async def _kinds_of(folder: Path) -> list[str]:
    store = Store.open(folder / "kiosk.sqlite")
    try:
        events = [row.event for row in Outbox(store).pending()]
    finally:
        store.close()
    return [
        f"{event.kind}:{event.stage}" if event.kind == "paper_changed" else event.kind
        for event in events
    ]


async def test_a_citizen_applies_with_card_paper_and_signature(tmp_path: Path) -> None:
    async with night_desk(tmp_path) as desk:
        desk.touch(*TO_POLICE)
        await desk.until(st.AwaitingIdCard)
        desk.reader.lay(desk.cards.id_cards["zhang-mingyuan"])
        await desk.until(st.Choosing)
        await asyncio.to_thread(desk.camera.put, "employer_letter")
        desk.touch(ev.Answered("work"))
        await desk.until(st.EnteringDigits)
        desk.touch(ev.Answered(PHONE))
        reviewed = await desk.until(st.ReviewingPage)
        assert isinstance(reviewed, st.ReviewingPage)
        assert reviewed.page.jpeg.startswith(b"\xff\xd8")
        assert desk.glass.previews >= 3
        desk.touch(ev.AddPage())
        async with asyncio.timeout(30):
            while not desk.glass.same_pages:  # noqa: ASYNC110 - the first page still lies there
                await asyncio.sleep(0.05)
        assert isinstance(desk.glass.states[-1], st.Photographing)
        await asyncio.to_thread(desk.camera.put, "application_form")
        await desk.until(lambda state: isinstance(state, st.ReviewingPage) and _second(state))
        signature = _signature()
        desk.touch(ev.KeepPage(), ev.KeepPage(), ev.Continue(), ev.Signed(signature))
        await desk.served(completed=False)
        await desk.until(st.Ended)
        (receipt,) = desk.printer.receipts
        assert receipt.images == 1
        assert any("应于 2026年11月26日 周四" in line for line in receipt.lines)
        payload = desk.server.received[0]
        assert payload.applicant.number == "370321198503120011"
        assert payload.answers == {"use": "work", "phone": PHONE}
        assert payload.signature_png == signature


async def test_a_card_lifted_too_early_is_told_and_laid_again(tmp_path: Path) -> None:
    async with night_desk(tmp_path) as desk:
        desk.touch(*TO_POLICE)
        await desk.until(st.AwaitingIdCard)
        desk.reader.lay(desk.cards.id_cards["zhang-mingyuan"])
        assert await asyncio.to_thread(desk.reader.wait_until_reading, 20.0)
        desk.reader.take()
        trouble = await desk.until(st.Trouble)
        assert isinstance(trouble, st.Trouble)
        assert trouble.why == "id_card.lifted"
        desk.touch(ev.TryAgain())
        await desk.until(st.AwaitingIdCard)
        desk.reader.lay(desk.cards.id_cards["zhang-mingyuan"])
        await desk.until(st.Choosing)


async def test_leaving_the_page_stops_the_reader_and_the_next_citizen_can_use_it(
    tmp_path: Path,
) -> None:
    async with night_desk(tmp_path) as desk:
        for _ in range(2):
            desk.touch(*TO_POLICE)
            await desk.until(st.AwaitingIdCard)
            desk.touch(ev.Quit())
            await desk.until(st.Ended)
            desk.touch(ev.Continue())
            await desk.until(st.Idle)
        desk.touch(*TO_POLICE)
        await desk.until(st.AwaitingIdCard)
        desk.reader.lay(desk.cards.id_cards["zhang-mingyuan"])
        await desk.until(st.Choosing)


async def test_a_camera_unplugged_is_told_and_used_again_once_it_is_back(tmp_path: Path) -> None:
    async with night_desk(tmp_path) as desk:
        desk.touch(*TO_POLICE)
        await desk.until(st.AwaitingIdCard)
        desk.reader.lay(desk.cards.id_cards["zhang-mingyuan"])
        await desk.until(st.Choosing)
        desk.touch(ev.Answered("work"), ev.Answered(PHONE))
        await desk.until(st.Photographing)
        desk.camera.unplug()
        trouble = await desk.until(st.Trouble)
        assert isinstance(trouble, st.Trouble)
        assert (trouble.why, trouble.code[:2]) == ("device.document_camera", "D1")
        async with asyncio.timeout(20):
            async for _ in desk.store.changes():
                if "device_fault" in [entry.kind for entry in desk.journal.entries()]:
                    break
        desk.camera.plug()
        await asyncio.to_thread(desk.camera.put, "employer_letter")
        desk.touch(ev.TryAgain())
        await desk.until(st.ReviewingPage)


async def test_without_paper_the_citizen_is_told_and_prints_again_after_it_was_refilled(
    tmp_path: Path,
) -> None:
    async with night_desk(tmp_path) as desk:
        desk.printer.set_paper(left_mm=0)
        await _to_printing(desk)
        trouble = await desk.until(st.PaperTrouble)
        assert isinstance(trouble, st.PaperTrouble)
        assert (trouble.session.paper, trouble.why) == (PaperState.NOT_PRINTED, "D301")
        assert desk.printer.receipts == []
        desk.printer.refill()
        desk.touch(ev.TryAgain())
        await desk.until(st.Ended)
        assert len([piece for piece in desk.printer.receipts if piece.lines]) == 1


async def test_without_an_answer_in_time_the_slip_is_printed_and_the_case_stays_in_the_store(
    tmp_path: Path,
) -> None:
    async with night_desk(tmp_path) as desk:
        service = desk.world.content.bundle.services[TAX].definition
        step = service.steps["submit"].model_copy(update={"wait_s": 0.5})
        service.steps["submit"] = step
        try:
            desk.touch(*TO_TAX)
            await _scan(desk)
            desk.touch(ev.Continue())
            ended = await desk.until(st.Ended)
        finally:
            service.steps["submit"] = step.model_copy(update={"wait_s": 20.0})
        assert isinstance(ended, st.Ended)
        assert ended.step_id == "waiting"
        assert any("应急凭条" in line for line in desk.printer.receipts[0].lines)
        assert desk.server.take() == ended.session.case_id


async def test_an_absent_citizen_is_warned_and_then_nothing_is_left(tmp_path: Path) -> None:
    times = Times(idle_warning_s=0.3, warning_s=0.3, session_cap_s=60)
    async with night_desk(tmp_path, times) as desk:
        desk.touch(*TO_TAX[:3])
        await desk.until(st.Warned)
        desk.touch(ev.Extend())
        await desk.until(st.AtGuide)
        await desk.until(st.Idle)
    assert (await _kinds_of(tmp_path)) == ["session_started", "session_ended"]


async def test_a_touch_that_means_nothing_still_says_that_somebody_is_there(
    tmp_path: Path,
) -> None:
    times = Times(idle_warning_s=1.5, warning_s=20, session_cap_s=60)
    async with night_desk(tmp_path, times) as desk:
        desk.touch(*TO_TAX[:3])
        await desk.until(st.AtGuide)
        for _ in range(6):
            await asyncio.sleep(0.35)
            desk.touch(ev.Rated(1))
        assert isinstance(desk.runner.state, st.AtGuide)
        await desk.until(st.Warned)


async def test_a_citizen_who_types_slowly_is_not_asked_whether_they_are_there(
    tmp_path: Path,
) -> None:
    times = Times(idle_warning_s=1.5, warning_s=20, session_cap_s=60)
    async with night_desk(tmp_path, times) as desk:
        desk.touch(*TO_TAX[:3])
        await desk.until(st.AtGuide)
        for _ in range(6):
            await asyncio.sleep(0.35)
            desk.touch(ev.StillHere())
        assert not [state for state in desk.glass.states if isinstance(state, st.Warned)]
        await desk.until(st.Warned)
        desk.touch(ev.StillHere())
        await asyncio.sleep(0.2)
        assert isinstance(desk.glass.states[-1], st.Warned)  # the question wants an answer
        assert "event_ignored" not in [entry.kind for entry in desk.journal.entries()]


async def test_the_hard_cap_ends_a_session_however_busy_it_is(tmp_path: Path) -> None:
    times = Times(idle_warning_s=60, warning_s=20, session_cap_s=0.5)
    async with night_desk(tmp_path, times) as desk:
        desk.touch(*TO_TAX)
        await desk.until(st.AwaitingCode)
        await desk.until(st.Idle)
        async with asyncio.timeout(20), desk.fleet.qr_scanner() as scanner:
            assert scanner  # lent again: the session's read has let it go


async def test_a_kiosk_told_to_end_while_printing_lets_the_paper_out_first(
    tmp_path: Path,
) -> None:
    async with night_desk(tmp_path) as desk:
        await _to_printing(desk)
        await desk.until(lambda state: isinstance(state, st.Printing | st.Ended))
        desk.running.cancel()
        await asyncio.gather(desk.running, return_exceptions=True)
        assert len(desk.printer.receipts) == 1
    assert (await _kinds_of(tmp_path))[-1] == "paper_changed:presented"
