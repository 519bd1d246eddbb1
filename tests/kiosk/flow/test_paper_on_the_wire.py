"""A receipt through the whole of the kiosk's side: journal, fleet, driver, and a printer on TCP."""

import asyncio
import base64
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from nacl.public import PrivateKey
from pydantic import JsonValue

from device_drivers.receipt_printer.emulator import ReceiptPrinterEmulator
from kiosk.config import DeviceConfig
from kiosk.contract.devices import DeviceKind
from kiosk.devices.fleet import Fleet
from kiosk.flow import effects as ef
from kiosk.flow import events as ev
from kiosk.flow.clerk import Clerk
from kiosk.flow.performing import Performer
from kiosk.store.cases import CaseDesk
from kiosk.store.database import Store
from kiosk.store.outbox import Outbox
from kiosk.store.paper_journal import PaperJournal, PaperStage
from tests.kiosk.flow.night_desk import PaneOfGlass

ROOT = Path(__file__).resolve().parents[3]
CASE = "0123456789abcdef" * 2
BROKEN_PNG = base64.b64encode(b"\x89PNG\r\n\x1a\nrubbish").decode("ascii")


def paper(*blocks: JsonValue) -> ef.PrintPaper:
    return ef.PrintPaper(case_id=CASE, title="acceptance", receipt={"blocks": list(blocks)})


@dataclass
class Hall:
    """A performer whose printer is on the wire, and what it told the flow."""

    printer: ReceiptPrinterEmulator
    store: Store
    performer: Performer
    clerk: Clerk
    told: list[ev.Event] = field(default_factory=list)

    async def print(self, effect: ef.PrintPaper) -> None:
        await self.performer.perform(effect, self.told.append)
        await self.clerk.settle()

    def stages(self) -> list[object]:
        return [row[0] for row in self.store.rows("SELECT stage FROM paper ORDER BY rowid")]


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    emulator = ReceiptPrinterEmulator(mm_per_s=None)
    await emulator.start()
    fleet = Fleet.from_config(
        {DeviceKind.RECEIPT_PRINTER: DeviceConfig(model="escpos", port=emulator.port)}
    )
    store = Store.open(tmp_path / "kiosk.sqlite")
    outbox, clerk = Outbox(store), Clerk()
    performer = Performer(
        devices=fleet,
        desk=CaseDesk(store, outbox, PrivateKey.generate().public_key),
        papers=PaperJournal(store, outbox),
        changes=store.changes,
        glass=PaneOfGlass(),
        clerk=clerk,
    )
    writing = asyncio.create_task(clerk.work())
    yield Hall(emulator, store, performer, clerk)
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    store.close()
    await fleet.close()
    await emulator.stop()


async def test_a_receipt_that_cannot_be_laid_out_is_not_printed_and_the_next_one_is(
    hall: Hall,
) -> None:
    await hall.print(paper({"text": "受理"}, {"image": {"png": BROKEN_PNG}}))
    assert hall.told == [ev.PaperEnded("not_printed", "D401")]
    assert hall.stages() == ["not_printed"]
    await hall.print(paper({"text": "受理"}))
    assert hall.told[-1] == ev.PaperEnded("printed")
    assert hall.stages() == ["not_printed", "presented"]
    assert [receipt.lines for receipt in hall.printer.receipts] == [("受理",)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("moment", "stage"),
    [("before", PaperStage.NOT_PRINTED), ("after", PaperStage.UNCONFIRMED)],
)
async def test_a_kiosk_killed_around_the_sending_says_of_its_paper_what_is_true(
    tmp_path: Path, moment: str, stage: PaperStage
) -> None:
    emulator = ReceiptPrinterEmulator(mm_per_s=None)
    await emulator.start()
    file = tmp_path / "kiosk.sqlite"
    killed = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.kiosk.flow.killed_at_sent"),
        *(str(file), emulator.port, moment),
        cwd=ROOT,
    )
    assert await killed.wait() == -signal.SIGKILL
    assert (emulator.overheard, emulator.receipts) == (set(), [])  # not a byte has come
    store = Store.open(file)
    papers = PaperJournal(store, Outbox(store))
    assert papers.settle() == {1: stage}
    store.close()
    await emulator.stop()
