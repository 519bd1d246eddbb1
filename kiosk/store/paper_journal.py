"""What became of each printed paper: written down before the next thing happens to it.

DESIGN.md section 4, Paper: after a power cut this journal decides; an unknown outcome is
`unconfirmed`, never a blind reprint (`DECISIONS.md` 31).
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from kiosk.contract.uplink import PaperChanged
from kiosk.store.database import Store, Value, to_ms, utc_now
from kiosk.store.outbox import Outbox

RETENTION: Final = timedelta(days=200)
"""Whether a paper came out can be asked for as long as its decision can be taken to court: six
months (行政诉讼法 art. 46), and some days for the papers to go their way."""

AT_ONCE: Final = 500
"""Papers forgotten in one transaction, so that it stays short beside the other process's."""


class PaperStage(StrEnum):
    """How far one paper has come."""

    INTENT = "intent"
    """It will be printed; nothing has gone to the printer, nor can before `sent` is on the disk."""
    SENT = "sent"
    """About to be given to the printer: from now on it may have reached it."""
    PRESENTED = "presented"
    """Printed, cut, hanging out."""
    TAKEN = "taken"
    RETRACTED = "retracted"
    """Nobody took it and the printer drew it back in: nobody has it."""
    UNCONFIRMED = "unconfirmed"
    """Nobody knows whether it came out; it is not printed again."""
    NOT_PRINTED = "not_printed"
    """It certainly did not come out."""


_NEXT: Final = {
    PaperStage.INTENT: {PaperStage.SENT, PaperStage.NOT_PRINTED},
    PaperStage.SENT: {PaperStage.PRESENTED, PaperStage.UNCONFIRMED, PaperStage.NOT_PRINTED},
    PaperStage.PRESENTED: {PaperStage.TAKEN, PaperStage.RETRACTED},
    PaperStage.TAKEN: set(),
    PaperStage.RETRACTED: set(),
    PaperStage.UNCONFIRMED: set(),
    PaperStage.NOT_PRINTED: set(),
}

_LEFT_AT: Final = {
    PaperStage.INTENT: PaperStage.NOT_PRINTED,
    PaperStage.SENT: PaperStage.UNCONFIRMED,
}
"""What a paper is that was on its way when the app died."""


class PaperJournal:
    """The papers of one store. Every change is also an event in the outbox."""

    def __init__(
        self, store: Store, outbox: Outbox, *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._store = store
        self._outbox = outbox
        self._clock = clock

    def intend(self, case_id: str, title: str) -> int:
        """Write down that a paper will be printed; returns its id. Durable on return."""
        with self._store.transaction() as connection:
            connection.execute(
                "INSERT INTO paper (case_id, title, copy_number, stage)"
                " SELECT ?, ?, count(*) + 1, 'intent' FROM paper"
                " WHERE case_id = ? AND title = ? AND stage <> 'not_printed'",
                (case_id, title, case_id, title),
            )
            paper_id = int(connection.last_insert_rowid())
            self._note(paper_id, case_id, PaperStage.INTENT)
        return paper_id

    def mark(self, paper_id: int, stage: PaperStage | str) -> None:
        """Write down how far it has come. Durable on return.

        The same stage again changes nothing. Raises ValueError for a step a paper cannot take,
        KeyError for an unknown paper.
        """
        wanted = PaperStage(stage)
        with self._store.transaction() as connection:
            found = list(
                connection.execute("SELECT case_id, stage FROM paper WHERE id = ?", (paper_id,))
            )
            if not found:
                raise KeyError(paper_id)
            case_id, before = str(found[0][0]), PaperStage(str(found[0][1]))
            if before is wanted:
                return
            if wanted not in _NEXT[before]:
                raise ValueError(f"a paper that is {before} cannot become {wanted}")
            connection.execute("UPDATE paper SET stage = ? WHERE id = ?", (wanted, paper_id))
            self._note(paper_id, case_id, wanted)

    def stage(self, paper_id: int) -> PaperStage:
        """How far it has come. Raises KeyError."""
        return PaperStage(str(self._column("stage", paper_id)))

    def copy_number(self, paper_id: int) -> int:
        """1 for the first; 2 and above are marked 副本. One that never came out is not counted."""
        return int(str(self._column("copy_number", paper_id)))

    def settle(self) -> dict[int, PaperStage]:
        """At the app's start: what a crash left on its way, and what it is from now on.

        Where nothing was sent it is `not_printed`: `sent` is durable before the first byte goes
        (`Performer`). What was sent is `unconfirmed`. Only the app calls this, before it prints
        anything.
        """
        left = self._store.rows("SELECT id, stage FROM paper WHERE stage IN ('intent', 'sent')")
        settled = {int(str(paper_id)): _LEFT_AT[PaperStage(str(stage))] for paper_id, stage in left}
        with self._store.transaction():
            for paper_id, stage in settled.items():
                self.mark(paper_id, stage)
        return settled

    def tidy(self) -> int:
        """Forget papers that nothing has happened to for 200 days; returns how many.

        Never one on its way, nor one of a case that the server does not have: whoever asks for
        that case asks here.
        """
        horizon = to_ms(self._clock() - RETENTION)
        with self._store.transaction() as connection:
            connection.execute(
                "DELETE FROM paper WHERE id IN ("
                " SELECT id FROM paper WHERE stage NOT IN ('intent', 'sent')"
                " AND (SELECT max(at) FROM paper_step WHERE paper_id = paper.id) <= ?"
                " AND NOT EXISTS (SELECT 1 FROM case_out WHERE case_out.case_id = paper.case_id"
                " AND case_out.stage IN ('waiting', 'turned_away'))"
                " ORDER BY id LIMIT ?)",
                (horizon, AT_ONCE),
            )
            return int(connection.changes())

    def _note(self, paper_id: int, case_id: str, stage: PaperStage) -> None:
        with self._store.transaction() as connection:
            connection.execute(
                "INSERT INTO paper_step (paper_id, stage, at) VALUES (?, ?, ?)",
                (paper_id, stage, to_ms(self._clock())),
            )
            self._outbox.record(PaperChanged, case_id=case_id, stage=stage.value)

    def _column(self, name: str, paper_id: int) -> Value:
        found = self._store.rows(f"SELECT {name} FROM paper WHERE id = ?", paper_id)
        if not found:
            raise KeyError(paper_id)
        return found[0][0]
