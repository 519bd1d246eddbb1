"""A citizen must not wait for the disk (DESIGN.md 7: submit → durable p99 ≤ 20 ms)."""

import os
import statistics
import time

import pytest
from nacl.public import PrivateKey

from kiosk.contract.cases import Applicant, CasePayload
from kiosk.store.cases import CaseDesk
from kiosk.store.database import Store
from kiosk.store.outbox import Outbox
from kiosk.store.vault import Paper


@pytest.mark.slow
def test_a_case_with_two_photographs_is_durable_in_twenty_milliseconds(
    store: Store, server_key: PrivateKey
) -> None:
    desk = CaseDesk(store, Outbox(store), server_key.public_key)
    payload = CasePayload(
        applicant=Applicant(number="TAX1:370321:20261100042317", number_kind="tax_notice")
    )
    pages = [Paper("paper", "image/jpeg", os.urandom(300_000)) for _ in range(2)]
    took_ms = []
    for _ in range(60):
        began = time.perf_counter()
        desk.submit(
            payload,
            pages,
            service_id="police-no-criminal-record",
            service_version=1,
            content="ab" * 32,
        )
        took_ms.append((time.perf_counter() - began) * 1000)
    # the median: this machine is shared while tests run; `make bench` measures the p99 alone
    assert statistics.median(took_ms) <= 20
