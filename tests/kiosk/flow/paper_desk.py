"""Papers printed and journaled as a kiosk does it, and no kiosk around them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from nacl.public import PrivateKey

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


@dataclass
class PaperDesk:
    """A performer, and what it told the flow."""

    store: Store
    performer: Performer
    clerk: Clerk
    told: list[ev.Event] = field(default_factory=list)

    async def print(self, effect: ef.PrintPaper | ef.PrintDocument) -> None:
        """Return when all is written down."""
        await self.performer.perform(effect, self.told.append)
        await self.clerk.settle()

    def stages(self) -> list[object]:
        """How each paper stands."""
        return [row[0] for row in self.store.rows("SELECT stage FROM paper ORDER BY rowid")]

    def steps(self) -> list[object]:
        """Every stage of every paper, in order."""
        return [row[0] for row in self.store.rows("SELECT stage FROM paper_step ORDER BY rowid")]


@asynccontextmanager
async def paper_desk(store_file: Path, fleet: Fleet) -> AsyncIterator[PaperDesk]:
    """With the devices of that fleet, which is closed at the end."""
    store = Store.open(store_file)
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
    try:
        yield PaperDesk(store, performer, clerk)
    finally:
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        store.close()
        await fleet.close()
