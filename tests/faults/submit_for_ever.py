"""`python -m tests.faults.submit_for_ever STORE`: submits, and says each id once it returned."""

import os
import sys
from pathlib import Path

from nacl.public import PrivateKey

from kiosk.contract.cases import Applicant, CasePayload
from kiosk.store.cases import CaseDesk
from kiosk.store.database import Store
from kiosk.store.outbox import Outbox
from kiosk.store.vault import Paper

if __name__ == "__main__":
    store = Store.open(Path(sys.argv[1]))
    desk = CaseDesk(store, Outbox(store), PrivateKey.generate().public_key)
    payload = CasePayload(
        applicant=Applicant(number="TAX1:370321:20261100042317", number_kind="tax_notice")
    )
    while True:
        submitted = desk.submit(
            payload,
            [Paper("paper", "image/jpeg", os.urandom(30_000))],
            service_id="tax-payment-certificate",
            service_version=1,
            content="ab" * 32,
        )
        os.write(1, f"{submitted.case_id}\n".encode())
