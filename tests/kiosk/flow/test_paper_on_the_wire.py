"""A receipt through the whole of the kiosk's side: journal, fleet, driver, and a printer on TCP."""

import asyncio
import base64
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import JsonValue

from device_drivers.receipt_printer.emulator import ReceiptPrinterEmulator
from kiosk.config import DeviceConfig
from kiosk.contract.devices import DeviceKind
from kiosk.devices.fleet import Fleet
from kiosk.flow import effects as ef
from kiosk.flow import events as ev
from kiosk.store.database import Store
from kiosk.store.outbox import Outbox
from kiosk.store.paper_journal import PaperJournal, PaperStage
from tests.kiosk.flow.paper_desk import PaperDesk, paper_desk

ROOT = Path(__file__).resolve().parents[3]
CASE = "0123456789abcdef" * 2
BROKEN_PNG = base64.b64encode(b"\x89PNG\r\n\x1a\nrubbish").decode("ascii")


def paper(*blocks: JsonValue) -> ef.PrintPaper:
    return ef.PrintPaper(case_id=CASE, title="acceptance", receipt={"blocks": list(blocks)})


@pytest.fixture
async def printer() -> AsyncIterator[ReceiptPrinterEmulator]:
    emulator = ReceiptPrinterEmulator(mm_per_s=None)
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
async def desk(tmp_path: Path, printer: ReceiptPrinterEmulator) -> AsyncIterator[PaperDesk]:
    fleet = Fleet.from_config(
        {DeviceKind.RECEIPT_PRINTER: DeviceConfig(model="escpos", port=printer.port)}
    )
    async with paper_desk(tmp_path / "kiosk.sqlite", fleet) as standing:
        yield standing


async def test_a_receipt_that_cannot_be_laid_out_is_not_printed_and_the_next_one_is(
    desk: PaperDesk, printer: ReceiptPrinterEmulator
) -> None:
    await desk.print(paper({"text": "受理"}, {"image": {"png": BROKEN_PNG}}))
    assert desk.told == [ev.PaperEnded("not_printed", "D401")]
    assert desk.stages() == ["not_printed"]
    await desk.print(paper({"text": "受理"}))
    assert desk.told[-1] == ev.PaperEnded("printed")
    assert desk.stages() == ["not_printed", "presented"]
    assert [receipt.lines for receipt in printer.receipts] == [("受理",)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("moment", "stage"),
    [("before", PaperStage.NOT_PRINTED), ("after", PaperStage.UNCONFIRMED)],
)
async def test_a_kiosk_killed_around_the_sending_says_of_its_paper_what_is_true(
    tmp_path: Path, printer: ReceiptPrinterEmulator, moment: str, stage: PaperStage
) -> None:
    file = tmp_path / "kiosk.sqlite"
    killed = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.kiosk.flow.killed_at_sent"),
        *(str(file), printer.port, moment),
        cwd=ROOT,
    )
    assert await killed.wait() == -signal.SIGKILL
    assert (printer.overheard, printer.receipts) == (set(), [])  # not a byte has come
    store = Store.open(file)
    papers = PaperJournal(store, Outbox(store))
    assert papers.settle() == {1: stage}
    store.close()
