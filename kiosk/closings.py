"""Tells server and journal when the kiosk closes by itself, and when it opens again."""

from dataclasses import dataclass
from datetime import datetime

from kiosk.contract.closing import Closing
from kiosk.contract.uplink import ServiceStateChanged
from kiosk.flow.closing import closing
from kiosk.flow.states import OutOfService, State
from kiosk.flow.world import World
from kiosk.store.database import Store
from kiosk.store.journal import Journal
from kiosk.store.outbox import Outbox


@dataclass(frozen=True, slots=True)
class ClosingEdge:
    """A reason that has come, or one that is over."""

    reason: Closing
    is_over: bool = False


class Closings:
    """Remembers what was told last; edges only.

    Opening and closing on command is recorded where the command is obeyed (`Orders`).
    """

    def __init__(self, store: Store, outbox: Outbox, journal: Journal) -> None:
        self._store = store
        self._outbox = outbox
        self._journal = journal
        self._told: Closing | None = None

    def edge(self, state: State, world: World) -> ClosingEdge | None:
        """What is to be recorded now and has not been given out before.

        A session may go on for minutes after the reason has come: told is what the page says.
        """
        now = closing(world) if isinstance(state, OutOfService) else None
        before, self._told = self._told, None if now is Closing.COMMAND else now
        if now is before or now is Closing.COMMAND:
            return None
        if now is not None:
            return ClosingEdge(now)
        return None if before is None else ClosingEdge(before, is_over=True)

    def record(self, edge: ClosingEdge, happened_at: datetime) -> None:
        """Record what `edge` gave out (blocking). Raises StoreError."""
        with self._store.transaction():
            self._outbox.record(
                ServiceStateChanged,
                happened_at=happened_at,
                out_of_service=not edge.is_over,
                reason=edge.reason.value,
            )
            self._journal.write("out_of_service", on=not edge.is_over, why=edge.reason.value)
