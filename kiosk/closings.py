"""Tells server and journal when the kiosk closes by itself, and when it opens again."""

from kiosk.contract.uplink import ServiceStateChanged
from kiosk.flow.closing import Closing, closing
from kiosk.flow.states import OutOfService, State
from kiosk.flow.world import World
from kiosk.store.database import Store
from kiosk.store.journal import Journal
from kiosk.store.outbox import Outbox


class Closings:
    """Remembers what was told last; edges only.

    Opening and closing on command is recorded where the command is obeyed (`Orders`).
    """

    def __init__(self, store: Store, outbox: Outbox, journal: Journal) -> None:
        self._store = store
        self._outbox = outbox
        self._journal = journal
        self._told: Closing | None = None

    def edge(self, state: State, world: World) -> Closing | None:
        """What is to be recorded now: a reason that is not yet told, or one that is over.

        A session may go on for minutes after the reason has come: told is what the page says.
        """
        now = closing(world) if isinstance(state, OutOfService) else None
        if now is Closing.COMMAND:
            self._told = None
            return None
        return None if now is self._told else now or self._told

    def record(self, reason: Closing) -> None:
        """Record the edge that `edge` found (blocking)."""
        is_over = reason is self._told
        with self._store.transaction():
            self._outbox.record(
                ServiceStateChanged, out_of_service=not is_over, reason=reason.value
            )
            self._journal.write("out_of_service", on=not is_over, why=reason.value)
        self._told = None if is_over else reason
