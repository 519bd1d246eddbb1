"""A case made durable on the kiosk's disk, beside a bare fsync of as many bytes."""

import os
import tempfile
import time
from pathlib import Path
from typing import Final

from nacl.public import PrivateKey

from benchmarks.figure import Figure, percentile
from kiosk.contract.cases import Applicant, CasePayload
from kiosk.contract.identifiers import NumberKind
from kiosk.store.cases import CaseDesk
from kiosk.store.database import Store
from kiosk.store.outbox import Outbox
from kiosk.store.vault import Paper

SUBMISSIONS: Final = 300
PAPER_BYTES: Final = 200_000
"""One photographed A4 page."""


def measure() -> list[Figure]:
    """Submit cases with one photographed page each; p99 against the target and against fsync."""
    with tempfile.TemporaryDirectory(dir=".") as folder:
        submitted = _submit_cases(Path(folder))
        bare = _bare_writes(Path(folder) / "bare")
    p99 = percentile(submitted, 0.99) * 1000
    return [
        Figure(
            name="submit → durable on disk, p99 (one page of 200 kB)",
            value=p99,
            unit="ms",
            against="DESIGN.md 7",
            limit=20.0,
        ),
        Figure(
            name="submit → durable on disk, median",
            value=percentile(submitted, 0.5) * 1000,
            unit="ms",
            against="4 × write + fsync of as many bytes, median, this run",
            limit=percentile(bare, 0.5) * 4000,
        ),
    ]


def _submit_cases(folder: Path) -> list[float]:
    store = Store.open(folder / "kiosk.sqlite")
    desk = CaseDesk(store, Outbox(store), PrivateKey.generate().public_key)
    payload = CasePayload(
        applicant=Applicant(number="11010519491231002X", number_kind=NumberKind.RESIDENT_ID)
    )
    page = os.urandom(PAPER_BYTES)
    taken: list[float] = []
    try:
        for _ in range(SUBMISSIONS):
            began = time.perf_counter()
            desk.submit(
                payload,
                [Paper(name="use_paper", media_type="image/jpeg", content=page)],
                service_id="police-no-criminal-record",
                service_version=1,
                content="0" * 64,
            )
            taken.append(time.perf_counter() - began)
    finally:
        store.close()
    return taken


def _bare_writes(path: Path) -> list[float]:
    page = os.urandom(PAPER_BYTES)
    taken: list[float] = []
    with path.open("ab") as file:
        for _ in range(SUBMISSIONS):
            began = time.perf_counter()
            file.write(page)
            file.flush()
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - began)
    return taken
