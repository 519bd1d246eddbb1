"""`python -m tests.system.submit_steadily KIOSK_TOML CONTENT`: submits, and says each id after.

Stands for the citizen's app: the same desk on the same store, with no screen to wait for.
"""

import os
import sys
import time
from pathlib import Path

from kiosk.config import load
from kiosk.contract.cases import Applicant, CasePayload
from kiosk.store.cases import CaseDesk
from kiosk.store.database import Store
from kiosk.store.outbox import Outbox
from kiosk.store.vault import Paper, read_sealing_key

PAUSE_S = 0.4
"""A busy night has a citizen every five minutes; this is seven hundred times that."""

if __name__ == "__main__":
    config = load(Path(sys.argv[1]))
    store = Store.open(config.store_file)
    desk = CaseDesk(store, Outbox(store), read_sealing_key(config.server.sealing_key_file))
    payload = CasePayload(
        applicant=Applicant(number="TAX1:370321:20261100042317", number_kind="tax_notice")
    )
    while True:
        submitted = desk.submit(
            payload,
            [Paper("notice", "image/jpeg", os.urandom(60_000))],
            service_id="tax-payment-certificate",
            service_version=1,
            content=sys.argv[2],
        )
        os.write(1, f"{submitted.case_id}\n".encode())
        time.sleep(PAUSE_S)
