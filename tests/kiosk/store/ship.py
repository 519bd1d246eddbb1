"""`python -m tests.kiosk.store.ship FILE`: a store with a little of everything, to be kept."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nacl.public import PrivateKey

from kiosk.contract.cases import Applicant, CasePayload
from kiosk.contract.downlink import Command, RestartApp
from kiosk.store.cases import CaseDesk
from kiosk.store.command_log import CommandLog
from kiosk.store.database import Store
from kiosk.store.journal import Journal
from kiosk.store.outbox import Outbox
from kiosk.store.paper_journal import PaperJournal
from kiosk.store.shared_state import DrawnContent, OutOfService, SharedState
from kiosk.store.vault import Paper


def fill(store: Store) -> None:
    """What `test_shipped_versions` looks for."""
    outbox = Outbox(store)
    with store.transaction() as connection:
        connection.execute("UPDATE outbox_identity SET inst = ?", ("5a" * 16,))
    desk = CaseDesk(store, outbox, PrivateKey.generate().public_key)
    submitted = desk.submit(
        CasePayload(
            applicant=Applicant(number="TAX1:370321:20261100042317", number_kind="tax_notice")
        ),
        [Paper("purpose_paper", "image/jpeg", b"a page")],
        service_id="police-no-criminal-record",
        service_version=1,
        content="ab" * 32,
    )
    papers = PaperJournal(store, outbox)
    papers.mark(papers.intend(submitted.case_id, "受理通知书"), "sent")
    expires_at = datetime.now(UTC) + timedelta(days=36_500)
    command = Command(id="c1", number=1, order=RestartApp(), expires_at=expires_at)
    CommandLog(store, outbox).receive(command)
    Journal(store).write("app_stopped", why="command")
    state = SharedState(store)
    state.put(DrawnContent(hash="ab" * 32))
    state.put(OutOfService(on=True, reason="换纸"))


if __name__ == "__main__":
    made = Store.open(Path(sys.argv[1]))
    fill(made)
    made.close()
