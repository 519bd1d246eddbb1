"""A session that a crash or a power cut ended: found at the next start and recorded once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kiosk.contract.uplink import SessionEnded
from kiosk.store.database import Store
from kiosk.store.journal import Journal
from kiosk.store.outbox import Outbox

OUTCOME: Final = "restarted"

_NO_STEP: Final = "none"


@dataclass(frozen=True, slots=True)
class Interruption:
    """The session that was cut off. No personal data."""

    heard_at: datetime
    """When the journal last heard of it."""
    case_id: str
    """The case stored in it; empty where none was."""


def settle_interrupted(store: Store, outbox: Outbox, journal: Journal) -> Interruption | None:
    """Record the end of a session that began and never ended; None where there is none.

    Before the first session of this start. How long it lasted and how far it came is what the
    journal last heard of it. Raises StoreError.
    """
    with store.transaction():
        began = journal.last("session_started", "session_ended")
        if began is None or began.kind == "session_ended":
            return None
        newest, entered = journal.last(), journal.last("state_entered")
        at_step = _NO_STEP
        if entered is not None and entered.n > began.n:
            at_step = str(entered.facts["step"])
        heard_at = began.at if newest is None else newest.at
        lasted_s = max(0.0, round((heard_at - began.at).total_seconds(), 1))
        stored = journal.last("case_submitted")
        case_id = ""
        if stored is not None and stored.n > began.n:
            case_id = str(stored.facts["case_id"])
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
        return Interruption(heard_at, case_id)
