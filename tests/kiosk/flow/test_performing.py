"""What one effect writes down and when, over a real store."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from nacl.public import PrivateKey

from device_drivers.receipt_printer.interface import (
    Printed,
    PrinterStatus,
    PrintOutcome,
    PrintProgress,
    Receipt,
    TicketEnd,
)
from device_drivers.status import DeviceStatus
from kiosk.contract.cases import Applicant, CasePayload
from kiosk.contract.uplink import SessionStarted
from kiosk.devices.fleet import Fleet
from kiosk.flow import effects as ef
from kiosk.flow import events as ev
from kiosk.flow.clerk import Clerk
from kiosk.flow.performing import Performer
from kiosk.store.cases import CaseDesk, CaseIntent, SubmittedCase
from kiosk.store.database import Store, StoreBroken, StoreFull
from kiosk.store.outbox import Outbox
from kiosk.store.paper_journal import PaperJournal, PaperStage
from kiosk.store.vault import Paper
from tests.kiosk.flow.night_desk import PaneOfGlass
from tests.kiosk.flow.visits import PAGE

RETAKEN = replace(PAGE, jpeg=b"\xff\xd8 retaken")
CASE = "0123456789abcdef" * 2
PAPER = ef.PrintPaper(case_id=CASE, title="acceptance", receipt={"blocks": [{"text": "a"}]})
STORE_CASE = ef.StoreCase(
    payload=CasePayload(applicant=Applicant(number="TAX1:1", number_kind="tax_notice")),
    papers={"use_paper": ef.PhotographedPaper((PAGE,))},
    service_id="police-no-criminal-record",
    service_version=1,
    content="ab" * 32,
)


@dataclass
class LookingPrinter:
    """When the first byte would go, it opens the store as the next start would find it."""

    path: Path
    seen: list[object] = field(default_factory=list)
    progress: tuple[PrintProgress, ...] = (PrintProgress.SENT,)
    outcome: PrintOutcome = Printed()
    capabilities: Mapping[str, str] = field(default_factory=dict)

    async def connect(self) -> None: ...

    async def close(self) -> None: ...

    async def status(self) -> PrinterStatus:
        return PrinterStatus(device=DeviceStatus.ONLINE)

    async def print_receipt(
        self, receipt: Receipt, *, on_progress: Callable[[PrintProgress], None]
    ) -> PrintOutcome:
        store = Store.open(self.path)
        self.seen = [row[0] for row in store.rows("SELECT stage FROM paper")]
        store.close()
        for each in self.progress:
            on_progress(each)
        return self.outcome


class FullPapers(PaperJournal):
    """There may be no room for the word that a paper is sent."""

    is_full = False

    def mark(self, paper_id: int, stage: PaperStage | str) -> None:
        if self.is_full and stage == "sent":
            raise StoreFull("kiosk.sqlite: database or disk is full")
        super().mark(paper_id, stage)


class UncertainDesk(CaseDesk):
    """Its first answer is that the disk failed, though the case was kept."""

    failures = 1

    def submit(
        self,
        payload: CasePayload,
        papers: Sequence[Paper],
        *,
        service_id: str,
        service_version: int,
        content: str,
        intent: CaseIntent | None = None,
    ) -> SubmittedCase:
        kept = super().submit(
            payload,
            papers,
            service_id=service_id,
            service_version=service_version,
            content=content,
            intent=intent,
        )
        self.failures -= 1
        if self.failures >= 0:
            raise StoreBroken("disk I/O error")
        return kept


@dataclass
class Work:
    """A performer over a store, and what it told the flow."""

    store: Store
    printer: LookingPrinter
    papers: FullPapers
    performer: Performer
    clerk: Clerk
    told: list[ev.Event] = field(default_factory=list)

    async def perform(self, effect: ef.StoreCase | ef.PrintPaper) -> None:
        await self.performer.perform(effect, self.told.append)
        await self.clerk.settle()

    def column(self, sql: str) -> list[object]:
        return [row[0] for row in self.store.rows(sql)]


@pytest.fixture
async def work(tmp_path: Path) -> AsyncIterator[Work]:
    store = Store.open(tmp_path / "kiosk.sqlite")
    outbox, clerk, printer = Outbox(store), Clerk(), LookingPrinter(store.path)
    papers = FullPapers(store, outbox)
    performer = Performer(
        devices=Fleet(receipt_printer=printer),
        desk=UncertainDesk(store, outbox, PrivateKey.generate().public_key),
        papers=papers,
        changes=store.changes,
        glass=PaneOfGlass(),
        clerk=clerk,
    )
    writing = asyncio.create_task(clerk.work())
    yield Work(store, printer, papers, performer, clerk)
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    store.close()


async def test_a_paper_is_journaled_as_sent_before_the_printer_has_a_byte(work: Work) -> None:
    await work.perform(PAPER)
    assert work.printer.seen == ["sent"]
    assert work.told[-1] == ev.PaperEnded("printed", "")
    steps = "SELECT stage FROM paper_step ORDER BY rowid"
    assert work.column(steps) == ["intent", "sent", "presented"]


@pytest.mark.parametrize(
    ("progress", "ticket", "stage"),
    [
        (("sent", "presented", "taken"), TicketEnd.TAKEN, "taken"),
        (("sent", "presented"), TicketEnd.RETRACTED, "retracted"),
        (("sent",), TicketEnd.RETRACTED, "retracted"),
        (("sent", "presented"), TicketEnd.LEFT, "presented"),
        (("sent",), TicketEnd.UNKNOWN, "presented"),
    ],
    ids=["seen taken", "drawn back", "drawn back unseen", "left", "cannot tell"],
)
async def test_a_paper_is_journaled_as_taken_only_where_it_was_seen_to_be(
    work: Work, progress: tuple[str, ...], ticket: TicketEnd, stage: str
) -> None:
    work.printer.progress = tuple(map(PrintProgress, progress))
    work.printer.outcome = Printed(ticket)
    await work.perform(PAPER)
    assert work.column("SELECT stage FROM paper") == [stage]
    assert work.told[-1] == ev.PaperEnded("printed")


async def test_a_paper_that_cannot_be_journaled_as_sent_is_not_sent(work: Work) -> None:
    work.papers.is_full = True
    await work.perform(PAPER)
    assert work.printer.seen == []
    assert work.told == [ev.PaperEnded("not_printed", "D401")]
    assert work.column("SELECT stage FROM paper") == ["not_printed"]


async def test_a_case_that_the_disk_refused_keeps_its_number_when_it_is_tried_again(
    work: Work,
) -> None:
    await work.perform(STORE_CASE)
    await work.perform(STORE_CASE)
    (case_id,) = work.column("SELECT case_id FROM case_out")
    assert work.told == [ev.CaseNotStored(), ev.CaseStored(str(case_id))]


async def test_another_case_and_another_citizen_get_numbers_of_their_own(work: Work) -> None:
    await work.perform(STORE_CASE)
    await work.perform(replace(STORE_CASE, papers={"use_paper": ef.PhotographedPaper((RETAKEN,))}))
    work.performer.forget()
    await work.perform(STORE_CASE)
    await work.perform(STORE_CASE)
    assert len(set(work.column("SELECT case_id FROM case_out"))) == 4


async def test_a_case_is_recorded_after_what_happened_before_it_however_slow_the_disk(
    work: Work,
) -> None:
    def begin_slowly() -> None:
        time.sleep(0.2)
        Outbox(work.store).record(SessionStarted, service_id="police-no-criminal-record")

    work.clerk.note(begin_slowly)
    await work.perform(STORE_CASE)
    await work.perform(PAPER)
    kinds = [row.event.kind for row in Outbox(work.store).pending()]
    assert kinds[:3] == ["session_started", "case_submitted", "paper_changed"]
