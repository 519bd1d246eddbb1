"""A session that a crash or a power cut ended: found at the next start and recorded once."""

from typing import Final

from kiosk.contract.uplink import SessionEnded
from kiosk.store.database import Store
from kiosk.store.journal import Journal
from kiosk.store.outbox import Outbox

OUTCOME: Final = "restarted"

_NO_STEP: Final = "none"


def settle_interrupted(store: Store, outbox: Outbox, journal: Journal) -> bool:
    """Record the end of a session that began and never ended; False where there is none.

    Before the first session of this start. How long it lasted and how far it came is what the
    journal last heard of it. Raises StoreError.
    """
    with store.transaction():
        began = journal.last("session_started", "session_ended")
        if began is None or began.kind == "session_ended":
            return False
        newest, entered = journal.last(), journal.last("state_entered")
        at_step = _NO_STEP
        if entered is not None and entered.n > began.n:
            at_step = str(entered.facts["step"])
        lasted_s = 0.0
        if newest is not None:
            lasted_s = max(0.0, round((newest.at - began.at).total_seconds(), 1))
        service_id = str(began.facts["service"])
        outbox.record(
            SessionEnded,
            service_id=service_id,
            outcome=OUTCOME,
            at_step=at_step,
            lasted_s=lasted_s,
        )
        journal.write(
            "session_ended",
            service=service_id,
            outcome=OUTCOME,
            at_step=at_step,
            lasted_s=lasted_s,
        )
        return True
