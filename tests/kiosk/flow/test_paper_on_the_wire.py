"""A receipt through the whole of the kiosk's side: journal, fleet, driver, and a printer on TCP."""

import asyncio
import base64
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
from kiosk.store.paper_journal import PaperJournal
from tests.kiosk.flow.night_desk import PaneOfGlass

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
