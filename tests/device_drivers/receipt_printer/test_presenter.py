"""A printer that holds the ticket out, sees it taken or draws it back; and one that cannot tell."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from device_drivers.ports import Port
from device_drivers.receipt_printer.driver import EscposReceiptPrinter
from device_drivers.receipt_printer.emulator import ReceiptPrinterEmulator
from device_drivers.receipt_printer.interface import (
    NotPrinted,
    Printed,
    PrintOutcome,
    PrintProgress,
    TicketEnd,
    TicketStatus,
)
from device_drivers.receipt_printer.presenter import NotTaken
from tests.device_drivers.receipt_printer.sample import SHORT

DRAWN_IN_MM = 90.0
"""The least; ours is shorter."""
_SENT, _PRESENTED, _TAKEN = PrintProgress.SENT, PrintProgress.PRESENTED, PrintProgress.TAKEN


class _Job:
    """One job under way, and what it has said so far."""

    def __init__(self, driver: EscposReceiptPrinter) -> None:
        self.progress: list[PrintProgress] = []
        self._is_presented = asyncio.Event()
        self._printing = asyncio.create_task(
            driver.print_receipt(SHORT, on_progress=self._on_progress)
        )

    def _on_progress(self, progress: PrintProgress) -> None:
        self.progress.append(progress)
        if progress is _PRESENTED:
            self._is_presented.set()

    async def is_presented(self) -> None:
        async with asyncio.timeout(20):
            await self._is_presented.wait()

    async def end(self) -> PrintOutcome:
        return await self._printing


@asynccontextmanager
async def _kiosk_printer(
    *,
    not_taken: NotTaken = "retract",
    taken_within_s: float = 20.0,
    retracted_in_s: float = 0.5,
) -> AsyncIterator[tuple[EscposReceiptPrinter, ReceiptPrinterEmulator]]:
    emulator = ReceiptPrinterEmulator(
        mm_per_s=None, presenter="custom", retract_mm_per_s=DRAWN_IN_MM / retracted_in_s
    )
    await emulator.start()
    driver = EscposReceiptPrinter(
        Port.parse(emulator.port),
        presenter="custom",
        not_taken=not_taken,
        taken_within_s=taken_within_s,
    )
    try:
        await driver.connect()
        yield driver, emulator
    finally:
        await driver.close()
        await emulator.stop()


async def test_it_tells_when_the_paper_is_there_and_when_it_is_taken() -> None:
    async with _kiosk_printer() as (driver, emulator):
        assert (await driver.status()).ticket is TicketStatus.NOT_PRESENT
        job = _Job(driver)
        await job.is_presented()
        assert job.progress == [_SENT, _PRESENTED]
        assert emulator.tear_off() is not None
        assert await job.end() == Printed(TicketEnd.TAKEN)
        assert job.progress == [_SENT, _PRESENTED, _TAKEN]
        assert emulator.unknown == []


@pytest.mark.parametrize(
    ("not_taken", "end", "retracted", "ticket"),
    [
        ("retract", TicketEnd.RETRACTED, 1, TicketStatus.NOT_PRESENT),
        ("eject", TicketEnd.EJECTED, 0, TicketStatus.NOT_PRESENT),
        ("leave", TicketEnd.LEFT, 0, TicketStatus.PRESENT),
    ],
)
async def test_a_ticket_nobody_takes_goes_where_it_is_configured_to(
    not_taken: NotTaken, end: TicketEnd, retracted: int, ticket: TicketStatus
) -> None:
    async with _kiosk_printer(not_taken=not_taken, taken_within_s=0.3) as (driver, emulator):
        job = _Job(driver)
        assert await job.end() == Printed(end)
        assert job.progress == [_SENT, _PRESENTED]
        assert len(emulator.retracted) == retracted
        assert (await driver.status()).ticket is ticket


async def test_a_hand_as_fast_as_the_command_to_retract_leaves_it_open_who_has_the_paper() -> None:
    async with _kiosk_printer(taken_within_s=0.3) as (driver, emulator):
        emulator.snatch_at_retract()
        job = _Job(driver)
        assert await job.end() == Printed(TicketEnd.UNKNOWN)
        assert job.progress == [_SENT, _PRESENTED]
        assert (emulator.mouth, emulator.retracted) == (None, [])


async def test_a_snatched_ticket_leaves_room_for_the_next_one() -> None:
    async with _kiosk_printer() as (driver, emulator):
        first = _Job(driver)
        await first.is_presented()
        await emulator.unplug()
        assert await first.end() == Printed(TicketEnd.UNKNOWN)
        await emulator.plug()
        emulator.snatch_at_retract()
        second = _Job(driver)
        await second.is_presented()
        assert emulator.retracted == []
        emulator.tear_off()
        assert await second.end() == Printed(TicketEnd.TAKEN)


async def test_a_strangers_ticket_is_drawn_back_before_the_next_is_printed() -> None:
    async with _kiosk_printer() as (driver, emulator):
        first = _Job(driver)
        await first.is_presented()
        await emulator.unplug()  # the driver never learns what became of it
        assert await first.end() == Printed(TicketEnd.UNKNOWN)
        await emulator.plug()
        second = _Job(driver)
        await second.is_presented()
        assert emulator.retracted == emulator.receipts[:1]
        emulator.tear_off()
        assert await second.end() == Printed(TicketEnd.TAKEN)


@pytest.mark.slow
async def test_a_mouth_that_stays_full_keeps_the_next_citizens_paper_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("device_drivers.receipt_printer.presenter._MOVES_S", 0.3)
    async with _kiosk_printer(taken_within_s=0.1) as (driver, emulator):
        emulator.set_presenter(is_jammed=True)
        assert await _Job(driver).end() == Printed(TicketEnd.LEFT)
        stuck = emulator.mouth
        next_one = _Job(driver)
        assert await next_one.end() == NotPrinted("D303")
        assert next_one.progress == []
        assert (emulator.receipts, emulator.mouth) == ([stuck], stuck)
        emulator.set_presenter(is_jammed=False)
        monkeypatch.undo()
        assert await _Job(driver).end() == Printed(TicketEnd.RETRACTED)
        assert len(emulator.receipts) == 2


async def test_a_line_that_breaks_while_the_mouth_is_cleared_keeps_the_next_paper_in() -> None:
    async with _kiosk_printer(not_taken="eject") as (driver, emulator):
        emulator.set_presenter(is_jammed=True)
        first = _Job(driver)
        await first.is_presented()
        await emulator.unplug()
        assert await first.end() == Printed(TicketEnd.UNKNOWN)
        await emulator.plug()
        second = _Job(driver)
        async with asyncio.timeout(20):
            while not emulator.moves_refused:  # noqa: ASYNC110 - the emulator has nothing to await
                await asyncio.sleep(0.01)
        await emulator.unplug()
        assert await second.end() == NotPrinted("D303")
        assert len(emulator.receipts) == 1


@pytest.mark.slow
async def test_a_mouth_that_does_not_answer_keeps_the_next_citizens_paper_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("device_drivers.receipt_printer.presenter._MOVES_S", 0.3)
    async with _kiosk_printer(taken_within_s=0.1) as (driver, emulator):
        first = _Job(driver)
        await first.is_presented()
        emulator.set_mouth_sensor(is_silent=True)
        assert await first.end() == Printed(TicketEnd.LEFT)
        next_one = _Job(driver)
        assert await next_one.end() == NotPrinted("D102")
        assert (next_one.progress, len(emulator.receipts)) == ([], 1)
        emulator.set_mouth_sensor()
        monkeypatch.undo()
        assert await _Job(driver).end() == Printed(TicketEnd.RETRACTED)


async def test_a_mouth_that_answers_when_asked_again_lets_the_next_paper_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("device_drivers.receipt_printer.presenter._LOOKS_AGAIN_S", 20)
    async with _kiosk_printer() as (driver, emulator):
        emulator.set_mouth_sensor(is_silent=True)
        emulator.overheard.clear()
        job = _Job(driver)
        async with asyncio.timeout(20):
            while b"\x10\x04\x14" not in emulator.overheard:  # noqa: ASYNC110 - nothing to await
                await asyncio.sleep(0.01)
        emulator.set_mouth_sensor()
        await job.is_presented()
        emulator.tear_off()
        assert await job.end() == Printed(TicketEnd.TAKEN)


@pytest.mark.slow
async def test_a_ticket_a_blind_mouth_never_saw_is_drawn_back_before_the_next_is_printed() -> None:
    async with _kiosk_printer() as (driver, emulator):
        emulator.set_mouth_sensor(is_blind=True)
        assert await _Job(driver).end() == Printed(TicketEnd.UNKNOWN)
        assert emulator.mouth is emulator.receipts[0]
        assert await _Job(driver).end() == Printed(TicketEnd.UNKNOWN)
        assert emulator.retracted == emulator.receipts[:1]
        assert emulator.mouth is emulator.receipts[1]


async def test_a_ticket_seen_to_be_taken_leaves_nothing_to_draw_back() -> None:
    """The negative control of the test above: nothing is moved that need not be."""
    async with _kiosk_printer() as (driver, emulator):
        first = _Job(driver)
        await first.is_presented()
        emulator.tear_off()
        assert await first.end() == Printed(TicketEnd.TAKEN)
        emulator.set_presenter(is_jammed=True)
        second = _Job(driver)
        await second.is_presented()
        emulator.tear_off()
        assert await second.end() == Printed(TicketEnd.TAKEN)
        assert emulator.moves_refused == 0


@pytest.mark.slow
async def test_the_longest_ticket_is_waited_for_until_it_is_drawn_in() -> None:
    """6 s: 400 mm at 100 mm/s, and half as much again."""
    async with _kiosk_printer(taken_within_s=0.1, retracted_in_s=6.0) as (driver, emulator):
        assert await _Job(driver).end() == Printed(TicketEnd.RETRACTED)
        assert emulator.retracted == emulator.receipts


@pytest.mark.slow
@pytest.mark.parametrize("is_silent", [False, True])
async def test_where_tickets_are_left_a_full_mouth_is_no_reason(*, is_silent: bool) -> None:
    """The negative control: who configures that they hang there gets the next one all the same."""
    async with _kiosk_printer(not_taken="leave", taken_within_s=0.1) as (driver, emulator):
        emulator.set_presenter(is_jammed=True)
        assert await _Job(driver).end() == Printed(TicketEnd.LEFT)
        emulator.set_mouth_sensor(is_silent=is_silent)
        assert isinstance(await _Job(driver).end(), Printed)
        assert len(emulator.receipts) == 2


async def test_a_printer_without_a_presenter_cannot_tell_and_says_so() -> None:
    """The negative control: the paper is torn off, and nobody claims to have seen it."""
    emulator = ReceiptPrinterEmulator(mm_per_s=None)
    await emulator.start()
    driver = EscposReceiptPrinter(Port.parse(emulator.port))
    job = _Job(driver)
    assert await job.end() == Printed(TicketEnd.UNKNOWN)
    assert emulator.tear_off() is not None
    assert job.progress == [_SENT]
    await driver.close()
    await emulator.stop()


@pytest.mark.slow
async def test_a_mouth_that_never_sees_the_paper_cannot_tell() -> None:
    async with _kiosk_printer() as (driver, emulator):
        emulator.set_mouth_sensor(is_blind=True)
        job = _Job(driver)
        assert await job.end() == Printed(TicketEnd.UNKNOWN)
        assert job.progress == [_SENT]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("presenter", "masung"),
        ("not_taken", "burn"),
        ("status_by", "guess"),
        ("encoding", "big5"),
        ("present_steps", 0),
    ],
)
def test_a_setting_without_sense_is_refused(setting: str, value: object) -> None:
    settings: dict[str, object] = {setting: value}
    with pytest.raises(ValueError, match=setting):
        EscposReceiptPrinter(Port.parse("tcp:127.0.0.1:9100"), **settings)  # type: ignore[arg-type]
