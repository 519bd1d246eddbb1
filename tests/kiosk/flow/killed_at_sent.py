"""A process that prints one paper, and is killed just before or just after `sent` is written."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from nacl.public import PrivateKey

from kiosk.config import DeviceConfig
from kiosk.contract.devices import DeviceKind
from kiosk.devices.fleet import Fleet
from kiosk.flow import effects as ef
from kiosk.flow.clerk import Clerk
from kiosk.flow.performing import Performer
from kiosk.store.cases import CaseDesk
from kiosk.store.database import Store
from kiosk.store.outbox import Outbox
from kiosk.store.paper_journal import PaperJournal, PaperStage
from tests.kiosk.flow.night_desk import PaneOfGlass

CASE = "0123456789abcdef" * 2


class _KilledAtSent(PaperJournal):
    """The power goes at one moment."""

    is_written_first = False

    def mark(self, paper_id: int, stage: PaperStage | str) -> None:
        if self.is_written_first:
            super().mark(paper_id, stage)
        os.kill(os.getpid(), signal.SIGKILL)


async def main(store_file: Path, port: str, moment: str) -> None:
    """Never returns. `moment`: `before` or `after`."""
    store = Store.open(store_file)
    outbox, clerk = Outbox(store), Clerk()
    papers = _KilledAtSent(store, outbox)
    papers.is_written_first = moment == "after"
    performer = Performer(
        devices=Fleet.from_config(
            {DeviceKind.RECEIPT_PRINTER: DeviceConfig(model="escpos", port=port)}
        ),
        desk=CaseDesk(store, outbox, PrivateKey.generate().public_key),
        papers=papers,
        changes=store.changes,
        glass=PaneOfGlass(),
        clerk=clerk,
    )
    writing = asyncio.create_task(clerk.work())
    paper = ef.PrintPaper(case_id=CASE, title="acceptance", receipt={"blocks": [{"text": "受理"}]})
    await performer.perform(paper, lambda _: None)
    await writing


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
